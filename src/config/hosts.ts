import { isIP } from 'node:net';
import type { z } from 'zod';
import { type HostSpec, usualWatts, type Watts } from '../model/host.js';
import { type Expanded, expandAddresses, expandMacs, expandNames } from './expand.js';
import { writeMebibytes } from './memory.js';
import { type Problems, shown } from './problem.js';
import type { domusSchema } from './schema.js';
import { isHostName } from './shapes.js';
import type { Path } from './spots.js';
import type { Partly } from './walk.js';

export type DomusFile = Partly<z.output<typeof domusSchema>>;
type PoolPart = NonNullable<NonNullable<DomusFile['pools']>[string]>;
type HostPart = NonNullable<NonNullable<PoolPart['hosts']>[string]>;

const addressOk = (address: string): boolean => isIP(address) !== 0 || isHostName(address);

/** Addresses of the names a key stands for: the written ones, else the names themselves. */
function addressesOf(written: string | undefined, names: readonly string[]): Expanded {
  if (written === undefined) return { values: names };
  const expanded = /^[\d.\s-]+$/.test(written) ? expandAddresses(written) : isIP(written) !== 0 ? { values: [written] } : expandNames(written);
  if ('expected' in expanded) return expanded;
  if (!expanded.values.every(addressOk)) return { expected: 'a host name or an address' };
  if (expanded.values.length !== names.length) return { expected: `${names.length} address(es), one for each host` };
  return expanded;
}

/** Key by key: the host's, the pool's, the usual; absent where nothing is said. */
function wattsOf(pool: PoolPart, part: HostPart): Watts | undefined {
  const [own, general] = [part.watts, pool.defaults?.watts];
  if (own === undefined && general === undefined) return undefined;
  const of = (key: keyof Watts): number => own?.[key] ?? general?.[key] ?? usualWatts[key];
  return { off: of('off'), idle: of('idle'), busy: of('busy') };
}

/** Capacity and reserve of one key of `hosts`, with the pool's defaults; absent when something is missing. */
function ironOf(
  pool: PoolPart,
  part: HostPart,
  path: Path,
  poolPath: Path,
  problems: Problems,
): Omit<HostSpec, 'name' | 'pool' | 'address' | 'mac'> | undefined {
  const cores = part.cores ?? pool.defaults?.cores;
  const memoryMiB = part.memory ?? pool.defaults?.memory;
  const missing = (key: string, example: string): void => {
    const said = [
      [...path, key],
      [...poolPath, 'defaults'],
      [...poolPath, 'defaults', key],
    ].some((where) => problems.has(where));
    if (said) return;
    problems.add([...path, key], { found: 'nothing', expected: `${key}, such as ${example}, here or in ${poolPath.join('.')}.defaults` }, 'key');
  };
  if (cores === undefined) missing('cores', '8');
  if (memoryMiB === undefined) missing('memory', '16GiB');
  const reserve = {
    // key by key: the host's, the pool's, 1 core and 1GiB
    cores: part.reserve?.cores ?? pool.defaults?.reserve?.cores ?? 1,
    memoryMiB: part.reserve?.memory ?? pool.defaults?.reserve?.memory ?? 1024,
  };
  const complain = (key: 'cores' | 'memory', found: string, expected: string): boolean => {
    const inherited = part.reserve?.[key] === undefined && pool.defaults?.reserve?.[key] !== undefined;
    const at = [...(inherited ? [...poolPath, 'defaults'] : path), 'reserve', key];
    if (!problems.has(at)) problems.add(at, { found, expected: `${expected} of ${String(path.at(-1))}` });
    return true;
  };
  const tight = cores !== undefined && reserve.cores >= cores && complain('cores', String(reserve.cores), `fewer than the ${cores} cores`);
  const small =
    memoryMiB !== undefined &&
    reserve.memoryMiB >= memoryMiB &&
    complain('memory', writeMebibytes(reserve.memoryMiB), `less than the ${writeMebibytes(memoryMiB)}`);
  if (cores === undefined || memoryMiB === undefined || tight || small) return undefined;
  const watts = wattsOf(pool, part);
  const overcommit = part.overcommit ?? pool.defaults?.overcommit;
  return {
    cores,
    memoryMiB,
    port: part.port ?? pool.defaults?.port ?? 22,
    reserve,
    ...(overcommit === undefined ? {} : { overcommit }),
    ...(watts === undefined ? {} : { watts }),
    ...drivenBy(pool, String(poolPath.at(-1))),
  };
}

/** The pool's drivers go by its name. */
const drivenBy = (pool: PoolPart, name: string): Pick<HostSpec, 'power' | 'classroom'> => ({
  ...(pool.power === undefined ? {} : { power: name }),
  ...(pool.classroom === undefined ? {} : { classroom: name }),
});

type Line = Pick<HostSpec, 'name' | 'address' | 'mac'>;

/** Names, addresses and cards of one key of `hosts`; absent when one is wrong (and said so). */
function lines(pattern: string, part: HostPart, path: Path, problems: Problems): readonly Line[] | undefined {
  const names = expandNames(pattern);
  if ('expected' in names || !names.values.every(isHostName)) {
    const expected = 'expected' in names ? names.expected : 'a host name, or a range such as post[01-20]';
    if (!problems.has(path)) problems.add(path, { found: shown(pattern), expected }, 'key');
    return undefined;
  }
  const addresses = addressesOf(part.address, names.values);
  const macs: Expanded = part.mac === undefined ? { values: [] } : expandMacs(part.mac);
  if ('expected' in macs) problems.add([...path, 'mac'], { found: shown(part.mac), expected: macs.expected });
  else if (part.mac !== undefined && macs.values.length !== names.values.length)
    problems.add([...path, 'mac'], { found: `${macs.values.length} of them`, expected: `${names.values.length} MAC address(es), one for each host` });
  if ('values' in addresses && 'values' in macs)
    return names.values.map((name, at) => {
      const mac = macs.values[at];
      return { name, address: addresses.values[at] ?? name, ...(mac === undefined ? {} : { mac }) };
    });
  if ('expected' in addresses) problems.add([...path, 'address'], { found: shown(part.address), expected: addresses.expected });
  return undefined;
}

/** All hosts of all pools; a host that is incomplete or written twice is a problem and left out. */
export function makeHosts(file: DomusFile, problems: Problems): readonly HostSpec[] {
  const hosts: HostSpec[] = [];
  const names = new Map<string, string>();
  const ways = new Map<string, string>();
  const put = (host: Line & Pick<HostSpec, 'pool'>, iron: ReturnType<typeof ironOf>, port: number, path: Path): void => {
    const way = `${host.address} port ${port}`;
    const twin = names.get(host.name);
    const neighbour = ways.get(way);
    if (twin !== undefined) problems.add(path, { found: `host ${host.name} a second time`, expected: `each host once (it is in pool ${twin})` }, 'key');
    else if (neighbour !== undefined) problems.add([...path, 'address'], { found: way, expected: `an address of its own (host ${neighbour} has this one)` });
    else if (iron !== undefined) hosts.push({ ...host, ...iron });
    names.set(host.name, host.pool);
    ways.set(way, host.name);
  };
  for (const [poolName, pool = {}] of Object.entries(file.pools ?? {})) {
    const poolPath = ['pools', poolName];
    if (pool.hosts !== undefined && Object.keys(pool.hosts).length === 0)
      problems.add([...poolPath, 'hosts'], { found: 'nothing', expected: 'at least one host' });
    for (const [pattern, part = {}] of Object.entries(pool.hosts ?? {})) {
      const path = [...poolPath, 'hosts', pattern];
      const iron = ironOf(pool, part, path, poolPath, problems);
      const port = part.port ?? pool.defaults?.port ?? 22;
      for (const line of lines(pattern, part, path, problems) ?? []) put({ ...line, pool: poolName }, iron, port, path);
    }
  }
  return hosts;
}
