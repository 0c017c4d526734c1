import type { QueueWish, SeatWish } from '../drivers/batch.js';
import type { Policy } from '../model/policy.js';
import { wishedDefaults } from '../model/wished.js';

/** What must stand in one batch server for the seats of the configuration. */
export const seatWishes = (policy: Policy, source: string): readonly SeatWish[] =>
  Object.values(policy.seats)
    .filter((seat) => seat.source === source)
    .map((seat) => ({ node: seat.name, np: seat.largestNp, properties: seat.properties }));

/** The shortest bound of the environments that serve the queue, ms. */
function boundOf({ environments }: Policy, source: string, queue: string): number | undefined {
  const bounds = Object.values(environments).flatMap(({ serves, maxWalltimeMs }) =>
    serves.source === source && serves.queues.includes(queue) && maxWalltimeMs !== undefined ? [maxWalltimeMs] : [],
  );
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}

/** The queues that environments serve there; one that a single environment serves leads to that environment's own property. */
export function queueWishes(policy: Policy, source: string): readonly QueueWish[] {
  return [...wishedDefaults(policy, source)].map(([queue, neednodes]) => {
    const maxWalltimeMs = boundOf(policy, source, queue);
    return { queue, ...(neednodes === undefined ? {} : { neednodes }), ...(maxWalltimeMs === undefined ? {} : { maxWalltimeMs }) };
  });
}
