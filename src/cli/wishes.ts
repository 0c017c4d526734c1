import type { QueueWish, SeatWish } from '../drivers/batch.js';
import type { Policy } from '../model/policy.js';
import { wishedDefaults } from '../model/wished.js';

/** What must stand in one batch server for the seats of the configuration. */
export const seatWishes = (policy: Policy, source: string): readonly SeatWish[] =>
  Object.values(policy.seats)
    .filter((seat) => seat.source === source)
    .map((seat) => ({ node: seat.name, np: seat.largestNp, properties: seat.properties }));

/** The queues that environments serve there; one that a single environment serves leads to that environment's own property. */
export function queueWishes(policy: Policy, source: string): readonly QueueWish[] {
  return [...wishedDefaults(policy, source)].map(([queue, neednodes]) => (neednodes === undefined ? { queue } : { queue, neednodes }));
}
