import type { Refill, Run, Series, TraceJob, Workload } from './workload.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Left out of every statistic: the empty machine at the beginning and the emptying one at the end. */
const warmUp = 0.08;
const tail = 0.04;
/** A job shorter than this counts as this long in its slowdown, ms. Source: the bound that the archive's studies use. */
const slowdownBoundMs = 10_000;

/** The part of a run that is measured, epoch ms: by time of submission, the same in every scenario of a seed. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

export function windowOf({ startAt, endAt }: Pick<Workload, 'startAt' | 'endAt'>): Window {
  const span = endAt - startAt;
  return { from: startAt + warmUp * span, until: Math.max(startAt + (1 - tail) * span, startAt + 1) };
}

/** Of many numbers; p95 is the smallest that 95 % are not above. */
export interface Distribution {
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
}

/** What jobs met with. Waits in seconds, slowdowns without unit. */
export interface JobFigures {
  /** Submitted within the window. */
  readonly jobs: number;
  /** Of these, never started before the end: their wait so far counts. */
  readonly jobsUnstarted: number;
  /** `coreWeighted`: the mean in which a job counts once for every core it asks for. */
  readonly wait: Distribution & { readonly coreWeighted: number };
  readonly boundedSlowdown: Distribution;
}

/** One run in figures: of the window, but for the counts (`boots` to `speedUp`), which are of the whole run. */
export interface Figures extends JobFigures {
  readonly scenario: string;
  readonly seed: number;
  readonly refill: Refill;
  /** Busy core time in all core time, 0 to 1. */
  readonly utilisation: number;
  /** Busy core time in the core time of hosts that were on. */
  readonly utilisationOfPowered: number;
  readonly hostHours: number;
  /** Host-hours that nobody could do below with these starts: at every instant as many whole hosts as the busy cores fill. */
  readonly hostHoursLowerBound: number;
  readonly energyKWh: number;
  /** Energy in Wh for each core-hour that jobs got. */
  readonly energyPerCoreHourWh: number;
  readonly powerCyclesPerHostDay: number;
  readonly boots: number;
  readonly migrations: number;
  readonly jobsKilled: number;
  readonly invariantViolations: number;
  /** These as sentences. */
  readonly violations: readonly string[];
  /** How many times faster than life it ran. */
  readonly speedUp: number;
  readonly classes: Readonly<Record<string, JobFigures>>;
}

const percentile = (sorted: Float64Array, part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;

function distribution(values: readonly number[]): Distribution {
  const sorted = Float64Array.from(values).sort();
  const sum = sorted.reduce((total, each) => total + each, 0);
  return { mean: sum / sorted.length, median: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

function jobFigures(run: Run, jobs: readonly TraceJob[]): JobFigures {
  const waits: number[] = [];
  const slowdowns: number[] = [];
  let unstarted = 0;
  let cores = 0;
  let weighted = 0;
  for (const { number, runMs, slots } of jobs) {
    const submitted = run.submitted[number] as number;
    const started = run.started[number] as number;
    if (Number.isNaN(started)) unstarted++;
    const waitMs = Math.max(0, (Number.isNaN(started) ? run.endAt : started) - submitted);
    waits.push(waitMs / 1000);
    slowdowns.push(Math.max(1, (waitMs + runMs) / Math.max(runMs, slowdownBoundMs)));
    cores += slots;
    weighted += (slots * waitMs) / 1000;
  }
  return {
    jobs: jobs.length,
    jobsUnstarted: unstarted,
    wait: { ...distribution(waits), coreWeighted: weighted / cores },
    boundedSlowdown: distribution(slowdowns),
  };
}

/** Time integral of a column over the window, in the column's unit times hours; NaN where the run did not record it. */
export function integral(series: Series, column: string, { from, until }: Window): number {
  const values = series.columns[column];
  if (values === undefined) return Number.NaN;
  let sum = 0;
  for (const [at, value] of values.entries()) {
    const start = series.startAt + at * series.stepMs;
    sum += value * Math.max(0, Math.min(until, start + series.stepMs) - Math.max(from, start));
  }
  return sum / hourMs;
}

/** What the jobs of a run occupied within the window: core-hours, and the fewest host-hours that hold them. */
interface Occupied {
  readonly coreHours: number;
  readonly hostHours: number;
}

/**
 * Walks over every start and end and adds up the busy cores and, rounded up to whole hosts, the hosts these need. Any job takes single cores
 * anywhere, so with machines that could be moved for nothing and hosts that switched in no time exactly so many would be on.
 */
export function occupied({ workload, started, site }: Pick<Run, 'workload' | 'started' | 'site'>, { from, until }: Window): Occupied {
  const changes: { readonly at: number; readonly slots: number }[] = [];
  for (const { number, runMs, slots } of workload.jobs) {
    const start = started[number] as number;
    if (Number.isNaN(start) || start >= until || start + runMs <= from) continue;
    changes.push({ at: Math.max(start, from), slots }, { at: Math.min(start + runMs, until), slots: -slots });
  }
  changes.sort((a, b) => a.at - b.at);
  let busy = 0;
  let before = from;
  let coreMs = 0;
  let hostMs = 0;
  for (const { at, slots } of changes) {
    coreMs += busy * (at - before);
    hostMs += Math.ceil(busy / site.cores) * (at - before);
    busy += slots;
    before = at;
  }
  return { coreHours: coreMs / hourMs, hostHours: hostMs / hourMs };
}

/** Works out the figures of one run. */
export function figuresOf(run: Run): Figures {
  const { workload, site, series } = run;
  const window = windowOf(workload);
  const inside = workload.jobs.filter(({ number }) => (run.submitted[number] as number) >= window.from && (run.submitted[number] as number) <= window.until);
  const held = occupied(run, window);
  const energyKWh = integral(series, 'watts', window) / 1000;
  const byClass = workload.classes.map((name) => [name, inside.filter((job) => job.class === name)] as const).filter(([, jobs]) => jobs.length > 0);
  return {
    scenario: run.scenario,
    seed: run.seed,
    refill: run.refill,
    ...jobFigures(run, inside),
    utilisation: held.coreHours / (site.hosts * site.cores * ((window.until - window.from) / hourMs)),
    utilisationOfPowered: held.coreHours / integral(series, 'poweredCores', window),
    hostHours: integral(series, 'hostsOn', window),
    hostHoursLowerBound: held.hostHours,
    energyKWh,
    energyPerCoreHourWh: (energyKWh * 1000) / held.coreHours,
    powerCyclesPerHostDay: run.powerOns / site.hosts / ((run.endAt - run.startAt) / dayMs),
    boots: run.boots,
    migrations: run.migrations,
    jobsKilled: run.jobsKilled,
    invariantViolations: run.violations.length,
    violations: run.violations,
    speedUp: (run.endAt - run.startAt) / Math.max(1, run.cpuMs),
    classes: Object.fromEntries(byClass.map(([name, jobs]) => [name, jobFigures(run, jobs)])),
  };
}
