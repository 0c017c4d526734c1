import type { Intent } from '../model/action.js';
import type { Machine, Moving } from '../model/machine.js';
import { latelyPer } from '../model/once.js';
import type { HostPower } from '../model/power.js';
import type { Breaker, Change, Rows, TableName, Tables } from '../model/rows.js';
import type { Tenancy } from '../model/tenancy.js';
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
  const changes: Change[] = [];
  for (const table of tables) changes.push(...table(rows, now));
  return changes;
}

type Ahead = (instant: number | undefined) => boolean;
type Instants = readonly (number | undefined)[];
type Dated = (rows: Rows, now: number) => readonly Change[];

/** Rows of one table with an instant ahead of now, as `date` gives them back. The newest instant of a table is looked for once. */
function dated<T extends TableName>(
  table: T,
  instantsOf: (row: Tables[T]) => Instants,
  date: (row: Tables[T], now: number, ahead: Ahead) => Tables[T] | null,
  newestOf: (row: Tables[T]) => number = (row) => newest(instantsOf(row)),
): Dated {
  const newestOfAll = latelyPer((rows: ReadonlyMap<string, Tables[T]>): number => {
    let latest = 0;
    for (const row of rows.values()) latest = Math.max(latest, newestOf(row));
    return latest;
  });
  return (rows, now) => {
    const mine = rows[table] as ReadonlyMap<string, Tables[T]>;
    if (newestOfAll(mine) <= now + aheadMs) return none;
    const ahead: Ahead = (instant) => instant !== undefined && instant > now + aheadMs;
    const late = [...mine].filter(([, row]) => instantsOf(row).some(ahead));
    return late.map(([key, row]) => ({ table, key, row: date(row, now, ahead) }) as Change);
  };
}

const none: readonly Change[] = [];

function newest(instants: Instants): number {
  let latest = 0;
  for (const instant of instants) if (instant !== undefined && instant > latest) latest = instant;
  return latest;
}

const stepNames = [
  ...['wantedAt', 'overlayAt', 'guestAt', 'readyAt', 'admittedAt', 'shutdownAt', 'destroyedAt', 'guestGoneAt'],
  ...['overlayRemovedAt', 'requeuedAt', 'overlayGoneAt', 'idleSince', 'downSince'],
] as readonly (keyof Machine)[];

const machineInstants = (row: Machine): Instants => [
  ...stepNames.map((name) => row[name] as number | undefined),
  ...(row.goal.kind === 'gone' ? [row.goal.since] : []),
  row.failing?.at,
  ...[row.moving?.since, row.moving?.endedAt, row.moved?.at],
  row.trouble && row.trouble.notBefore - longestPauseMs,
];

/** The newest of `machineInstants`, name by name: it is asked of every machine whenever one has changed. */
function newestOfMachine(row: Machine): number {
  const made = Math.max(row.wantedAt, row.overlayAt ?? 0, row.guestAt ?? 0, row.readyAt ?? 0, row.admittedAt ?? 0);
  const ended = Math.max(
    row.shutdownAt ?? 0,
    row.destroyedAt ?? 0,
    row.guestGoneAt ?? 0,
    row.overlayRemovedAt ?? 0,
    row.requeuedAt ?? 0,
    row.overlayGoneAt ?? 0,
  );
  const usual = Math.max(made, ended, row.idleSince ?? 0, row.downSince ?? 0, row.goal.kind === 'gone' ? row.goal.since : 0);
  const { failing, moving, moved, trouble } = row;
  if (failing === undefined && moving === undefined && moved === undefined && trouble === undefined) return usual;
  return newest(machineInstants(row));
}

function movingNow(moving: Moving, now: number, ahead: Ahead): Moving {
  const late = (['since', 'endedAt'] as const).filter((name) => ahead(moving[name]));
  return late.length === 0 ? moving : { ...moving, ...Object.fromEntries(late.map((name) => [name, now])) };
}

function machineNow(row: Machine, now: number, ahead: Ahead): Machine {
  const late = stepNames.filter((name) => ahead(row[name] as number | undefined));
  const { goal, failing, trouble, moved } = row;
  const moving = row.moving && movingNow(row.moving, now, ahead);
  const changed: Partial<Machine> = {
    ...Object.fromEntries(late.map((name) => [name, now])),
    ...(goal.kind === 'gone' && ahead(goal.since) ? { goal: { ...goal, since: now } } : {}),
    ...(failing !== undefined && ahead(failing.at) ? { failing: { ...failing, at: now, keepUntil: now + failing.keepUntil - failing.at } } : {}),
    ...(moving === row.moving ? {} : { moving: moving as Moving }),
    ...(moved !== undefined && ahead(moved.at) ? { moved: { ...moved, at: now } } : {}),
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

function tenancyNow(row: Tenancy, now: number): Tenancy {
  const { notBefore: _, ...rest } = row;
  const past = Object.fromEntries(
    (['orderedAt', 'readyAt', 'quietSince'] as const).flatMap((key) => (row[key] === undefined ? [] : [[key, Math.min(now, row[key])]])),
  );
  return { ...rest, since: Math.min(now, row.since), ...past };
}

function withheldNow(row: Withheld, now: number): Withheld {
  const confirmed = row.confirmedAt === undefined ? {} : { confirmedAt: Math.min(now, row.confirmedAt) };
  return { ...row, since: Math.min(now, row.since), ...confirmed };
}

const tables: readonly Dated[] = [
  dated('machines', machineInstants, machineNow, newestOfMachine),
  dated('intents', (row) => [row.openedAt, row.uncertainSince], intentNow),
  dated('breakers', (row) => [row.lastAt], breakerNow),
  dated('withheld', (row) => [row.since, row.confirmedAt], withheldNow),
  dated(
    'generations',
    (row) => [row.closedAt],
    (row, now) => ({ ...row, closedAt: now }),
  ),
  dated('tenancies', (row) => [row.since, row.orderedAt, row.readyAt, row.quietSince], tenancyNow),
  dated('powers', (row) => [row.since, row.orderedAt, row.emptySince], powerNow),
  dated(
    'services',
    (row) => [row.downSince, row.madeAt],
    (row, now) => ({
      ...row,
      ...(row.downSince === undefined ? {} : { downSince: Math.min(now, row.downSince) }),
      ...(row.madeAt === undefined ? {} : { madeAt: Math.min(now, row.madeAt) }),
    }),
  ),
  dated(
    'cycles',
    (row) => [row.lastAt],
    (row, now) => ({ ...row, lastAt: now }),
  ),
  dated(
    'refusals',
    (row) => [row.freeSince],
    () => null,
  ),
  dated(
    'starts',
    (row) => row,
    (row, now) => row.map((at) => Math.min(now, at)),
  ),
];
