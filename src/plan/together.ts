import { sizeFor } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { Slices } from '../model/slices.js';
import { startWaits } from './budget.js';
import { isLoose, type Missing } from './demand.js';
import { holdForHandover } from './handover.js';
import { isHopeless } from './refusals.js';
import { slotsEver, slotsToHave } from './slots.js';
import type { Attempt } from './starting.js';
import { reserve, sharesHosts } from './turn.js';

/** What was found for a wide job that had to wait: asked once for each environment, mode and memory of a slot. */
export interface Look {
  readonly slots: number;
  /** So many of them could be had. */
  readonly free: number;
  /** What the plan had made by then. */
  readonly made: number;
  /** So many there can ever be. */
  readonly most: number;
  /** Machines of others take no new jobs for its sake already. */
  readonly isHeld: boolean;
}

/**
 * A job of several slots that may lie anywhere (`-l procs=N`) takes none of them before it can have all: what fell free for
 * it one by one would stand idle until the last is there, and any job that fits may use it meanwhile, as in one pool. What
 * runs on machines of those who owe it takes no jobs after that, so that their scheduler does not fill each slot before
 * anybody has seen it. Undefined where it can have all that it asks for now.
 */
export function* waitsForAll(attempt: Attempt, job: Missing): Slices<Reason | undefined> {
  const { sheet, room, need, looked, mode, reserved } = attempt;
  const barred = startWaits(sheet, room);
  if (need.group === undefined || !isLoose(job.spots) || (barred !== undefined && barred.code !== 'wait-budget')) return undefined;
  const slots = job.spots.length;
  const key = [room.environment.name, mode, need.claim.shape.perSlotMiB].join('|');
  const known = looked.get(key);
  const made = sheet.chosen.size + sheet.live; // while nothing is, a younger one can have no more than the one before
  const free = known !== undefined && isLess(known, slots, made) ? known.free : yield* slotsToHave(attempt, slots);
  if (free >= slots) return undefined;
  const look: Look = { slots, free, made, most: known?.most ?? (yield* slotsEver(attempt)), isHeld: known?.isHeld ?? false };
  looked.set(key, look);
  if (slots > look.most) return because('wait-too-many', { slots, most: look.most }); // whoever waited for it would wait for ever
  const why = because('wait-together', { slots, free });
  if (isHopeless(sheet, need.group)) return why; // nor for what the scheduler does not start
  if (!reserved.some((kept) => sharesHosts(attempt, kept))) reserved.push(yield* reserve(attempt, slots, free));
  if (look.isHeld) return why;
  looked.set(key, { ...look, isHeld: true });
  yield;
  const size = sizeFor(room.environment, 1, need.claim.shape.perSlotMiB);
  if (size !== undefined) holdForHandover(attempt, size, why);
  return why;
}

/** What was found before is less than it wants, too. */
const isLess = (known: Look, slots: number, made: number): boolean => slots >= known.slots || (slots > known.free && made === known.made);
