import { sizeFor } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import { startWaits } from './budget.js';
import type { HostRoom, Sheet } from './capacity.js';
import { isLoose, type Missing } from './demand.js';
import { mayGive } from './giving.js';
import { holdForHandover } from './handover.js';
import { idleIn } from './idle.js';
import { bootable, bootableNames } from './placement.js';
import type { Attempt } from './starting.js';
import { holds } from './supply.js';
import { reserve, sharesHosts } from './turn.js';
import { isComing, whyNotWake } from './waking.js';

/**
 * A job of several slots that may lie anywhere (`-l procs=N`) takes none of them before it can have all: what fell free for
 * it one by one would stand idle until the last is there, and any job that fits may use it meanwhile, as in one pool. What
 * runs on machines of those who owe it takes no jobs after that, so that their scheduler does not fill each slot before
 * anybody has seen it. Undefined where it can have all that it asks for now.
 */
export function waitsForAll(attempt: Attempt, job: Missing): Reason | undefined {
  const { sheet, room, need, failed, mode, reserved } = attempt;
  const barred = startWaits(sheet, room);
  if (need.group === undefined || !isLoose(job.spots) || (barred !== undefined && barred.code !== 'wait-budget')) return undefined;
  const slots = job.spots.length;
  const key = ['together', room.environment.name, mode, need.claim.shape.perSlotMiB].join('|');
  const known = failed.get(key);
  const free = known === undefined || slots < Number(known.args['slots']) ? slotsToHave(attempt, slots) : Number(known.args['free']);
  if (free >= slots) return undefined;
  const why = because('wait-together', { slots, free });
  if (slots > slotsEver(attempt)) return why; // whoever waited for it would wait for ever
  failed.set(key, why);
  if (!reserved.some((kept) => sharesHosts(attempt, kept))) reserved.push(reserve(attempt, slots, free));
  const size = sizeFor(room.environment, 1, need.claim.shape.perSlotMiB);
  if (known === undefined && size !== undefined) holdForHandover(attempt, size, why);
  return why;
}

/**
 * Slots of all hosts that it could use, less what is guaranteed to others there: a job that asks for more is not served while
 * they stand so, and nobody waits for it. Hosts that are silent, closed or broken are not counted: they may be for days.
 */
function slotsEver({ sheet, room, mode }: Attempt): number {
  const awake = bootableNames(room, mode);
  let slots = 0;
  for (const host of room.hosts.get(mode) ?? []) {
    if (!awake.has(host.name) && !maySoonBeUp(sheet, host)) continue;
    slots += Math.max(0, host.cores) + host.promisedCores;
    for (const { row, jobs } of host.view.machines) if (row.kind !== 'service' && (jobs.length > 0 || row.goal.kind === 'serve')) slots += row.size.cores;
  }
  for (const other of sheet.environments.values()) if (other !== room) slots -= Math.min(other.cores, other.shareCores);
  const { max, cores } = room.environment;
  return Math.min(slots, room.cores + (max - room.live) * cores.max);
}

/** How many slots it could have now: its environment's own, room that is free, soon free or asleep, and what others give; counted up to what is wanted. */
function slotsToHave(attempt: Attempt, wanted: number): number {
  let slots = 0;
  for (const some of [ofItsOwn, ofHosts, ofSleepingHosts, ofOthers]) {
    if (slots < wanted) slots += some(attempt);
  }
  return slots;
}

function ofItsOwn({ sheet, supply, need, room }: Attempt): number {
  const { name } = room.environment;
  let slots = 0;
  for (const bins of [supply.open.get(name), supply.closed.get(name), supply.fresh.get(name)]) {
    for (const bin of bins ?? []) if (!sheet.chosen.has(bin.id)) slots += holds(bin, 1, need.claim.shape.perSlotMiB);
  }
  return slots;
}

const ofHosts = (attempt: Attempt): number =>
  bootable(attempt.room, attempt.mode).reduce((sum, { host }) => sum + slotsIn(attempt, host.cores + host.promisedCores, host.memoryMiB + host.promisedMiB), 0);

const maySoonBeUp = (sheet: Sheet, host: HostRoom): boolean => isComing(sheet, host.name) || whyNotWake(sheet, host) === undefined;

/** Those that come up, or may be woken. */
function ofSleepingHosts(attempt: Attempt): number {
  const { sheet, room, mode } = attempt;
  if (!sheet.power.anyAsleep) return 0;
  const awake = bootableNames(room, mode);
  let slots = 0;
  for (const host of room.hosts.get(mode) ?? []) {
    if (awake.has(host.name) || !maySoonBeUp(sheet, host)) continue;
    slots += slotsIn(attempt, host.cores, host.memoryMiB);
  }
  return slots;
}

function ofOthers(attempt: Attempt): number {
  const { sheet, supply, room } = attempt;
  let slots = 0;
  for (const name of sheet.environments.keys()) {
    if (name === room.environment.name) continue;
    for (const bin of idleIn(sheet, supply, name)) {
      const size = bin.machine?.row.size;
      if (size !== undefined && mayGive(attempt, bin)) slots += slotsIn(attempt, size.cores, size.memoryMiB + sheet.policy.guestOverheadMiB);
    }
  }
  return slots;
}

/** Slots of its environment in that room, on one machine. */
function slotsIn({ sheet, need, room }: Attempt, cores: number, memoryMiB: number): number {
  const perSlotMiB = Math.max(need.claim.shape.perSlotMiB, room.environment.memoryPerCoreMiB, 1);
  return Math.max(0, Math.min(cores, Math.floor((memoryMiB - sheet.policy.guestOverheadMiB) / perSlotMiB)));
}
