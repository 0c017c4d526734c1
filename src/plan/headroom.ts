import type { HostRoom, Sheet } from './capacity.js';
import type { Supply } from './supply.js';

/**
 * Could the next job of one slot each start on hosts that are in use, `cores` times over? Where they could not, the next job would
 * wait for a host to be switched on and for its guest after that, the longest wait there is while hosts are off; so one more is on
 * before it comes. Where no host is in use none is kept.
 */
export const isCramped = (sheet: Sheet, supply: Supply, inUse: readonly HostRoom[], cores: number): boolean =>
  cores > 0 && inUse.length > 0 && roomFor(sheet, supply, inUse, cores) < cores;

/**
 * Cores on those hosts that the next jobs could have; no more is counted than `enough`. Cores without a machine, those of machines
 * that leave, and free slots of machines that no waiting job counts on; whose, is not gone into: an idle machine of another
 * environment makes way sooner than a host comes up.
 */
export function roomFor(sheet: Sheet, supply: Supply, hosts: readonly HostRoom[], enough = Number.POSITIVE_INFINITY): number {
  let room = 0;
  for (const host of hosts) {
    if (room >= enough) break;
    room += Math.max(0, host.cores) + host.promisedCores + unclaimed(sheet, supply, host);
  }
  return room;
}

/** Free slots of machines that stay, there or coming. */
function unclaimed({ chosen }: Sheet, { byMachine }: Supply, { view }: HostRoom): number {
  let slots = 0;
  for (const { row } of view.machines) if (!chosen.has(row.id)) slots += byMachine.get(row.id)?.slots ?? 0;
  return slots;
}
