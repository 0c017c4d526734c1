import type { Reason } from '../model/reason.js';
import { because } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { clockWaits } from './budget.js';
import type { HostRoom, Sheet } from './capacity.js';
import { allows, modeOf } from './modes.js';
import { isMovedInTime, mayGoTo, sizeNeed, unmovable } from './movable.js';
import { longestWaitMs, moveVerbs } from './moving.js';
import { effectiveMode } from './permission.js';
import { sendTo } from './sending.js';
import { machineRef } from './step.js';
import { type Due, dueArgs, endOf } from './tenancy-due.js';
import { classroomOf } from './tenancy-limits.js';

/** A permanent machine looks for another host so long before its own must be empty, ms, and goes to none that must be within so long after. */
export const serviceLeadMs = 30 * 60_000;
const serviceStayMs = 60 * 60_000;
/** One that could not be moved is not tried again for so long, ms. */
const pauseMs = 15 * 60_000;

/**
 * What becomes of a machine whose host must be empty: `moves`, now or since before; `waits`, with no new jobs, as a host
 * may still be found for it; undefined: neither can be, it drains. A host is never handed over later for it: a machine
 * without jobs that has not begun to go in time drains, and one with jobs that outlast the host's time would be waited for anyway.
 */
export function evacuated(sheet: Sheet, view: MachineView, reason: Reason, due: Due | undefined): 'moves' | 'waits' | undefined {
  const kind = kindOf(sheet, view, due);
  if (kind === undefined) return undefined;
  const { row } = view;
  const going = row.moving?.from === row.host ? row.moving : undefined;
  const isUnderWay = going?.endedAt !== undefined || (view.intent !== undefined && moveVerbs.has(view.intent.deed.verb));
  if (isUnderWay) return 'moves';
  if (due !== undefined && kind !== 'busy' && sheet.now > due.emptyBy - sheet.policy.intervals.migrateLimitMs) return undefined;
  if (going !== undefined) return closed(sheet, view, reason, 'moves');
  const to = clockWaits(sheet, view) === undefined ? place(sheet, view, kind) : undefined;
  if (to !== undefined) {
    const refs = [...machineRef(row), `host:${row.host}`, `host:${to.name}`];
    const why =
      due === undefined
        ? because('move-emptied', { to: to.name, from: row.host }, refs)
        : because('move-due', { to: to.name, from: row.host, ...dueArgs(due) }, refs);
    sendTo(sheet, view, to.name, why, modeOf(sheet.policy, view));
    return closed(sheet, view, reason, 'moves');
  }
  // a person's wish is followed at once; before a due time there is time to look on
  if (kind !== 'busy' || due === undefined || sheet.now > due.emptyBy - classroomOf(sheet.policy).noticeMs - longestWaitMs) return undefined;
  sheet.reasons.say(`machine:${row.id}`, because('move-nowhere', {}, machineRef(row)));
  return closed(sheet, view, reason, 'waits');
}

/** It takes no new jobs from now on. */
function closed(sheet: Sheet, { row }: MachineView, reason: Reason, what: 'moves' | 'waits'): 'moves' | 'waits' {
  sheet.reasons.say(`machine:${row.id}`, reason);
  if (row.kind !== 'service') sheet.holds.set(row.id, reason);
  return what;
}

type Kind = 'service' | 'busy' | 'idle';

/** As what it would go; undefined where it had better not: its environment keeps it, its jobs end in time, or nobody needs it elsewhere. */
function kindOf({ world, policy }: Sheet, view: MachineView, due: Due | undefined): Kind | undefined {
  const { row, environment, jobs } = view;
  if (!isMovedInTime(policy, sizeNeed(policy, view)[1])) return undefined;
  if (row.kind === 'service') return 'service';
  if (environment === undefined || environment.moves === 'never') return undefined;
  if (jobs.length > 0) return environment.moves === 'busy' && (due === undefined || lastEnd(world, view) > due.emptyBy) ? 'busy' : undefined;
  const isWanted = environment.min > 0 || environment.spare > 0 || world.groups.some((group) => group.environment === environment.name);
  return isWanted ? 'idle' : undefined;
}

/** When the last of its jobs ends at the latest, epoch ms; Infinity where one names no time. */
const lastEnd = (world: Sheet['world'], { jobs, seat }: MachineView): number =>
  Math.max(
    ...jobs.map((id) => {
      const job = world.jobs.get(`${seat?.source}/${id}`);
      return (job && endOf(world, job)) ?? Number.POSITIVE_INFINITY;
    }),
  );

/** The fullest host with room that will be there long enough, and where as much may be done as where it is. */
function place(sheet: Sheet, view: MachineView, kind: Kind): HostRoom | undefined {
  const { row } = view;
  const from = sheet.hosts.get(row.host);
  const failedLately = row.moved?.from === row.host && sheet.now - row.moved.at < pauseMs;
  if (from === undefined || failedLately || unmovable(view, sheet.chosen.has(row.id)) !== undefined) return undefined;
  const [cores, memoryMiB] = sizeNeed(sheet.policy, view);
  const stays = staysFor(sheet, view, kind, from);
  const mode = modeOf(sheet.policy, view);
  let best: HostRoom | undefined;
  for (const to of sheet.hosts.values()) {
    if (to.isEmptying || to.cores < cores || to.memoryMiB < memoryMiB || !stays(to.leftMs) || !mayGoTo(view, from, to)) continue;
    if (!allows(effectiveMode(sheet.policy, row.environment, to.name), mode)) continue;
    if (best === undefined || to.cores < best.cores || (to.cores === best.cores && to.memoryMiB < best.memoryMiB)) best = to;
  }
  return best;
}

/** Is so much time left on a host enough for it? */
function staysFor({ world, now, environments }: Sheet, view: MachineView, kind: Kind, from: HostRoom): (leftMs: number) => boolean {
  if (kind === 'service') {
    const least = Number.isFinite(from.leftMs) ? Math.max(0, from.leftMs) + serviceStayMs : serviceStayMs;
    return (leftMs) => leftMs >= least;
  }
  if (kind === 'idle') return (leftMs) => environments.get(view.row.environment)?.worthOn(leftMs) === true;
  const end = lastEnd(world, view);
  return (leftMs) => now + leftMs >= end;
}
