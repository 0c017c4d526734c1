import type { Environment } from '../model/environment.js';
import type { HostSpec } from '../model/host.js';
import type { Size } from '../model/size.js';
import type { EnvironmentFile } from './environment.js';
import { writeMebibytes } from './memory.js';
import type { Problems } from './problem.js';

const sizeText = (size: Size): string => `${size.cores} core(s) and ${writeMebibytes(size.memoryMiB)}`;

/** What a host can give to one machine. */
const roomOf = (host: HostSpec, overheadMiB: number): Size => ({
  cores: host.cores - host.reserve.cores,
  memoryMiB: host.memoryMiB - host.reserve.memoryMiB - overheadMiB,
});

/** The environment's smallest machine, and its largest, must fit on some host of its pools while that is empty. */
export function checkCarriers(environment: Environment, hosts: readonly HostSpec[], overheadMiB: number, problems: Problems): void {
  const rooms = hosts.filter((host) => environment.pools.includes(host.pool)).map((host) => roomOf(host, overheadMiB));
  if (rooms.length === 0) return; // said elsewhere: pools without hosts
  const fits = (size: Size): boolean => rooms.some((room) => room.cores >= size.cores && room.memoryMiB >= size.memoryMiB);
  const smallest = { cores: environment.cores.min, memoryMiB: environment.memoryMiB.min };
  const largest = { cores: environment.cores.max, memoryMiB: environment.memoryMiB.max };
  const roomiest = rooms.reduce((a, b) => (b.memoryMiB > a.memoryMiB || (b.memoryMiB === a.memoryMiB && b.cores > a.cores) ? b : a));
  const expected = `what a host of ${environment.pools.join(', ')} has beyond its reserve (the roomiest: ${sizeText(roomiest)})`;
  const path = ['environments', environment.name, 'machine'];
  if (!fits(smallest)) problems.add(path, { found: `a smallest machine of ${sizeText(smallest)}`, expected }, 'key');
  else if (!fits(largest)) problems.add(path, { found: `a largest machine of ${sizeText(largest)}`, expected }, 'key');
}

/** The guaranteed shares of a pool's cores add up to at most 1. */
export function checkShares(environments: ReadonlyMap<string, EnvironmentFile>, pools: readonly string[], problems: Problems): void {
  for (const pool of pools) {
    const sharing = [...environments].filter(([, file]) => (file.share ?? 0) > 0 && (file.pools ?? pools).includes(pool));
    const sum = sharing.reduce((total, [, file]) => total + (file.share ?? 0), 0);
    if (sum <= 1 + 1e-9) continue;
    const parts = sharing.map(([name, file]) => `${name} ${file.share}`).join(', ');
    const last = sharing.at(-1)?.[0] ?? '';
    problems.add(['environments', last, 'share'], { found: `shares of pool ${pool} that sum to ${Number(sum.toFixed(3))} (${parts})`, expected: 'at most 1' });
  }
}
