import type { Figures } from './metrics.js';
import type { Refill } from './workload.js';

/** Of one figure over the runs of a scenario. */
export interface Spread {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Standard deviation of the runs (0 of one). */
  readonly deviation: number;
}

/** The figures that are averaged: each as a path into `Figures`. */
export const averaged = [
  'wait.mean',
  'wait.median',
  'wait.p95',
  'wait.coreWeighted',
  'boundedSlowdown.mean',
  'boundedSlowdown.median',
  'boundedSlowdown.p95',
  'utilisation',
  'utilisationOfPowered',
  'hostHours',
  'hostHoursLowerBound',
  'energyKWh',
  'energyPerCoreHourWh',
  'powerCyclesPerHostDay',
  'boots',
  'migrations',
  'jobs',
  'jobsUnstarted',
  'jobsKilled',
  'invariantViolations',
  'speedUp',
] as const;
export type Averaged = (typeof averaged)[number];

/** A scenario under one kind of refill, over all its runs. */
export interface Summary {
  readonly scenario: string;
  readonly refill: Refill;
  readonly seeds: readonly number[];
  readonly figures: Readonly<Record<Averaged, Spread>>;
  /** Mean over the runs of each class's mean wait, seconds. */
  readonly waitByClass: Readonly<Record<string, number>>;
  /** Against other scenarios of the same refill; absent where those were not run. */
  readonly ratios: Ratios;
}

export interface Ratios {
  /** Mean wait and p95 in the shared pool's. */
  readonly waitToPool?: number;
  readonly p95ToPool?: number;
  /** How many times the mean wait of the better static partition is above this one's. */
  readonly belowBetterStatic?: number;
  readonly betterStatic?: string;
  readonly hostHoursToLowerBound: number;
}

export const refillName = (refill: Refill): string => (refill === 'immediate' ? 'immediate' : `${refill.cycleMs / 1000}s`);
/** The pool and the static partitions with every host always on: what others are compared with. */
export const poolScenario = 'pool';
export const staticScenarios = ['static-mean', 'static-peak'] as const;

/** One figure of a run, by its path. */
export function figure(figures: Figures, path: Averaged): number {
  const [head, inner] = path.split('.') as [keyof Figures, string | undefined];
  const value = figures[head] as unknown;
  return inner === undefined ? (value as number) : ((value as Readonly<Record<string, number>>)[inner] as number);
}

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, min: Math.min(...values), max: Math.max(...values), deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

type Means = Omit<Summary, 'ratios'>;

function meansOf(runs: readonly Figures[]): Means {
  const [first] = runs as [Figures];
  const classes = [...new Set(runs.flatMap((run) => Object.keys(run.classes)))];
  return {
    scenario: first.scenario,
    refill: first.refill,
    seeds: runs.map((run) => run.seed),
    figures: Object.fromEntries(averaged.map((path) => [path, spreadOf(runs.map((run) => figure(run, path)))])) as Summary['figures'],
    waitByClass: Object.fromEntries(classes.map((name) => [name, spreadOf(runs.flatMap((run) => run.classes[name]?.wait.mean ?? [])).mean])),
  };
}

/** 1 where both are 0: nobody waits, here and there. */
const ratio = (a: number, b: number): number => (a === b ? 1 : a / b);

function ratiosOf(mine: Means, others: readonly Means[]): Ratios {
  const same = others.filter((other) => refillName(other.refill) === refillName(mine.refill));
  const pool = same.find((other) => other.scenario === poolScenario);
  const wait = (of: Means): number => of.figures['wait.mean'].mean;
  const partitions = same.filter((other) => (staticScenarios as readonly string[]).includes(other.scenario)).sort((a, b) => wait(a) - wait(b));
  const [better] = partitions;
  const { hostHours, hostHoursLowerBound } = mine.figures;
  return {
    ...(pool === undefined
      ? {}
      : { waitToPool: ratio(wait(mine), wait(pool)), p95ToPool: ratio(mine.figures['wait.p95'].mean, pool.figures['wait.p95'].mean) }),
    ...(better === undefined ? {} : { betterStatic: better.scenario, belowBetterStatic: ratio(wait(better), wait(mine)) }),
    hostHoursToLowerBound: hostHours.mean / hostHoursLowerBound.mean,
  };
}

/** Averages the runs of each scenario and refill, in the order in which they first come. Ratios are of means over the same seeds. */
export function summarise(runs: readonly Figures[]): readonly Summary[] {
  const groups = new Map<string, Figures[]>();
  for (const run of runs) {
    const key = `${refillName(run.refill)} ${run.scenario}`;
    const group = groups.get(key) ?? [];
    group.push(run);
    groups.set(key, group);
  }
  const means = [...groups.values()].map(meansOf);
  return means.map((mine) => ({ ...mine, ratios: ratiosOf(mine, means) }));
}
