import type { Policy } from '../model/policy.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { ClassroomPolicy, Tenancy } from '../model/tenancy.js';
import type { HostRoom, Sheet } from './capacity.js';
import { hostMode } from './modes.js';
import { type Due, type Dues, dueArgs, isMaintained } from './tenancy-due.js';
import { lateness } from './tenancy-late.js';
import { classroomOf, comeLimitOf, wantedThere } from './tenancy-limits.js';

/**
 * Which hosts change hands: those that are due back go, whatever is on them is seen to by their steps; those in a closed
 * room that nobody uses are taken. It asks what is so now and not what has happened, so that nothing is lost with a life
 * of the daemon. Every host with a classroom is told why it stays as it is.
 */
export function turnHosts(sheet: Sheet): void {
  const { dues } = sheet;
  if (dues !== undefined) for (const host of sheet.hosts.values()) turnHost(sheet, dues, host);
}

function turnHost(sheet: Sheet, dues: Dues, host: HostRoom): void {
  const { name } = host;
  const { now, policy } = sheet;
  const row = sheet.rows.tenancies.get(name);
  const [due, maintenance] = [dues.window(name), dues.maintenance(name)];
  sayDue(sheet, name, isMaintained(maintenance, now) ? maintenance : dues.first(name));
  for (const each of [due, maintenance]) {
    const late = each === undefined ? undefined : lateness(sheet, host, row, each);
    if (late !== undefined) say(sheet, name, late);
  }
  if (row === undefined || due?.kind !== 'classroom' || isMaintained(maintenance, now)) return;
  if (row.state === 'cluster' || row.state === 'coming') mayLeave(sheet, row, due);
  else if (row.state === 'classroom') mayTake(sheet, host, row, due, classroomOf(policy));
}

const say = (sheet: Sheet, host: string, reason: Reason): void => sheet.reasons.say(`host:${host}`, reason);

/** Said from a day before: what is further away is in the calendar. */
const sayAheadMs = 86_400_000;

function sayDue(sheet: Sheet, host: string, due: Due | undefined): void {
  if (due === undefined || due.emptyBy > sheet.now + sayAheadMs) return;
  const refs = [`host:${host}`];
  say(sheet, host, due.at <= sheet.now ? because('due-now', dueArgs(due), refs) : because('due-window', dueArgs(due), refs));
}

const mode = (policy: Policy, host: string): ReturnType<typeof hostMode> => hostMode(policy, host);

/** A host under way to the cluster that is told already comes first, and then goes. */
function mayLeave(sheet: Sheet, row: Tenancy, due: Due): void {
  if (sheet.now < due.goAt || (row.state === 'coming' && row.orderedAt !== undefined)) return;
  const staysUntil = wantedThere(row, due, classroomOf(sheet.policy));
  if (sheet.now < staysUntil) {
    const why = 'somebody booted its Dom0 while the room is open, and has some time to log in there';
    say(sheet, row.host, because('leave-waits', { why }, [`host:${row.host}`]));
    return;
  }
  const reason = because('leave-due', dueArgs(due), [`host:${row.host}`]);
  sheet.sorter.settle({ kind: 'leave', host: row.host, reason }, mode(sheet.policy, row.host));
}

function mayTake(sheet: Sheet, host: HostRoom, row: Tenancy, due: Due, classroom: ClassroomPolicy): void {
  const { now, policy } = sheet;
  const refs = [`host:${row.host}`];
  if (due.at <= now) return; // its own time
  const stays = whyNotTake(host, row, due, classroom, now, refs);
  if (stays !== undefined) {
    say(sheet, row.host, stays);
    return;
  }
  const quietMs = now - (row.quietSince ?? now);
  const reason = because('take-closed', { ...dueArgs(due), until: dueArgs(due).at, quietMs }, refs);
  sheet.sorter.settle({ kind: 'take', host: row.host, reason }, mode(policy, row.host));
}

function whyNotTake(host: HostRoom, row: Tenancy, due: Due, classroom: ClassroomPolicy, now: number, refs: readonly string[]): Reason | undefined {
  const { classroom: reading } = host.view;
  if (reading === undefined || !isHeard(reading) || reading.value.people === undefined)
    return because('tenancy-unknown', reading?.silentSince === undefined ? {} : { why: reading.cause ?? 'no answer' }, refs);
  const { people } = reading.value;
  if (people.length > 0) return because('tenancy-people', { who: people.slice(0, 3).join(', ') }, refs);
  if (due.emptyBy - now < classroom.shortestMs + comeLimitOf(row, classroom)) return because('tenancy-short', dueArgs(due), refs);
  const quietMs = row.quietSince === undefined ? 0 : now - row.quietSince;
  if (quietMs < classroom.quietMs) return because('tenancy-quiet', { quietMs, leftMs: classroom.quietMs - quietMs }, refs);
  if (row.notBefore !== undefined && now < row.notBefore)
    return because('tenancy-pause', { why: row.failing ?? 'the last try failed', inMs: row.notBefore - now }, refs);
  return undefined;
}
