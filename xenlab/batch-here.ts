import process from 'node:process';
import type { LabFolder } from '../src/sim/lab/folder.js';
import type { BatchSystem } from './batch.js';
import { Embedded } from './embedded.js';
import { alice } from './furniture.js';
import { type Place, wire } from './place.js';
import { everySeat } from './site.js';
import { findTorque } from './torque/found.js';
import { RealTorque } from './torque/server.js';

export interface BatchHereOptions {
  readonly place: Place;
  readonly folder: LabFolder;
  readonly homes: string;
  readonly privateKey: () => string;
  readonly heard: (line: string) => void;
  readonly failed: (error: unknown) => void;
}

/** A real TORQUE where this machine has one (DOMUS_XENLAB_TORQUE, else PATH), otherwise the embedded batch system. */
export function batchHere({ place, folder, homes, privateKey, heard, failed }: BatchHereOptions): BatchSystem {
  const server = { name: `pbs.${wire.domain}`, address: wire.server };
  const found = findTorque(process.env['DOMUS_XENLAB_TORQUE'], process.env['PATH'] ?? '');
  if ('why' in found) return new Embedded({ folder, server: server.name, seats: everySeat, privateKey, heard, failed, why: found.why });
  const own = place.at('torque');
  return new RealTorque({ torque: found, server, seats: everySeat, site: folder, folder: own, homes, user: alice, logs: place.logs, heard, failed });
}
