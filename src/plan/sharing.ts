import type { Mode } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import { atATime, fewAtATime, type Slices } from '../model/slices.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import { fits, type Missing, type Need, type Spot, slotsOfSpots } from './demand.js';
import { makeRoom, replaceOwn } from './giving.js';
import { spareMissing } from './minimum.js';
import { freestFirst, frozenBy } from './modes.js';
import { grow } from './resizing.js';
import { type Attempt, start } from './starting.js';
import { type Bin, type Supply, take } from './supply.js';
import { takeBack } from './takeback.js';
import { waitsForAll } from './together.js';
import { mustWait } from './turn.js';
import { urgencyOf } from './urgency.js';
import { lookAhead, type Promised } from './waking.js';

/**
 * Gives the needs of all environments their machines, as one queue: the oldest first, younger ones take what older ones
 * cannot use. Environments below their minimum or their guaranteed share come before the others until they have it. What
 * may be acted on comes before what is only proposed or watched, so that a thought never takes room from a deed.
 */
export function* share(sheet: Sheet, supply: Supply, needs: readonly Need[]): Slices<void> {
  const said = new Map<Need, Reason>();
  for (const mode of freestFirst) {
    const rooms = [...sheet.environments.values()].filter((room) => room.hosts.has(mode));
    if (rooms.length === 0) continue;
    yield;
    const reserved: Attempt['reserved'] = [];
    const mine = needs.filter((need) => sheet.environments.get(need.environment.name)?.hosts.has(mode));
    for (const tier of [isGuaranteed, everybody]) {
      const failed = new Map<string, Reason>();
      if (rooms.some(tier)) yield* inTurns({ sheet, supply, mode, failed, looked: new Map(), reserved }, mine, tier, said);
    }
  }
  yield;
  for (const [need, reason] of said) {
    const subject = need.group === undefined ? `environment:${need.environment.name}` : `group:${need.group.key}`;
    sheet.reasons.say(subject, partly(need, reason));
  }
}

/** Where some jobs of a group are provided for and others are not, both is said. */
function partly({ group, missing }: Need, why: Reason): Reason {
  const left = missing.reduce((sum, { times }) => sum + times, 0);
  if (group === undefined || left === 0 || left >= group.count) return why;
  return { ...why, args: { ...why.args, provided: group.count - left, among: group.count } };
}

type Tier = (room: EnvironmentRoom) => boolean;
const isGuaranteed: Tier = (room) => room.serving < room.environment.min || room.cores < room.shareCores;
const everybody: Tier = () => true;

interface Pass {
  readonly sheet: Sheet;
  readonly supply: Supply;
  readonly mode: Mode;
  readonly failed: Map<string, Reason>;
  readonly looked: Attempt['looked'];
  readonly reserved: Attempt['reserved'];
}

interface Turn {
  readonly need: Need;
  readonly urgency: number;
}

/** The need whose next job is most urgent seats one job, then they are asked again; what is no job's comes last. */
function* inTurns(pass: Pass, needs: readonly Need[], tier: Tier, said: Map<Need, Reason>): Slices<void> {
  const jobs = needs.filter(({ claim }) => claim.kind === 'job');
  // the most urgent stands last; of equals the one that stands first in the queue
  const turns: Turn[] = jobs.map((need) => ({ need, urgency: urgencyOf(pass.sheet, need) })).sort((x, y) => x.urgency - y.urgency || y.need.rank - x.need.rank);
  yield;
  let count = 0;
  for (let turn = turns.pop(); turn !== undefined; turn = turns.pop()) {
    const { need } = turn;
    if (++count % atATime === 0 || need.claim.shape.nodes > 1) yield; // a wide one may look at every host
    const room = pass.sheet.environments.get(need.environment.name);
    if (room === undefined || !tier(room) || !(yield* seatNext(pass, need, said))) continue;
    lineUp(turns, { need, urgency: urgencyOf(pass.sheet, need) });
  }
  for (const need of needs) {
    if (need.claim.kind !== 'job') yield;
    const room = pass.sheet.environments.get(need.environment.name);
    if (need.claim.kind !== 'job' && room !== undefined) keep(pass, need, room, tier, said);
  }
}

/** Puts it before those that are more urgent, and after those that are less. */
function lineUp(turns: Turn[], turn: Turn): void {
  let low = 0;
  let high = turns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = turns[middle] as Turn;
    if (other.urgency < turn.urgency || (other.urgency === turn.urgency && other.need.rank > turn.need.rank)) low = middle + 1;
    else high = middle;
  }
  turns.splice(low, 0, turn);
}

/** False when the need is served, or stuck. */
function* seatNext(pass: Pass, need: Need, said: Map<Need, Reason>): Slices<boolean> {
  const room = pass.sheet.environments.get(need.environment.name);
  const job = nextJob(need);
  if (room === undefined || job === undefined) return false;
  const { sheet, supply, mode, failed, looked, reserved } = pass;
  const about = { need, room, sheet, supply, mode, failed, looked, reserved };
  const stuck = (yield* waitsPatiently(about, job, said)) ? job : yield* seatAll(about, job, said);
  if (stuck !== undefined) need.missing.unshift(stuck);
  else if (need.group !== undefined) room.line?.seat(need.group.key);
  return stuck === undefined;
}

function* waitsPatiently(about: Omit<Attempt, 'spot' | 'used' | 'together'>, job: Missing, said: Map<Need, Reason>): Slices<boolean> {
  const [spot] = job.spots;
  if (spot === undefined) return false;
  const attempt: Attempt = { spot, used: job.used, together: job.spots.length, ...about };
  const waits = (yield* waitsForAll(attempt, job)) ?? mustWait(attempt, slotsOfSpots(job.spots));
  if (waits !== undefined) said.set(about.need, waits);
  return waits !== undefined;
}

/**
 * Seats one job's spots one by one. A spot for which room is being made counts as seated: it has been promised the room.
 * What could not be seated is returned, with what the job counts on by then.
 */
function* seatAll(about: Omit<Attempt, 'spot' | 'used' | 'together'>, job: Missing, said: Map<Need, Reason>): Slices<Missing | undefined> {
  const { need, room } = about;
  const used = new Set(job.used);
  for (const [index, spot] of job.spots.entries()) {
    if (index % fewAtATime === fewAtATime - 1) yield; // each may look at every host
    const together = spot.anywhere ? slotsAnywhere(job.spots, index) : spot.slots;
    const found = seat({ spot, used, together, ...about });
    if ('waits' in found) {
      said.set(need, found.waits);
      room.slotsWaiting -= spot.slots;
      continue;
    }
    const isReason = 'code' in found;
    said.set(need, isReason ? found : coming(about, found));
    if (isReason && found.code !== 'wait-drain') return { times: 1, spots: job.spots.slice(index), used };
    room.slotsWaiting -= spot.slots;
    if (isReason) continue;
    take(found, 1, spot.slots, need.claim.shape.perSlotMiB, { rank: need.rank, urgency: urgencyOf(about.sheet, need), job: need.claim.ref });
    used.add(found);
  }
  return undefined;
}

const slotsAnywhere = (spots: readonly Spot[], from: number): number => {
  let slots = 0;
  for (let at = from; at < spots.length; at++) slots += spots[at]?.anywhere === true ? (spots[at]?.slots ?? 0) : 0;
  return slots;
};

/** What the job waits for now that a machine is meant for it: the machine, or whoever must let it be started. */
function coming({ sheet, room, mode }: Omit<Attempt, 'spot' | 'used' | 'together'>, { id, machine }: Bin): Reason {
  const refs = [`environment:${room.environment.name}`];
  if (machine !== undefined) return because('fits-coming', { machine: id, phase: machine.phase }, refs);
  const frozen = frozenBy(sheet.rows);
  if (frozen !== undefined) return frozen;
  if (mode === 'watch') return because('wait-mode-watch', { seat: id }, refs);
  const proposal = `start-${room.environment.name}-${id}`;
  const waits = mode === 'advise' && sheet.rows.proposals.get(proposal)?.approvedBy === undefined;
  return waits ? because('wait-approval', { id: proposal }, refs) : because('fits-coming', { machine: id, phase: 'wanted' }, refs);
}

/** Takes one job out of what is missing. */
function nextJob(need: Need): Missing | undefined {
  const [first, ...rest] = need.missing;
  if (first === undefined) return undefined;
  need.missing = first.times > 1 ? [{ ...first, times: first.times - 1 }, ...rest] : rest;
  return { ...first, times: 1 };
}

/** One spot: on what this plan has made already, else a drain taken back, else an idle machine grown, else a new machine, now or on a host to be woken. */
function seat(attempt: Attempt): Bin | Reason | Promised {
  const { need, supply, spot, used } = attempt;
  const perSlotMiB = need.claim.shape.perSlotMiB;
  const made = unclaimed(attempt) ?? smallest(supply.fresh.get(need.environment.name) ?? [], spot, perSlotMiB, used) ?? takeBack(attempt) ?? grow(attempt);
  if (made !== undefined) return made;
  const found = start(attempt);
  if (!('code' in found)) return found;
  if (found.code === 'wait-budget') return lookAhead(attempt) ?? found;
  if (found.code === 'wait-room' || found.code === 'wait-image') {
    const made = found.code === 'wait-room' ? makeRoom(attempt, found) : found;
    return made.code === 'wait-drain' ? made : (lookAhead(attempt) ?? made);
  }
  return found.code === 'wait-max' || found.code.startsWith('wait-seat') ? replaceOwn(attempt, found) : found;
}

/** Free slots of its own environment's that no job counts on: others could not use them all. Their machine is held for nobody any more. */
function unclaimed({ sheet, supply, need, spot, used }: Attempt): Bin | undefined {
  let bin: Bin | undefined;
  for (const bins of [supply.open.get(need.environment.name), supply.closed.get(need.environment.name)]) {
    for (const each of bins ?? []) {
      const isBetter = fits(each, spot, need.claim.shape.perSlotMiB, used) && (bin === undefined || each.slots < bin.slots);
      if (isBetter && !sheet.chosen.has(each.id)) bin = each;
    }
  }
  if (bin !== undefined && sheet.holds.get(bin.id)?.code === 'hold-share') sheet.holds.delete(bin.id);
  return bin;
}

function smallest(bins: readonly Bin[], spot: Spot, perSlotMiB: number, used: ReadonlySet<Bin>): Bin | undefined {
  let best: Bin | undefined;
  for (const bin of bins) {
    if (fits(bin, spot, perSlotMiB, used) && (best === undefined || bin.slots < best.slots)) best = bin;
  }
  return best;
}

/** Minimum and spare: one machine after the other until there are enough. */
function keep(pass: Pass, need: Need, room: EnvironmentRoom, tier: Tier, said: Map<Need, Reason>): void {
  const spot = { slots: 1, properties: [], anywhere: true };
  const lacks = (): boolean => (need.claim.kind === 'minimum' ? room.serving < room.environment.min : spareMissing(pass.sheet, pass.supply, room) > 0);
  while (tier(room) && lacks()) {
    const attempt: Attempt = { need, room, spot, used: new Set(), together: 1, ...pass };
    const found = takeBack(attempt) ?? start(attempt);
    if (!('code' in found)) continue;
    const ahead = found.code === 'wait-room' || found.code === 'wait-image' ? lookAhead(attempt) : undefined;
    said.set(need, ahead === undefined ? found : 'waits' in ahead ? ahead.waits : ahead);
    return;
  }
}
