import { type Guest, type HostSnapshot, isAlive } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { isHeard } from '../model/reading.js';
import { because } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import { diskOf, type Service } from '../model/service.js';
import { guestNameOf, machineUuid } from '../model/uuid.js';
import { versionOn } from '../model/versions.js';
import type { Sheet } from './capacity.js';
import { modeIn } from './modes.js';

/** Rows for a service whose guest runs already although no row tells of it (a lost journal's): it is taken over, never started beside itself. */
export function adopted(sheet: Sheet, service: Service): readonly Change[] | undefined {
  const { world, policy, rows } = sheet;
  if (rows.freeze.has('freeze')) return undefined;
  for (const { spec, reading } of world.hosts.values()) {
    if (!isHeard(reading) || modeIn(policy, service.mode, spec.pool) === 'watch') continue;
    const { number = 0, closedAt = 0 } = rows.generations.get(service.name) ?? {};
    if (reading.askedAt <= closedAt) continue; // an answer from before its end
    for (const guest of reading.value.guests) {
      const generation = generationOf(policy.deployment, service.name, guest);
      if (generation !== undefined && generation >= number) return takeOver(sheet, service, { host: spec.name, seen: reading.value, guest, generation });
    }
  }
  return undefined;
}

interface Running {
  readonly host: string;
  readonly seen: HostSnapshot;
  readonly guest: Guest;
  readonly generation: number;
}

function takeOver({ policy, rows, now, reasons }: Sheet, service: Service, { host, seen, guest, generation }: Running): readonly Change[] {
  const { name, group } = service;
  const id = `${name}#${generation}`;
  const reason = because('service-adopted', { host }, [`machine:${id}`, `host:${host}`]);
  reasons.say(`service:${name}`, reason);
  const before = rows.services.get(name);
  const disk = diskOf(policy.deployment, name);
  const image = before?.image ?? { name: service.image.name, version: versionOn(seen.images, service.image) ?? service.image.version };
  const size = { cores: guest.vcpus, memoryMiB: Math.max(guest.memoryMiB, guest.targetMiB) };
  const row: Machine = {
    ...{ id, seat: name, generation, kind: 'service', environment: group, host, uuid: guest.uuid, guestName: guest.name, overlay: disk, image },
    ...{ goal: { kind: 'serve', size }, size, maxSize: size, configRevision: policy.revision, wantedAt: now, reason },
    ...{ overlayAt: now, guestAt: now, hostBootId: seen.bootId },
  };
  return [
    { table: 'machines', key: id, row },
    { table: 'generations', key: name, row: { number: generation } },
    { table: 'services', key: name, row: { ...before, service: name, group, disk, image, madeAt: before?.madeAt ?? now } },
  ];
}

/** Generation of a living guest that is the service's; undefined of any other. */
function generationOf(deployment: string, service: string, guest: Guest): number | undefined {
  const generation = Number(/-(\d{1,9})$/.exec(guest.name)?.[1]);
  const isIts = guest.name === guestNameOf(deployment, service, generation) && guest.uuid === machineUuid(deployment, service, generation);
  return isIts && isAlive(guest) ? generation : undefined;
}
