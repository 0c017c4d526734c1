import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Change, Refusal } from '../model/rows.js';
import type { JobGroup } from '../model/world.js';
import type { Sheet } from './capacity.js';
import type { Bin } from './supply.js';

/**
 * Jobs that the scheduler will not start though a ready node would take them (throttles of Maui, which nobody shows
 * us): after three scheduling cycles with the same oldest job and fitting free slots, the group is left out of demand
 * for a while that doubles each time. Measured on the instants at which the batch server was asked, never on ours, so
 * that a slow poll does not look like a refusal.
 */
const cycles = 3;
const firstPauseCycles = 6;
const longestPauseMs = 3_600_000;

/** Left out of demand now, with the reason. */
export function isPaused({ rows, now }: Sheet, group: JobGroup): Reason | undefined {
  const row = rows.refusals.get(group.key);
  return row !== undefined && now < row.pausedUntil && row.oldest === group.sample[0] ? refused(row, now - row.freeSince, row.pausedUntil - now) : undefined;
}

/** Given all that it asks for, again and again, and not started: the pause has grown to its longest. */
export const isHopeless = ({ rows }: Sheet, { key, sample }: JobGroup): boolean => {
  const row = rows.refusals.get(key);
  return row !== undefined && row.pauseMs >= longestPauseMs && row.oldest === sample[0];
};

const refused = (row: Refusal, forMs: number, pauseMs: number): Reason => because('refused-by-scheduler', { node: row.node, forMs, pauseMs });

interface Watched {
  readonly changes: readonly Change[];
  readonly refused?: Reason;
}

const write = (group: JobGroup, row: Refusal | null): readonly Change[] => [{ table: 'refusals', key: group.key, row }];

/** `bin`: the ready node that would take the group's oldest job now, if any. */
export function watchRefusal(sheet: Sheet, group: JobGroup, bin: Bin | undefined): Watched {
  const known = sheet.rows.refusals.get(group.key);
  const before = known?.oldest === group.sample[0] ? known : undefined;
  const node = bin?.machine?.row.seat ?? bin?.id;
  if (node !== undefined) return watchFree(sheet, group, node, before);
  // no free slots stand there: the clock starts anew, the length of the next pause is remembered
  if (before === undefined) return { changes: known === undefined ? [] : write(group, null) };
  if (before.freeSince === 0) return { changes: [] };
  return { changes: write(group, before.pauseMs > 0 ? { ...before, freeSince: 0 } : null) };
}

/** Free slots stand there on `node`: since when, and is it too long? */
function watchFree({ world, policy, now }: Sheet, group: JobGroup, node: string, before: Refusal | undefined): Watched {
  const asked = world.sources.get(group.source)?.reading.askedAt ?? now;
  if (before === undefined) {
    return { changes: write(group, { group: group.key, node, freeSince: asked, pausedUntil: 0, pauseMs: 0, oldest: group.sample[0] ?? '' }) };
  }
  const isNew = before.freeSince === 0 || before.pausedUntil > before.freeSince; // also anew after a pause
  if (isNew) return { changes: write(group, { ...before, node, freeSince: asked, pausedUntil: 0 }) };
  const forMs = asked - before.freeSince;
  if (forMs < cycles * policy.intervals.schedulerCycleMs) return { changes: [] };
  const pauseMs = Math.min(longestPauseMs, before.pauseMs === 0 ? firstPauseCycles * policy.intervals.schedulerCycleMs : before.pauseMs * 2);
  const row = { ...before, node, pausedUntil: now + pauseMs, pauseMs };
  return { changes: write(group, row), refused: refused(row, forMs, pauseMs) };
}

/** Groups that are no more are forgotten, once every batch server was heard. */
export function forgetRefusals({ world, rows }: Sheet): readonly Change[] {
  if (rows.refusals.size === 0 || ![...world.sources.values()].every((s) => isHeard(s.reading))) return [];
  const known = new Set(world.groups.map((g) => g.key));
  return [...rows.refusals.keys()].filter((key) => !known.has(key)).map((key) => ({ table: 'refusals', key, row: null }));
}
