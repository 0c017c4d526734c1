import { createHash } from 'node:crypto';

/** MAC addresses under Xen's prefix 00:16:3e, derived from (deployment, seat): the same each time; a seat written earlier keeps its own when a later one collides. */
export function deriveMacs(deployment: string, seats: readonly string[], given: ReadonlySet<string>): ReadonlyMap<string, string> {
  const taken = new Set(given);
  const macs = new Map<string, string>();
  for (const seat of seats) {
    for (let turn = 0; !macs.has(seat); turn++) {
      const hash = createHash('sha256').update(`${deployment}\u0000${seat}\u0000${turn}`).digest('hex');
      const mac = `00:16:3e:${hash.slice(0, 2)}:${hash.slice(2, 4)}:${hash.slice(4, 6)}`;
      if (taken.has(mac)) continue;
      taken.add(mac);
      macs.set(seat, mac);
    }
  }
  return macs;
}
