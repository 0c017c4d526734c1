import { poolScenario, refillName, type Summary } from './summary.js';

/** What a workload's runs are measured against; each is looked at under every kind of refill that was run. */
export interface Targets {
  /** Most that the mean wait may be in the pool's, under immediate refill and under cycles. */
  readonly waitToPool?: { readonly immediate: number; readonly cycle: number };
  readonly p95ToPool?: number;
  /** Least that the better static partition's mean wait is above. */
  readonly belowBetterStatic?: number;
  /** Most that the mean wait may be above the pool's, s. */
  readonly waitAbovePoolSeconds?: number;
  readonly medianWaitSeconds?: number;
  /** Most host-hours in the lower bound, where nothing was migrated and where something was. */
  readonly hostHoursToLowerBound: { readonly still: number; readonly migrating: number };
  readonly powerCyclesPerHostDay: number;
}

/** For a workload that nothing is known of: what holds for every trace. */
export const usualTargets: Targets = {
  waitToPool: { immediate: 1.15, cycle: 1.2 },
  p95ToPool: 1.2,
  belowBetterStatic: 5,
  hostHoursToLowerBound: { still: 1.25, migrating: 1.12 },
  powerCyclesPerHostDay: 2,
};

/** One target, what was reached, and whether it holds. */
export interface Verdict {
  readonly scenario: string;
  readonly refill: string;
  readonly target: string;
  readonly wanted: string;
  readonly reached: number;
  readonly holds: boolean;
}

type Judge = (target: string, reached: number | undefined, sign: '<=' | '>=', limit: number | undefined) => readonly Verdict[];

/** Holds one scenario against the targets. What could not be compared, for lack of the other scenario, is left out. */
export function judge(mine: Summary, all: readonly Summary[], targets: Targets): readonly Verdict[] {
  const refill = refillName(mine.refill);
  const pool = all.find((each) => each.scenario === poolScenario && refillName(each.refill) === refill);
  const { figures, ratios, scenario } = mine;
  const check: Judge = (target, reached, sign, limit) => {
    if (reached === undefined || limit === undefined) return [];
    return [{ scenario, refill, target, wanted: `${sign} ${limit}`, reached, holds: sign === '<=' ? reached <= limit : reached >= limit }];
  };
  const wait = figures['wait.mean'].mean;
  const migrates = figures.migrations.mean > 0;
  return [
    ...check('mean wait / pool', ratios.waitToPool, '<=', targets.waitToPool?.[mine.refill === 'immediate' ? 'immediate' : 'cycle']),
    ...check('p95 of wait / pool', ratios.p95ToPool, '<=', targets.p95ToPool),
    ...check('better static partition / mean wait', ratios.belowBetterStatic, '>=', targets.belowBetterStatic),
    ...check('mean wait - pool, s', pool === undefined ? undefined : wait - pool.figures['wait.mean'].mean, '<=', targets.waitAbovePoolSeconds),
    ...check('median wait, s', figures['wait.median'].mean, '<=', targets.medianWaitSeconds),
    ...check(
      migrates ? 'host-hours / lower bound, migrating' : 'host-hours / lower bound',
      ratios.hostHoursToLowerBound,
      '<=',
      targets.hostHoursToLowerBound[migrates ? 'migrating' : 'still'],
    ),
    ...check('power cycles per host and day', figures.powerCyclesPerHostDay.max, '<=', targets.powerCyclesPerHostDay),
    ...check('jobs killed', figures.jobsKilled.max, '<=', 0),
    ...check('jobs never started', figures.jobsUnstarted.max, '<=', 0),
    ...check('invariants broken', figures.invariantViolations.max, '<=', 0),
  ];
}
