import { type Environment, npOf, sizeFor } from '../model/environment.js';
import type { Size } from '../model/size.js';
import type { EnvironmentRoom } from './capacity.js';

/** Most slots of that memory that the environment's largest machine has. */
const mostSlots = (environment: Environment, perSlotMiB: number): number =>
  Math.min(environment.cores.max, Math.floor(environment.memoryMiB.max / Math.max(1, perSlotMiB, environment.memoryPerCoreMiB)));

/**
 * Sizes to try for a place of `slots` slots, the wanted one first, each smaller than the one before. The smallest that
 * fits is wanted (small machines are free sooner), unless more slots wait than the seats left could offer at that size:
 * then what waits is spread evenly over the seats. Empty when no machine of the environment is that large.
 */
export function sizesFor(room: EnvironmentRoom, slots: number, perSlotMiB: number): readonly Size[] {
  const { environment } = room;
  const smallest = sizeFor(environment, slots, perSlotMiB);
  if (smallest === undefined) return [];
  const seats = Math.max(1, Math.min(room.seats.length, environment.max - room.live));
  if (room.slotsWaiting <= seats * npOf(environment, smallest)) return [smallest];
  const even = Math.ceil(Math.ceil(room.slotsWaiting / seats) / slots) * slots;
  const sizes: Size[] = [];
  for (let wanted = Math.min(even, mostSlots(environment, perSlotMiB)); wanted > slots; wanted--) {
    const size = sizeFor(environment, wanted, perSlotMiB);
    const last = sizes.at(-1) ?? { cores: Number.POSITIVE_INFINITY, memoryMiB: Number.POSITIVE_INFINITY };
    if (size !== undefined && (size.cores < last.cores || size.memoryMiB < last.memoryMiB)) sizes.push(size);
  }
  return [...sizes.filter((s) => s.cores > smallest.cores || s.memoryMiB > smallest.memoryMiB), smallest];
}
