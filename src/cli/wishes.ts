import type { QueueWish, SeatWish } from '../drivers/batch.js';
import type { Policy } from '../model/policy.js';

/** What must stand in one batch server for the seats of the configuration. */
export const seatWishes = (policy: Policy, source: string): readonly SeatWish[] =>
  Object.values(policy.seats)
    .filter((seat) => seat.source === source)
    .map((seat) => ({ node: seat.name, np: seat.largestNp, properties: seat.properties }));

/** A property that all seats of the environment have and no other environment's seat: jobs without "-l nodes" find their nodes by it. */
function ownProperty(policy: Policy, environment: string, source: string): string | undefined {
  const seats = Object.values(policy.seats).filter((seat) => seat.source === source);
  const own = seats.filter((seat) => seat.environment === environment);
  const others = new Set(seats.filter((seat) => seat.environment !== environment).flatMap((seat) => seat.properties));
  return own[0]?.properties.find((property) => !others.has(property) && own.every((seat) => seat.properties.includes(property)));
}

/** The queues that environments serve there; one that a single environment serves leads to that environment's own property. */
export function queueWishes(policy: Policy, source: string): readonly QueueWish[] {
  const servers = new Map<string, string[]>();
  for (const { name, serves } of Object.values(policy.environments)) {
    if (serves.source !== source) continue;
    for (const queue of serves.queues) servers.set(queue, [...(servers.get(queue) ?? []), name]);
  }
  return [...servers].map(([queue, environments]) => {
    const [only, another] = environments;
    const neednodes = only === undefined || another !== undefined ? undefined : ownProperty(policy, only, source);
    return neednodes === undefined ? { queue } : { queue, neednodes };
  });
}
