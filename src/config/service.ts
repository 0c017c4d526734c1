import type { z } from 'zod';
import type { HostSpec } from '../model/host.js';
import type { Service } from '../model/service.js';
import { expandNames } from './expand.js';
import { writeMebibytes } from './memory.js';
import { nearest } from './nearest.js';
import { type Problems, shown } from './problem.js';
import type { Place } from './seats.js';
import type { serviceSchema } from './service-schema.js';
import type { Path } from './spots.js';
import type { Partly } from './walk.js';

export type ServiceFile = Partly<z.output<typeof serviceSchema>>;

/** What the rest of the configuration says; absent parts could not be read. */
export interface AroundServices {
  readonly hosts: readonly HostSpec[];
  readonly pools: readonly string[] | undefined;
  /** Names and addresses, of `seats`. */
  readonly places: readonly Place[] | undefined;
  readonly overheadMiB: number;
}

/** The home of each: one for all of them, or as many as there are. */
function homesOf(lines: ServiceFile['homes'], count: number, { hosts }: AroundServices, path: Path, problems: Problems): readonly string[] | undefined {
  if (lines === undefined) return undefined;
  const homes: string[] = [];
  for (const [at, line] of (typeof lines === 'string' ? [lines] : lines).entries()) {
    const where = typeof lines === 'string' ? path : [...path, at];
    const expanded = expandNames(line ?? '');
    if ('expected' in expanded) {
      problems.add(where, { found: shown(line), expected: expanded.expected });
      return undefined;
    }
    const names = hosts.map(({ name }) => name);
    const unknown = expanded.values.find((name) => !names.includes(name));
    if (unknown !== undefined && hosts.length > 0) {
      problems.add(where, { found: `host ${shown(unknown)}`, expected: 'hosts that a pool names', nearest: nearest(unknown, names) });
      return undefined;
    }
    homes.push(...expanded.values);
  }
  if (homes.length !== 1 && homes.length !== count) {
    problems.add(path, { found: `${homes.length} home(s)`, expected: `one for all, or ${count}, one for each name of its seats` });
    return undefined;
  }
  return homes;
}

/** Homes must have room for it while they are empty. */
function checkHomes(services: readonly Service[], { hosts, overheadMiB }: AroundServices, path: Path, problems: Problems): void {
  for (const { size, home } of services) {
    const host = hosts.find(({ name }) => name === home);
    if (host === undefined) continue;
    const cores = host.cores - host.reserve.cores;
    const memoryMiB = host.memoryMiB - host.reserve.memoryMiB - overheadMiB;
    if (size.cores <= cores && size.memoryMiB <= memoryMiB) continue;
    const found = `${size.cores} core(s) and ${writeMebibytes(size.memoryMiB)}`;
    problems.add([...path, 'machine'], { found, expected: `what ${home} has beyond its reserve (${cores} core(s) and ${writeMebibytes(memoryMiB)})` }, 'key');
    return;
  }
}

function checkPools(file: ServiceFile, pools: readonly string[] | undefined, path: Path, problems: Problems): void {
  for (const [at, pool] of file.pools?.entries() ?? []) {
    if (pools === undefined || pool === undefined || pools.includes(pool)) continue;
    problems.add([...path, 'pools', at], { found: `pool ${shown(pool)}`, expected: `one of ${pools.join(', ')}`, nearest: nearest(pool, pools) });
  }
}

/** The permanent machines of one file; whatever is wrong in it is added to the problems. */
export function makeServices(group: string, file: ServiceFile, around: AroundServices, problems: Problems): readonly Service[] {
  const path = ['environments', group];
  const { places = [] } = around;
  checkPools(file, around.pools, path, problems);
  const homes = homesOf(file.homes, places.length, around, [...path, 'homes'], problems);
  const { mode, image, boot, machine, restartWithin, checks } = file;
  const pools = file.pools ?? around.pools;
  if (homes === undefined || pools === undefined || mode === undefined || restartWithin === undefined) return [];
  if (image?.name === undefined || image.version === undefined || boot?.type === undefined || boot.kernel === undefined) return [];
  if (machine?.cores === undefined || machine.memory === undefined || machine.disk === undefined) return [];
  const { name: imageName, version } = image;
  const way = { type: boot.type, kernel: boot.kernel, args: boot.args ?? [], ...(boot.ramdisk === undefined ? {} : { ramdisk: boot.ramdisk }) };
  const size = { cores: machine.cores, memoryMiB: machine.memory };
  const { disk } = machine;
  const services = places.map(
    ({ name, address, mac }, at): Service => ({
      ...{ name, group, mode, address, mac, home: homes[homes.length === 1 ? 0 : at] ?? '', pools },
      ...{ image: { name: imageName, version }, boot: way, size, diskMiB: disk, checks: checks ?? [], restartWithinMs: restartWithin },
    }),
  );
  checkHomes(services, around, path, problems);
  return services;
}
