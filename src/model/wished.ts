import { oncePer } from './once.js';
import type { Policy } from './policy.js';

/** A property that all seats of the environment have and no other environment's seat: jobs without "-l nodes" find their nodes by it. */
export function ownProperty(policy: Policy, environment: string, source: string): string | undefined {
  const seats = Object.values(policy.seats).filter((seat) => seat.source === source);
  const own = seats.filter((seat) => seat.environment === environment);
  const others = new Set(seats.filter((seat) => seat.environment !== environment).flatMap((seat) => seat.properties));
  return own[0]?.properties.find((property) => !others.has(property) && own.every((seat) => seat.properties.includes(property)));
}

/**
 * Queue -> the default property (`neednodes`) that setup gives it, undefined where it gives none: a queue that a single
 * environment serves leads to that environment's own property.
 */
export function wishedDefaults(policy: Policy, source: string): ReadonlyMap<string, string | undefined> {
  const bySource = known(policy);
  const found = bySource.get(source) ?? workOut(policy, source);
  bySource.set(source, found);
  return found;
}

/** Worked out once for each policy: it walks along all seats. */
const known = oncePer((_: Policy) => new Map<string, ReadonlyMap<string, string | undefined>>());

function workOut(policy: Policy, source: string): ReadonlyMap<string, string | undefined> {
  const servers = new Map<string, string[]>();
  for (const { name, serves } of Object.values(policy.environments)) {
    if (serves.source !== source) continue;
    for (const queue of serves.queues) servers.set(queue, [...(servers.get(queue) ?? []), name]);
  }
  return new Map(
    [...servers].map(([queue, environments]) => {
      const [only, another] = environments;
      return [queue, only === undefined || another !== undefined ? undefined : ownProperty(policy, only, source)];
    }),
  );
}
