import { oncePer } from './once.js';
import type { Policy } from './policy.js';

/** What the seats of one batch server share, looked through once for each policy. */
interface Shared {
  /** Environment -> properties that all of its seats have, in the order of the first. */
  readonly own: Map<string, readonly string[]>;
  /** Property -> the environment whose seats have it; undefined where several's do. */
  readonly holder: Map<string, string | undefined>;
}

const sharedOf = oncePer((seats: Policy['seats']): ReadonlyMap<string, Shared> => {
  const bySource = new Map<string, Shared>();
  for (const { source, environment, properties } of Object.values(seats)) {
    const shared = bySource.get(source) ?? { own: new Map(), holder: new Map() };
    bySource.set(source, shared);
    const own: readonly string[] = shared.own.get(environment) ?? properties;
    shared.own.set(environment, own.every((property) => properties.includes(property)) ? own : own.filter((property) => properties.includes(property)));
    for (const property of properties) {
      const holder = shared.holder.has(property) ? shared.holder.get(property) : environment;
      shared.holder.set(property, holder === environment ? environment : undefined);
    }
  }
  return bySource;
});

/** A property that all seats of the environment have and no other environment's seat: jobs without "-l nodes" find their nodes by it. */
export function ownProperty({ seats }: Policy, environment: string, source: string): string | undefined {
  const shared = sharedOf(seats).get(source);
  return shared?.own.get(environment)?.find((property) => shared.holder.get(property) === environment);
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
