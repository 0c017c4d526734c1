import type { HostRoom, Sheet } from './capacity.js';
import type { Supply } from './supply.js';

/**
 * Could the next job of one slot each start on hosts that are in use, `cores` times over? Counted are cores without a machine,
 * those of machines that leave, and free slots of machines that no waiting job counts on; whose, is not gone into: an idle machine
 * of another environment makes way sooner than a host comes up. Where they could not, the next job would wait for a host to be
 * switched on and for its guest after that, the longest wait there is while hosts are off; so one more is on before it comes. Where
 * no host is in use none is kept.
 */
export function isCramped(sheet: Sheet, supply: Supply, inUse: readonly HostRoom[], cores: number): boolean {
  if (cores === 0 || inUse.length === 0) return false;
  let room = 0;
  for (const host of inUse) {
    room += Math.max(0, host.cores) + host.promisedCores + unclaimed(sheet, supply, host);
    if (room >= cores) return false;
  }
  return true;
}

/** Free slots of machines that stay, there or coming. */
function unclaimed({ chosen }: Sheet, { byMachine }: Supply, { view }: HostRoom): number {
  let slots = 0;
  for (const { row } of view.machines) if (!chosen.has(row.id)) slots += byMachine.get(row.id)?.slots ?? 0;
  return slots;
}
