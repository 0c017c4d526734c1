import { type Environment, npOf, sizeFor } from '../model/environment.js';
import type { Size } from '../model/size.js';
import type { EnvironmentRoom } from './capacity.js';

/** Most slots of that memory that the environment's largest machine has. */
export const mostSlots = (environment: Environment, perSlotMiB: number): number =>
  Math.min(environment.cores.max, Math.floor(environment.memoryMiB.max / Math.max(1, perSlotMiB, environment.memoryPerCoreMiB)));

/**
 * Sizes to try for a place of `slots` slots, the wanted one first, each smaller than the one before. The smallest that
 * fits is wanted (small machines are free sooner), unless more slots wait than the seats left could offer at that size:
 * then what waits is spread evenly over the seats; or the same job can use more slots of one machine (`together`, slots
 * that may share a node): they end together, and fewer guests boot for it. Empty when no machine of the environment is that large.
 */
export function sizesFor(room: EnvironmentRoom, slots: number, perSlotMiB: number, together: number): readonly Size[] {
  const { environment } = room;
  const smallest = sizeFor(environment, slots, perSlotMiB);
  if (smallest === undefined) return [];
  const seats = Math.max(1, Math.min(room.seats.length, environment.max - room.live));
  const crowded = room.slotsWaiting > seats * npOf(environment, smallest);
  const even = crowded ? Math.ceil(Math.ceil(room.slotsWaiting / seats) / slots) * slots : slots;
  if (Math.max(even, together) <= slots) return [smallest];
  const sizes: Size[] = [];
  for (let wanted = Math.min(Math.max(even, together), mostSlots(environment, perSlotMiB)); wanted > slots; wanted--) {
    const size = sizeFor(environment, wanted, perSlotMiB);
    const last = sizes.at(-1) ?? { cores: Number.POSITIVE_INFINITY, memoryMiB: Number.POSITIVE_INFINITY };
    if (size !== undefined && (size.cores < last.cores || size.memoryMiB < last.memoryMiB)) sizes.push(size);
  }
  return [...sizes.filter((s) => s.cores > smallest.cores || s.memoryMiB > smallest.memoryMiB), smallest];
}
