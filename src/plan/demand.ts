import type { Claim } from '../model/claim.js';
import type { Environment } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import { atATime, type Slices } from '../model/slices.js';
import { wishedDefaults } from '../model/wished.js';
import type { JobGroup, Place, World } from '../model/world.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import { ageOf, Line, slotsOf, urgency } from './line.js';
import { inQueueOrder } from './order.js';
import { isPaused, watchRefusal } from './refusals.js';
import { type Bin, countOn, hasAll, holds, type Needed, type Supply, take } from './supply.js';

/** One place of a job: slots on one node. */
export interface Spot {
  readonly slots: number;
  readonly properties: readonly string[];
  readonly anywhere: boolean;
}

/** The same job `times` over: the places it still lacks, and the bins it already counts on (each of its nodes is another one). */
export interface Missing {
  readonly times: number;
  readonly spots: readonly Spot[];
  readonly used: ReadonlySet<Bin>;
}

/** A claim that supply does not meet. */
export interface Need {
  readonly claim: Claim;
  readonly environment: Environment;
  /** Place in the queue, 0 first; Infinity for what is no job's. */
  readonly rank: number;
  readonly group: JobGroup | undefined;
  missing: Missing[];
}

export interface Demand {
  readonly needs: readonly Need[];
  /** What the memory of refused groups becomes. */
  readonly changes: readonly Change[];
}

/**
 * Walks the groups in queue order and gives each the supply that fits; what is left are the needs. A job of several
 * nodes wants distinct ones, and counts on those it has while it waits for the rest. A group that a ready node would
 * take, yet the scheduler does not start, is left out for a while (refusals).
 */
export function* demandOf(sheet: Sheet, supply: Supply): Slices<Demand> {
  const needs: Need[] = [];
  const waiting: Waiting = new Map();
  const changes: Change[] = [];
  const neednodes = neednodesOf(sheet);
  let places = 0;
  for (const [rank, group] of inQueueOrder(sheet).entries()) {
    places += 1 + group.places.reduce((sum, { count }) => sum + count, 0);
    if (places >= atATime) {
      places = 0;
      yield;
    }
    const subject = `group:${group.key}`;
    const room = sheet.environments.get(group.environment);
    const skip = leftOut(sheet, room, group);
    if (skip !== undefined) sheet.reasons.say(subject, skip);
    if (room === undefined || skip !== undefined) continue;
    const met = match(group, binsFor(supply, group, neednodes.get(`${group.source}/${group.queue}`) ?? []), neededBy(sheet, room, group, rank));
    const watched = watchRefusal(sheet, group, readyFor(met));
    changes.push(...watched.changes);
    if (watched.refused === undefined) lineUp(waiting, room, group, met);
    const settled = watched.refused ?? metBy(met);
    if (settled === undefined) needs.push(needOf(group, room, rank, met.missing));
    else sheet.reasons.say(subject, settled);
  }
  yield* drawUp(waiting, sheet.now);
  return { needs, changes };
}

const leftOut = (sheet: Sheet, room: EnvironmentRoom | undefined, group: JobGroup): Reason | undefined =>
  room === undefined ? because('unserved-none', { queue: group.queue }) : (silence(sheet, group.source) ?? isPaused(sheet, group));

/** Groups of an environment that wait, and slots of theirs that supply serves. */
type Waiting = Map<EnvironmentRoom, Those>;
interface Those {
  readonly groups: JobGroup[];
  provided: number;
}

/** Who waits behind those whom supply serves. */
function* drawUp(waiting: Waiting, now: number): Slices<void> {
  for (const [room, { groups, provided }] of waiting) {
    yield;
    room.line = new Line(groups, provided, now, room.environment.priority);
  }
}

/** The group waits in its environment's line, behind those that supply serves. */
function lineUp(waiting: Waiting, room: EnvironmentRoom, group: JobGroup, { missing }: Met): void {
  const there: Those = waiting.get(room) ?? { groups: [], provided: 0 };
  waiting.set(room, there);
  there.groups.push(group);
  there.provided += group.count * slotsOf(group) - slotsIn(missing);
}

const slotsIn = (missing: readonly Missing[]): number => missing.reduce((sum, m) => sum + m.times * slotsOfSpots(m.spots), 0);
export const slotsOfSpots = (spots: readonly Spot[]): number => spots.reduce((sum, { slots }) => sum + slots, 0);

/** Why nothing is known now of a batch server's jobs; undefined when it answers. */
export function silence(sheet: Sheet, source: string): Reason | undefined {
  const reading = sheet.world.sources.get(source)?.reading;
  if (reading !== undefined && isHeard(reading)) return undefined;
  if (reading?.value === undefined) return because('wait-unread', { source }, [`source:${source}`]);
  const sinceMs = Math.max(0, sheet.now - (reading.silentSince ?? sheet.now));
  return because('wait-silent', { source, sinceMs, cause: reading.cause ?? 'no answer' }, [`source:${source}`]);
}

const noProperties: ReadonlyMap<string, readonly string[]> = new Map();
const neednodesOf = ({ world, policy }: Sheet): typeof noProperties => (world.groups.length === 0 ? noProperties : defaultProperties(world, policy));

/**
 * Properties that a queue asks of every node (`resources_default.neednodes`): where they are not there, a node is not
 * counted on. TORQUE shows them to managers only, so where a queue shows none it is taken to have what setup gives it.
 */
export function defaultProperties(world: World, policy: Policy): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const source of world.sources.values()) {
    const wished = wishedDefaults(policy, source.name);
    for (const { name, neednodes = wished.get(name) } of source.queues) {
      if (neednodes !== undefined) {
        found.set(
          `${source.name}/${name}`,
          neednodes.split(':').filter((word) => word !== '' && !/^\d+$/.test(word) && !word.includes('=')),
        );
      }
    }
  }
  return found;
}

function binsFor(supply: Supply, group: JobGroup, byQueue: readonly string[]): readonly Bin[] {
  const foreign = (supply.foreign.get(group.source) ?? []).filter((bin) => bin.slots > 0 && hasAll(bin.properties, byQueue));
  let own = supply.open.get(group.environment) ?? [];
  if (own.some((bin) => bin.slots === 0)) {
    own = own.filter((bin) => bin.slots > 0);
    supply.open.set(group.environment, own);
  }
  return foreign.length === 0 ? own : [...foreign, ...own];
}

interface Met {
  readonly missing: Missing[];
  /** Bins of the group's first job; empty when it lacks any. */
  readonly first: readonly Bin[];
  readonly last: Bin | undefined;
}

/** A group keeps its places for as long as somebody is in it. */
const spotsOf = oncePer((places: readonly Place[]): readonly Spot[] =>
  places.flatMap((p) => Array.from({ length: p.count }, () => ({ slots: p.slots, properties: p.properties, anywhere: p.anywhere === true }))),
);

/** Who counts on a bin: the group's member at that place. */
type By = (member: number) => Needed;

function match(group: JobGroup, bins: readonly Bin[], by: By): Met {
  const spots = spotsOf(group.places);
  const [only] = spots;
  return spots.length === 1 && only !== undefined ? matchSingle(group, only, bins, by) : matchWide(group, spots, bins, by);
}

const neededBy =
  ({ now }: Sheet, { environment }: EnvironmentRoom, group: JobGroup, rank: number): By =>
  (member) => ({ rank, urgency: urgency(now - ageOf(group, member), environment.priority), job: jobOf(group) });

const jobOf = (group: JobGroup): string => group.sample[0] ?? group.key;

function matchSingle(group: JobGroup, spot: Spot, bins: readonly Bin[], by: By): Met {
  const oldest = by(0);
  let left = group.count;
  const used: Bin[] = [];
  for (const bin of bins) {
    if (left === 0) break;
    const count = hasAll(bin.properties, spot.properties) ? Math.min(left, holds(bin, spot.slots, group.perSlotMiB)) : 0;
    if (count === 0) continue;
    take(bin, count, spot.slots, group.perSlotMiB, oldest);
    left -= count;
    used.push(bin);
  }
  return { missing: left === 0 ? [] : [{ times: left, spots: [spot], used: new Set() }], first: used.slice(0, 1), last: used.at(-1) };
}

/** Single slots that may lie anywhere (`-l procs=N`). */
export const isLoose = (spots: readonly Spot[]): boolean => spots.length > 1 && spots.every(({ anywhere, slots }) => anywhere && slots === 1);

function matchWide(group: JobGroup, spots: readonly Spot[], bins: readonly Bin[], by: By): Met {
  let first: readonly Bin[] = [];
  let last: Bin | undefined;
  for (let done = 0; done < group.count; done++) {
    const found = occupy(group, spots, bins);
    if (found.lacking.length > 0) return { missing: missingOf(group, spots, found, by, done), first, last };
    const used = new Set(found.taken);
    for (const bin of used) countOn(bin, by(done));
    if (done === 0) first = [...used];
    last = found.taken.at(-1);
  }
  return { missing: [], first, last };
}

interface Occupied {
  readonly taken: readonly Bin[];
  readonly lacking: readonly Spot[];
}

/**
 * What the group's job at that place, and those after it, lack. A job of loose slots counts on all that it asks for or on none
 * of ours: what is idle meanwhile is anybody's. What foreign nodes have is of no use to others.
 */
function missingOf(group: JobGroup, spots: readonly Spot[], { taken, lacking }: Occupied, by: By, done: number): Missing[] {
  const rest = group.count - done;
  if (isLoose(spots)) {
    const foreign = taken.filter(({ machine }) => machine === undefined);
    for (const bin of taken) if (bin.machine !== undefined) take(bin, -1, 1, group.perSlotMiB);
    const next: Missing = { times: 1, spots: spots.slice(foreign.length), used: new Set(foreign) };
    if (foreign.length === 0) return [{ ...next, times: rest }];
    return rest === 1 ? [next] : [next, { times: rest - 1, spots, used: new Set() }];
  }
  const used = new Set(taken);
  for (const bin of used) countOn(bin, by(done));
  const next: Missing = { times: 1, spots: lacking, used };
  return rest === 1 ? [next] : [next, { times: rest - 1, spots, used: new Set() }];
}

/** Takes a bin for each spot where there is one. */
function occupy({ perSlotMiB }: JobGroup, spots: readonly Spot[], bins: readonly Bin[]): Occupied {
  const used = new Set<Bin>();
  const taken: Bin[] = [];
  const isAlike = isLoose(spots);
  let isFull = false;
  const lacking = spots.filter((spot) => {
    const bin = isFull ? undefined : bins.find((b) => fits(b, spot, perSlotMiB, used));
    isFull = isAlike && bin === undefined;
    if (bin === undefined) return true;
    take(bin, 1, spot.slots, perSlotMiB);
    taken.push(bin);
    used.add(bin);
    return false;
  });
  return { taken, lacking };
}

/** Room for the spot on a node that the job does not use yet. */
export const fits = (bin: Bin, spot: Spot, perSlotMiB: number, used: ReadonlySet<Bin>): boolean =>
  bin.slots >= spot.slots && (spot.anywhere || !used.has(bin)) && hasAll(bin.properties, spot.properties) && holds(bin, spot.slots, perSlotMiB) >= 1;

function needOf(group: JobGroup, room: EnvironmentRoom, rank: number, missing: Missing[]): Need {
  const { environment } = room;
  room.slotsWaiting += slotsIn(missing);
  const widest = group.places.reduce((a, b) => (b.slots > a.slots ? b : a));
  const shape = { nodes: group.places.reduce((sum, p) => sum + p.count, 0), slots: widest.slots, perSlotMiB: group.perSlotMiB, properties: widest.properties };
  const claim: Claim = {
    kind: 'job',
    environment: environment.name,
    shape,
    count: missing.reduce((sum, m) => sum + m.times, 0),
    since: group.since,
    priority: environment.priority,
    ref: jobOf(group),
  };
  return { claim, environment, rank, group, missing };
}

/** The node where the group's oldest job could start at once. */
const readyFor = (met: Met): Bin | undefined => (met.first.every((bin) => bin.ready) ? met.first[0] : undefined);

/** What the whole group waits for, when it lacks nothing. */
function metBy({ missing, last }: Met): Reason | undefined {
  if (missing.length > 0 || last === undefined) return undefined;
  if (last.machine === undefined) return because('fits-ready', { node: last.id }, [`node:${last.id}`]);
  const ref = [`machine:${last.id}`];
  if (last.ready) return because('fits-ready', { node: last.machine.row.seat }, ref);
  return because('fits-coming', { machine: last.id, phase: last.machine.phase }, ref);
}
