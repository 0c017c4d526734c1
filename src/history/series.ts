import {
  type EnvironmentSeries,
  type EnvironmentStep,
  type environmentSums,
  type PoolSeries,
  type PoolStep,
  type PoolSum,
  plottedPhases,
  poolSums,
  resolutions,
  type Series,
  type Values,
} from './contract.js';
import { p95Beside } from './sketch.js';

/** Most steps of one answer. */
export const mostSteps = 1500;

/** The resolution that is asked for, or the finest that is kept so far back and gives at most 1,500 steps. Raises RangeError for a step that is not stored. */
export function stepFor(query: { readonly since: number; readonly until: number; readonly stepMs?: number }, now: number): number {
  if (query.stepMs !== undefined) {
    if (!resolutions.some(({ stepMs }) => stepMs === query.stepMs))
      throw new RangeError(`steps of ${query.stepMs} ms are not kept: ask for ${resolutions.map(({ stepMs }) => stepMs).join(', ')}`);
    return query.stepMs;
  }
  const fits = resolutions.find(({ stepMs, keepMs }) => query.since >= now - keepMs && (query.until - query.since) / stepMs <= mostSteps);
  return (fits ?? resolutions[resolutions.length - 1]!).stepMs;
}

type Get<T> = (row: T) => number | null;
const ratio = (above: number, below: number): number | null => (below > 0 ? above / below : null);

/** One value per step; steps without a row are gaps. */
function lines<T extends { readonly at: number }>(rows: readonly T[], at: readonly number[]): (get: Get<T>) => Values {
  const byAt = new Map(rows.map((row) => [row.at, row]));
  return (get) =>
    at.map((step) => {
      const row = byAt.get(step);
      return row === undefined ? null : get(row);
    });
}

function environmentSeries(rows: readonly EnvironmentStep[], at: readonly number[]): EnvironmentSeries {
  const line = lines(rows, at);
  const demand = (key: (typeof environmentSums)[number]): Values => line((row) => ratio(row[key], row.demandMs));
  const supply = (key: (typeof environmentSums)[number]): Values => line((row) => ratio(row[key], row.supplyMs));
  const counted = (key: 'started' | 'ended'): Values => line((row) => (row.demandMs > 0 || row[key] > 0 ? row[key] : null));
  return {
    waitingJobs: demand('waitingJobs'),
    waitingSlots: demand('waitingSlots'),
    runningJobs: demand('runningJobs'),
    runningSlots: demand('runningSlots'),
    machines: Object.fromEntries(plottedPhases.map((phase) => [phase, supply(phase)])) as EnvironmentSeries['machines'],
    slots: supply('slots'),
    busySlots: supply('busySlots'),
    utilisation: line((row) => ratio(Math.min(row.busySlots, row.slots), row.slots)),
    started: counted('started'),
    ended: counted('ended'),
    waitMeanMs: line((row) => ratio(row.waitMs, row.started)),
    waitP95Ms: line((row) => p95Beside(row.waits, row.started > 0 ? row.waitMs / row.started : undefined) ?? null),
    powerW: line((row) => ratio(row.joules * 1000, row.supplyMs)),
  };
}

function poolSeries(rows: readonly PoolStep[], at: readonly number[]): PoolSeries {
  const line = lines(rows, at);
  const known = (row: PoolStep): boolean => row.on + row.off > 0;
  const mean =
    (key: PoolSum): Get<PoolStep> =>
    (row) =>
      ratio(row[key], row.coveredMs);
  const ofKnown =
    (get: Get<PoolStep>): Get<PoolStep> =>
    (row) =>
      known(row) ? get(row) : null;
  return {
    hostsOn: line(ofKnown(mean('on'))),
    hostsOff: line(ofKnown(mean('off'))),
    hostsUnknown: line(mean('unknown')),
    coresOn: line(ofKnown(mean('coresOn'))),
    utilisation: line((row) => ratio(Math.min(row.busyCores, row.coresOn), row.coresOn)),
    powerW: line(ofKnown((row) => ratio(row.joules * 1000, row.coveredMs))),
    energyKWh: line(ofKnown((row) => row.joules / 3_600_000)),
    alwaysOnKWh: line(ofKnown((row) => row.alwaysOnJoules / 3_600_000)),
    measured: line((row) => ratio(row.measured, row.measured + row.configured + row.assumed)),
    wakeWaitHours: line((row) => (row.coveredMs > 0 ? row.wakeWaits / 3_600_000 : null)),
  };
}

/** All pools as one: sums add, the covered time is that of whoever was covered most. */
function siteSteps(pools: readonly PoolStep[]): readonly PoolStep[] {
  const byAt = new Map<number, Record<PoolSum, number> & { at: number; name: string }>();
  for (const row of pools) {
    const sum = byAt.get(row.at);
    if (sum === undefined) byAt.set(row.at, { ...row, name: 'site' });
    else for (const key of poolSums) sum[key] = key === 'coveredMs' ? Math.max(sum[key], row[key]) : sum[key] + row[key];
  }
  return [...byAt.values()];
}

const grouped = <T extends { readonly name: string }>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.name);
    if (group === undefined) groups.set(row.name, [row]);
    else group.push(row);
  }
  return groups;
};

/** Stored steps as columns to plot, from the step that holds `since` to the last that begins before `until`. */
export function series(
  rows: { readonly environments: readonly EnvironmentStep[]; readonly pools: readonly PoolStep[] },
  query: { readonly since: number; readonly until: number; readonly stepMs: number },
): Series {
  const { since, until, stepMs } = query;
  const first = Math.floor(since / stepMs) * stepMs;
  const at = Array.from({ length: Math.max(0, Math.ceil((until - first) / stepMs)) }, (_, number) => first + number * stepMs);
  return {
    stepMs,
    at,
    environments: Object.fromEntries([...grouped(rows.environments)].map(([name, steps]) => [name, environmentSeries(steps, at)])),
    pools: Object.fromEntries([...grouped(rows.pools)].map(([name, steps]) => [name, poolSeries(steps, at)])),
    site: poolSeries(siteSteps(rows.pools), at),
  };
}
