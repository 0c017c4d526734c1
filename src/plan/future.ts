import type { Intent } from '../model/action.js';
import type { Machine } from '../model/machine.js';
import type { HostPower } from '../model/power.js';
import type { Breaker, Change, Rows, TableName, Tables } from '../model/rows.js';
import type { Withheld } from '../model/withheld.js';

/** An instant this far ahead comes from before the clock was set back (smaller steps are waited out). */
const aheadMs = 30_000;
/** No pause after a failed deed is longer. */
const longestPauseMs = 600_000;

/**
 * Rows whose instants lie in the future: the clock was set back. They happened, so they are dated now, and what they
 * prove is proved anew by readings asked from now on (older ones are distrusted); what was counting down counts from now.
 * Else everything would wait until the clock is where it was.
 */
export function fromTheFuture(rows: Rows, now: number): readonly Change[] {
  const ahead: Ahead = (instant) => instant !== undefined && instant > now + aheadMs;
  return [
    ...dated('machines', rows.machines, (row) => machineNow(row, now, ahead)),
    ...dated('intents', rows.intents, (row) => (ahead(row.openedAt) || ahead(row.uncertainSince) ? intentNow(row, now) : row)),
    ...dated('breakers', rows.breakers, (row) => (ahead(row.lastAt) ? breakerNow(row, now) : row)),
    ...dated('withheld', rows.withheld, (row) => (ahead(row.since) || ahead(row.confirmedAt) ? withheldNow(row, now) : row)),
    ...dated('generations', rows.generations, (row) => (ahead(row.closedAt) ? { ...row, closedAt: now } : row)),
    ...dated('powers', rows.powers, (row) => (ahead(row.since) || ahead(row.orderedAt) || ahead(row.emptySince) ? powerNow(row, now) : row)),
    ...dated('cycles', rows.cycles, (row) => (ahead(row.lastAt) ? { ...row, lastAt: now } : row)),
    ...dated('refusals', rows.refusals, (row) => (ahead(row.freeSince) ? null : row)),
    ...dated('starts', rows.starts, (row) => (row.some(ahead) ? row.map((at) => Math.min(now, at)) : row)),
  ];
}

type Ahead = (instant: number | undefined) => boolean;

/** Changes for the rows that `date` gives back as others than they were. */
function dated<T extends TableName>(table: T, rows: ReadonlyMap<string, Tables[T]>, date: (row: Tables[T]) => Tables[T] | null): readonly Change[] {
  const changes: Change[] = [];
  for (const [key, row] of rows) {
    const next = date(row);
    if (next !== row) changes.push({ table, key, row: next } as Change);
  }
  return changes;
}

const stepNames = [
  ...['wantedAt', 'overlayAt', 'guestAt', 'readyAt', 'admittedAt', 'shutdownAt', 'destroyedAt', 'guestGoneAt'],
  ...['overlayRemovedAt', 'requeuedAt', 'overlayGoneAt', 'idleSince', 'downSince'],
] as readonly (keyof Machine)[];

function machineNow(row: Machine, now: number, ahead: Ahead): Machine {
  const late = stepNames.filter((name) => ahead(row[name] as number | undefined));
  const { goal, failing, trouble } = row;
  const changed: Partial<Machine> = {
    ...Object.fromEntries(late.map((name) => [name, now])),
    ...(goal.kind === 'gone' && ahead(goal.since) ? { goal: { ...goal, since: now } } : {}),
    ...(failing !== undefined && ahead(failing.at) ? { failing: { ...failing, at: now, keepUntil: now + failing.keepUntil - failing.at } } : {}),
    ...(trouble !== undefined && ahead(trouble.notBefore - longestPauseMs) ? { trouble: { ...trouble, notBefore: now } } : {}),
  };
  return Object.keys(changed).length === 0 ? row : { ...row, ...changed };
}

function intentNow(row: Intent, now: number): Intent {
  const openedAt = Math.min(now, row.openedAt);
  const uncertain = row.uncertainSince === undefined ? {} : { uncertainSince: Math.min(now, row.uncertainSince) };
  return { ...row, openedAt, deadlineAt: openedAt + row.deadlineAt - row.openedAt, ...uncertain };
}

const breakerNow = (row: Breaker, now: number): Breaker => ({
  ...row,
  lastAt: now,
  openUntil: row.openUntil === 0 ? 0 : now + Math.max(0, row.openUntil - row.lastAt),
});

function powerNow(row: HostPower, now: number): HostPower {
  const past = (at: number | undefined): number | undefined => (at === undefined ? undefined : Math.min(now, at));
  const [orderedAt, emptySince] = [past(row.orderedAt), past(row.emptySince)];
  const { notBefore: _, ...rest } = row;
  return {
    ...rest,
    since: Math.min(now, row.since),
    cycles: row.cycles.map((at) => Math.min(now, at)),
    ...(orderedAt === undefined ? {} : { orderedAt }),
    ...(emptySince === undefined ? {} : { emptySince }),
  };
}

function withheldNow(row: Withheld, now: number): Withheld {
  const confirmed = row.confirmedAt === undefined ? {} : { confirmedAt: Math.min(now, row.confirmedAt) };
  return { ...row, since: Math.min(now, row.since), ...confirmed };
}
