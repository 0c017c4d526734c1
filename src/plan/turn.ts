import { jobKey } from '../model/job.js';
import { because, type Reason } from '../model/reason.js';
import { manyAtATime, type Slices } from '../model/slices.js';
import type { MachineView } from '../model/world.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import type { Need } from './demand.js';
import { bootableNames } from './placement.js';
import type { Attempt } from './starting.js';
import { endOf } from './tenancy-due.js';

/** The slots that the oldest job that does not fit will have, as EASY backfill keeps them in one pool. */
export interface Reservation {
  readonly need: Need;
  /** By the walltimes asked for, when it could start; undefined where nobody knows. */
  readonly at: number | undefined;
  /** Slots that it leaves free then. */
  spare: number;
  /** Hosts that it could use. */
  readonly hosts: ReadonlySet<string>;
}

/** Where nobody knows when enough will be free, others pass a job until it has waited so long, and nobody afterwards. */
const passedMs = 86_400_000;

/** A job that runs on so long after its walltime is ended by nobody: it says as little as one that names none. */
const lateMs = 3_600_000;

/**
 * When the job could start if nothing else did: `free` slots now, and those of its own environment's machines and of
 * others' on hosts it could use, as their jobs end by the walltimes that they asked for.
 */
export function* reserve(attempt: Attempt, slots: number, free: number): Slices<Reservation> {
  const { sheet, need, room, mode } = attempt;
  const hosts = bootableNames(room, mode);
  const ends: End[] = [];
  let count = 0;
  for (const machine of sheet.world.machines.values()) {
    if (++count % manyAtATime === 0) yield;
    endsOn(sheet, room, hosts, machine, ends);
  }
  yield;
  ends.sort((a, b) => a.at - b.at);
  yield;
  let sum = free;
  let at: number | undefined;
  for (const end of ends) {
    if (at !== undefined && end.at > at) break;
    sum += end.slots;
    if (sum >= slots) at = end.at;
  }
  return { need, at, spare: at === undefined ? 0 : sum - slots, hosts };
}

interface End {
  readonly at: number;
  readonly slots: number;
}

/** Slots of its own environment's machines are free job by job, another's machine as a whole. */
function endsOn(sheet: Sheet, room: EnvironmentRoom, hosts: ReadonlySet<string>, { row, node, seat }: MachineView, ends: End[]): void {
  if (node === undefined || node.jobs.length === 0 || row.goal.kind !== 'serve') return;
  const isOwn = row.environment === room.environment.name;
  if (!isOwn && !hosts.has(row.host)) return;
  let last = 0;
  for (const { id, slots } of node.jobs) {
    const at = endsAt(sheet, seat?.source ?? '', id);
    if (at === undefined && !isOwn) return;
    if (at !== undefined && isOwn) ends.push({ at, slots });
    last = Math.max(last, at ?? 0);
  }
  if (!isOwn) ends.push({ at: last, slots: row.size.cores });
}

/** By the walltime that it asked for; undefined where that says nothing. */
function endsAt({ world, now }: Sheet, source: string, id: string): number | undefined {
  const job = world.jobs.get(jobKey({ source, id }));
  const at = job && endOf(world, job);
  return at === undefined || now > at + lateMs ? undefined : Math.max(at, now + 1);
}

/** Could the need use any of the hosts for which something is kept? */
export function sharesHosts({ room, mode }: Pick<Attempt, 'room' | 'mode'>, { hosts }: Reservation): boolean {
  for (const host of bootableNames(room, mode)) if (hosts.has(host)) return true;
  return false;
}

/**
 * Why the need's next job may not start before one that has a reservation; undefined where it may: it asks to be done by
 * then, or takes of the slots that are left then; or it can use none of its hosts.
 */
export function mustWait(attempt: Attempt, slots: number): Reason | undefined {
  const last = attempt.reserved.filter((kept) => sharesHosts(attempt, kept) && !isDoneBefore(attempt, kept));
  const full = last.find(({ spare }) => spare < slots);
  if (full === undefined) {
    for (const kept of last) kept.spare -= slots;
    return undefined;
  }
  const { claim, group } = full.need;
  return because('wait-turn', { job: claim.ref, of: claim.environment }, group === undefined ? [] : [`job:${group.source}/${claim.ref}`]);
}

const isDoneBefore = (attempt: Attempt, kept: Reservation): boolean =>
  attempt.sheet.now + lasts(attempt, kept) <= (kept.at ?? kept.need.claim.since + passedMs);

/** How long the need's next job may take, by what it asks for; it does not count where nobody knows when the other could start. */
function lasts({ need, room }: Pick<Attempt, 'need' | 'room'>, { at }: Reservation): number {
  if (at === undefined) return 0;
  return (need.group && room.line?.walltimeOf(need.group.key)) || Number.POSITIVE_INFINITY;
}
