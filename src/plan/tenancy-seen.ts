import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { ClassroomPolicy, ClassroomReading, Tenancy } from '../model/tenancy.js';
import type { HostView } from '../model/world.js';
import { comeLimitOf, leaveLimitOf, pauseAfterTry, remembered } from './tenancy-limits.js';

/** Who answers at a host, asked after what stands in its row. */
interface Seen {
  /** Dom0's boot, while its runner answers. */
  readonly dom0: string | undefined;
  /** Its classroom's system, while that answers. */
  readonly classroom: ClassroomReading | undefined;
  /** How long neither has answered, ms; 0 while one does, or was not asked yet. */
  readonly silentMs: number;
}

function see(row: Tenancy, { reading, classroom }: HostView, now: number): Seen {
  const told = row.orderedAt ?? row.since;
  const dom0 = isHeard(reading) && reading.askedAt > told ? reading.value.bootId : undefined;
  const other = classroom !== undefined && classroom.askedAt > told ? classroomAt(reading, classroom) : undefined;
  const silent = reading.silentSince !== undefined && classroom?.silentSince !== undefined;
  return { dom0, classroom: other, silentMs: silent ? now - Math.max(told, reading.silentSince ?? now, classroom?.silentSince ?? now) : 0 };
}

/**
 * Its classroom's word, which counts only when it was asked for after Dom0 had fallen silent: where nobody can ask it but
 * a port, something of Dom0's might answer there.
 */
const classroomAt = (dom0: HostView['reading'], classroom: NonNullable<HostView['classroom']>): ClassroomReading | undefined =>
  isHeard(classroom) && dom0.silentSince !== undefined && classroom.askedAt > dom0.silentSince ? classroom.value : undefined;

/** The row after what was seen, and what there is to tell; the same row where nothing changed. */
export interface Seeing {
  readonly row: Tenancy;
  readonly tells?: Reason;
  /** It is Dom0's from now on: what is remembered of its power begins anew, on or off. */
  readonly power?: 'on' | 'off';
}

interface About {
  readonly row: Tenancy;
  readonly seen: Seen;
  readonly policy: ClassroomPolicy;
  readonly now: number;
}

/** A host of which nothing was remembered, by who answers first; undefined while nobody does. */
export function firstSeen(view: HostView, now: number): Tenancy | undefined {
  const fresh = { host: view.spec.name, since: now, by: 'nobody' as const, tries: 0, leavesMs: [], comesMs: [] };
  const { reading, classroom, power } = view;
  if (isHeard(reading)) return { ...fresh, state: 'cluster' };
  const other = classroom && classroomAt(reading, classroom);
  if (other !== undefined) return noted({ ...fresh, state: 'classroom' }, other, now);
  return power?.state === 'off' ? { ...fresh, state: 'cluster' } : undefined;
}

/** What becomes of a host by who answers there. */
export function advance(row: Tenancy, view: HostView, policy: ClassroomPolicy, now: number): Seeing {
  const about = { row, seen: see(row, view, now), policy, now };
  if (row.state === 'cluster') return whileCluster(about);
  if (row.state === 'classroom') return whileClassroom(about);
  return row.state === 'leaving' ? whileLeaving(about) : whileComing(about);
}

const refs = ({ host }: Tenancy): readonly string[] => [`host:${host}`];

/** The row in a new state, without what belonged to the old one. */
export function entering(row: Tenancy, state: Tenancy['state'], by: Tenancy['by'], now: number): Tenancy {
  const { orderedAt: _, bootId: __, readyAt: ___, quietSince: ____, notBefore: _____, announcedAt, ...rest } = row;
  // what was announced holds until the host is there
  const announced = announcedAt === undefined || state === 'classroom' || state === 'coming' ? {} : { announcedAt };
  return { ...rest, ...announced, state, by, since: now };
}

/** With what its classroom says of itself: when it became ready, and since when nobody is logged in. */
function noted(row: Tenancy, { ready, people }: ClassroomReading, now: number): Tenancy {
  const readyAt = row.readyAt ?? (ready ? now : undefined);
  const quietSince = people?.length === 0 ? (row.quietSince ?? now) : undefined;
  if (readyAt === row.readyAt && quietSince === row.quietSince) return row;
  const { quietSince: _, ...rest } = row;
  return { ...rest, ...(readyAt === undefined ? {} : { readyAt }), ...(quietSince === undefined ? {} : { quietSince }) };
}

const byHand = (row: Tenancy, state: 'classroom' | 'cluster'): Reason => because('tenancy-by-hand', { state }, refs(row));

function whileCluster({ row, seen, now }: About): Seeing {
  if (seen.classroom === undefined || seen.dom0 !== undefined) return { row };
  return { row: noted(entering(row, 'classroom', 'person', now), seen.classroom, now), tells: byHand(row, 'classroom') };
}

function whileClassroom({ row, seen, now }: About): Seeing {
  if (seen.classroom !== undefined) return { row: noted(row, seen.classroom, now) };
  if (seen.dom0 !== undefined) return { row: entering(row, 'cluster', 'person', now), tells: byHand(row, 'cluster'), power: 'on' };
  if (row.quietSince === undefined) return { row };
  const { quietSince: _, ...rest } = row; // who is logged in is not known any more
  return { row: rest };
}

const newest = (times: readonly number[], tookMs: number): readonly number[] => [...times, tookMs].slice(-remembered);

/** Tried once more, later. */
function failed(row: Tenancy, state: Tenancy['state'], why: Reason, { policy, now }: About): Seeing {
  const tries = row.tries + 1;
  return { row: { ...entering(row, state, row.by, now), tries, notBefore: now + pauseAfterTry(tries, policy), failing: sentence(why) }, tells: why };
}

function whileLeaving(about: About): Seeing {
  const { row, seen, policy, now } = about;
  const { orderedAt, failing: _, ...rest } = row;
  if (seen.classroom?.ready === true) {
    const there = { ...noted(entering(rest, 'classroom', 'domus', now), seen.classroom, now), tries: 0 };
    if (orderedAt === undefined) return { row: there, tells: byHand(row, 'classroom') };
    const tookMs = now - orderedAt;
    return { row: { ...there, leavesMs: newest(row.leavesMs, tookMs) }, tells: because('tenancy-left', { tookMs }, refs(row)) };
  }
  if (orderedAt === undefined) return { row };
  const limitMs = leaveLimitOf(row, policy);
  if (seen.dom0 !== undefined && seen.dom0 !== row.bootId) return failed(row, 'leaving', because('tenancy-back', {}, refs(row)), about);
  return now <= orderedAt + limitMs ? { row } : failed(row, 'leaving', because('tenancy-failed', { system: 'its classroom', limitMs }, refs(row)), about);
}

function whileComing(about: About): Seeing {
  const { row, seen, policy, now } = about;
  const { orderedAt, failing: _, ...rest } = row;
  if (seen.dom0 !== undefined && seen.classroom === undefined) {
    const tookMs = now - (orderedAt ?? row.since);
    const there = { ...entering(rest, 'cluster', 'domus', now), tries: 0, comesMs: newest(row.comesMs, tookMs) };
    return { row: there, tells: because('tenancy-came', { tookMs }, refs(row)), power: 'on' };
  }
  if (orderedAt === undefined) return { row };
  const limitMs = comeLimitOf(row, policy);
  return now <= orderedAt + limitMs ? { row } : failed(row, 'classroom', because('tenancy-failed', { system: 'Dom0', limitMs }, refs(row)), about);
}
