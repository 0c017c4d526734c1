import type { Account, EnvironmentStep, PoolStep } from '../history/contract.js';
import { merged, p95Beside, quantile, type Sketch } from '../history/sketch.js';

export const reportKinds = ['environment', 'owner', 'queue'] as const;
export type ReportKind = (typeof reportKinds)[number];

/** What was recorded of the time that is reported. */
export interface Recorded {
  readonly accounts: readonly Account[];
  readonly environments: readonly EnvironmentStep[];
  readonly pools: readonly PoolStep[];
}

/** One environment, owner or queue. Absent where it cannot be said of such a thing. */
export interface ReportRow {
  readonly name: string;
  readonly jobsStarted: number;
  readonly jobsEnded: number;
  readonly jobsRequeued: number;
  /** Slots held by its jobs times hours. */
  readonly coreHours: number;
  /** Machines whose guest was there times hours. */
  readonly machineHours?: number;
  /** Slots with jobs / slots of its machines, 0 to 1. */
  readonly utilisation?: number;
  /** From eligible to started. */
  readonly waitMeanMs?: number;
  readonly waitP95Ms?: number;
  /** Estimated energy of its machines; of an owner or queue: the share of its environments' energy by core time, hour by hour. */
  readonly energyKWh: number;
}

/** One bar of the plots. */
export interface ReportBar {
  readonly at: number;
  /** Core hours by row name. */
  readonly coreHours: Readonly<Record<string, number>>;
  readonly energyKWh: number;
  readonly alwaysOnKWh: number;
  /** 0 to 1; absent while nothing was on or known. */
  readonly utilisation?: number;
  readonly waitP95Ms?: number;
}

export interface Report {
  /** Whole hours: [since, until), epoch ms. */
  readonly since: number;
  readonly until: number;
  readonly by: ReportKind;
  /** How much of the period is past, and in how much of that the daemon looked, ms; what is missing is in no figure but the core hours. */
  readonly pastMs: number;
  readonly coveredMs: number;
  readonly rows: readonly ReportRow[];
  readonly total: ReportRow;
  readonly energy: {
    /** All hosts whose state was known. */
    readonly usedKWh: number;
    /** The same hosts, had none of them been off for a moment. */
    readonly alwaysOnKWh: number;
    /** Of hosts, or the parts of them, that no machine used. */
    readonly unusedKWh: number;
  };
  readonly hosts: { readonly onHours: number; readonly offHours: number; readonly unknownHours: number };
  readonly barMs: number;
  readonly bars: readonly ReportBar[];
}

const hourMs = 3_600_000;
const joulesPerKWh = 3_600_000;
const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((so, one) => so + of(one), 0);
const ratio = (above: number, below: number): number | undefined => (below > 0 ? above / below : undefined);
const defined = <T extends object>(record: T): T => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

function groups<T>(all: readonly T[], key: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const byKey = new Map<string, T[]>();
  for (const one of all) {
    const group = byKey.get(key(one));
    if (group === undefined) byKey.set(key(one), [one]);
    else group.push(one);
  }
  return byKey;
}

/** Energy of each environment's hour, shared among its accounts by core time. Accounts -> kWh. */
function shares(accounts: readonly Account[], environments: readonly EnvironmentStep[]): ReadonlyMap<Account, number> {
  const joules = new Map(environments.map((step) => [`${step.at} ${step.name}`, step.joules]));
  const shared = new Map<Account, number>();
  for (const [key, group] of groups(accounts, ({ at, environment }) => `${at} ${environment}`)) {
    const all = sum(group, ({ coreMs }) => coreMs);
    if (all > 0) for (const account of group) shared.set(account, ((joules.get(key) ?? 0) / joulesPerKWh) * (account.coreMs / all));
  }
  return shared;
}

const waitsOf = (accounts: readonly Account[]): Sketch => merged(accounts.map(({ waits }) => waits));

function rowOf(name: string, accounts: readonly Account[], steps: readonly EnvironmentStep[] | undefined, energyKWh: number): ReportRow {
  const started = sum(accounts, (account) => account.started);
  const waitMeanMs = ratio(
    sum(accounts, ({ waitMs }) => waitMs),
    started,
  );
  const machineMs = steps === undefined ? undefined : sum(steps, ({ machines }) => machines);
  return defined({
    name,
    jobsStarted: started,
    jobsEnded: sum(accounts, ({ ended }) => ended),
    jobsRequeued: sum(accounts, ({ requeued }) => requeued),
    coreHours: sum(accounts, ({ coreMs }) => coreMs) / hourMs,
    machineHours: machineMs === undefined ? undefined : machineMs / hourMs,
    utilisation: steps === undefined ? undefined : ratio(Math.min(...bothSlots(steps)), bothSlots(steps)[1]),
    waitMeanMs,
    waitP95Ms: p95Beside(waitsOf(accounts), waitMeanMs),
    energyKWh,
  } as ReportRow);
}

const bothSlots = (steps: readonly EnvironmentStep[]): readonly [busy: number, slots: number] => [
  sum(steps, ({ busySlots }) => busySlots),
  sum(steps, ({ slots }) => slots),
];

const kWh = (steps: readonly { readonly joules: number }[]): number => sum(steps, ({ joules }) => joules) / joulesPerKWh;

function rowsBy(by: ReportKind, { accounts, environments }: Recorded): readonly ReportRow[] {
  const byName = groups(accounts, (account) => account[by]);
  if (by !== 'environment') {
    const shared = shares(accounts, environments);
    return [...byName].map(([name, group]) =>
      rowOf(
        name,
        group,
        undefined,
        sum(group, (account) => shared.get(account) ?? 0),
      ),
    );
  }
  const steps = groups(environments, ({ name }) => name);
  const names = new Set([...byName.keys(), ...[...steps].flatMap(([name, group]) => (group.some(({ machines }) => machines > 0) ? [name] : []))]);
  return [...names].map((name) => rowOf(name, byName.get(name) ?? [], steps.get(name) ?? [], kWh(steps.get(name) ?? [])));
}

/** Length of a bar: hours up to four days, then days, then weeks. */
export const barFor = (ms: number): number => (ms <= 96 * hourMs ? hourMs : ms <= 100 * 24 * hourMs ? 24 * hourMs : 7 * 24 * hourMs);

function barsOf(by: ReportKind, { accounts, pools }: Recorded, since: number, until: number, barMs: number): readonly ReportBar[] {
  const barAt = ({ at }: { readonly at: number }): string => String(Math.floor((at - since) / barMs));
  const [accountsOf, poolsOf] = [groups(accounts, barAt), groups(pools, barAt)];
  return Array.from({ length: Math.ceil((until - since) / barMs) }, (_, number): ReportBar => {
    const [jobs, hosts] = [accountsOf.get(String(number)) ?? [], poolsOf.get(String(number)) ?? []];
    const coreHours = [...groups(jobs, (account) => account[by])].map(([name, group]) => [name, sum(group, ({ coreMs }) => coreMs) / hourMs] as const);
    return defined({
      at: since + number * barMs,
      coreHours: Object.fromEntries(coreHours),
      energyKWh: kWh(hosts),
      alwaysOnKWh: sum(hosts, ({ alwaysOnJoules }) => alwaysOnJoules) / joulesPerKWh,
      utilisation: ratio(
        sum(hosts, ({ busyCores }) => busyCores),
        sum(hosts, ({ coresOn }) => coresOn),
      ),
      waitP95Ms: quantile(waitsOf(jobs), 0.95),
    } as ReportBar);
  });
}

/** [since, until), epoch ms, whole hours; `now` where a part of that is not past yet. */
export interface ReportQuery {
  readonly since: number;
  readonly until: number;
  readonly by: ReportKind;
  readonly now?: number;
}

/** What was delivered to whom within [since, until), from the hours that were recorded. Pure. */
export function reportOf(recorded: Recorded, query: ReportQuery): Report {
  const { since, until, by, now = until } = query;
  const { accounts, environments, pools } = recorded;
  const usedKWh = kWh(pools);
  const hours = (key: 'on' | 'off' | 'unknown'): number => sum(pools, (step) => step[key]) / hourMs;
  const covered = [...groups(pools, ({ at }) => String(at)).values()].map((group) => Math.max(...group.map(({ coveredMs }) => coveredMs)));
  const rows = [...rowsBy(by, recorded)].sort((a, b) => b.coreHours - a.coreHours || (a.name < b.name ? -1 : 1));
  const siteUse = ratio(
    sum(pools, ({ busyCores }) => busyCores),
    sum(pools, ({ coresOn }) => coresOn),
  );
  const { utilisation: _, ...total } = rowOf('total', accounts, environments, usedKWh);
  const barMs = barFor(until - since);
  return {
    since,
    until,
    by,
    pastMs: Math.max(0, Math.min(until, now) - since),
    coveredMs: sum(covered, (ms) => ms),
    rows,
    total: siteUse === undefined ? total : { ...total, utilisation: siteUse },
    energy: {
      usedKWh,
      alwaysOnKWh: sum(pools, ({ alwaysOnJoules }) => alwaysOnJoules) / joulesPerKWh,
      unusedKWh: Math.max(0, usedKWh - kWh(environments)),
    },
    hosts: { onHours: hours('on'), offHours: hours('off'), unknownHours: hours('unknown') },
    barMs,
    bars: barsOf(by, recorded, since, until, barMs),
  };
}
