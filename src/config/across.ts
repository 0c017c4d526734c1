import type { Environment } from '../model/environment.js';
import type { HostSpec } from '../model/host.js';
import type { Service } from '../model/service.js';
import { checkCarriers, checkShares } from './capacity.js';
import { type EnvironmentFile, makeEnvironment } from './environment.js';
import { type DomusFile, makeHosts } from './hosts.js';
import type { Problems } from './problem.js';
import type { EnvironmentFiles } from './read.js';
import { checkReferences, checkSeatOwners } from './references.js';
import { makePlaces, type Place } from './seats.js';
import { makeServices } from './service.js';
import { checkServing } from './serving.js';

/** Environments by name that no file describes any more but the journal remembers: their seats stay, their machines are drained. */
export type Former = ReadonlyMap<string, Environment>;

/** What the files make together. */
export interface Assembled {
  readonly services: readonly Service[];
  readonly hosts: readonly HostSpec[];
  readonly places: ReadonlyMap<string, readonly Place[] | undefined>;
  readonly environments: readonly Environment[];
}

/** Everything that one part of the configuration says of another; what of domus.yaml could not be read is not held against the rest. */
export function assemble(
  domus: DomusFile | undefined,
  { environments: files, services: permanent }: EnvironmentFiles,
  former: Former,
  problems: Problems,
): Assembled {
  const readable = new Map([...files].filter((entry): entry is [string, EnvironmentFile] => entry[1] !== undefined));
  const { batch, pools: poolParts, seats, guestOverhead = 0 } = domus ?? {};
  const sources = batch && Object.keys(batch);
  const pools = poolParts && Object.keys(poolParts);
  checkServing(readable, sources?.length === 1 ? sources[0] : undefined, problems);
  for (const [name, file] of readable) checkReferences(name, file, sources, pools, problems);
  checkShares(readable, pools ?? [], problems);
  const hosts = makeHosts(domus ?? {}, problems);
  const places = makePlaces(domus ?? {}, problems);
  if (seats !== undefined) checkSeatOwners([...places.keys()], [...files.keys(), ...permanent.keys()], new Set(former.keys()), problems);
  const environments: Environment[] = [];
  for (const [name, file] of readable) {
    const environment = makeEnvironment(name, file, { sources, pools, seats: places.get(name)?.length }, problems);
    if (environment === undefined) continue;
    environments.push(environment);
    checkCarriers(environment, hosts, guestOverhead, problems);
  }
  const services = [...permanent].flatMap(([name, file]) =>
    file === undefined ? [] : makeServices(name, file, { hosts, pools, places: places.get(name), overheadMiB: guestOverhead }, problems),
  );
  return { hosts, places, environments, services };
}
