import type { Log } from './logged.js';
import { type Figures, figuresOf } from './metrics.js';
import { type Summary, summarise } from './summary.js';
import { judge, type Targets, type Verdict } from './targets.js';
import type { Run, Site, Workload } from './workload.js';

/** All that came out of one invocation, as it is written for programs. */
export interface Results {
  readonly trace: {
    readonly name: string;
    readonly format: Log['format'];
    readonly jobs: number;
    /** Epoch ms. */
    readonly startAt: number;
    readonly endAt: number;
    readonly classes: readonly { readonly name: string; readonly jobs: number; readonly coreHours: number }[];
    readonly dropped: Readonly<Record<string, number>>;
    readonly folded: number;
    readonly badLines: Log['bad'];
  };
  readonly site: Site;
  readonly units: Readonly<Record<string, string>>;
  readonly runs: readonly Figures[];
  readonly scenarios: readonly Summary[];
  /** Only where they were asked for. */
  readonly targets?: readonly Verdict[];
}

const units = {
  wait: 's',
  boundedSlowdown: '1 (jobs below 10 s count as 10 s)',
  utilisation: '1 (busy core time in all core time)',
  utilisationOfPowered: '1 (busy core time in core time of hosts that are on)',
  hostHours: 'h',
  hostHoursLowerBound: 'h',
  energyKWh: 'kWh',
  energyPerCoreHourWh: 'Wh',
  powerCyclesPerHostDay: '1/d',
  speedUp: '1 (virtual time in processor time)',
  window: 'jobs submitted, and time, after the first 8 % and before the last 4 % of the time of submission',
};

const hourMs = 3_600_000;

const traceOf = ({ format, bad }: Log, { name, jobs, classes, startAt, endAt, dropped, folded }: Workload): Results['trace'] => ({
  ...{ name, format, jobs: jobs.length, startAt, endAt },
  classes: classes.map((each) => {
    const own = jobs.filter((job) => job.class === each);
    return { name: each, jobs: own.length, coreHours: own.reduce((sum, job) => sum + job.runMs * job.slots, 0) / hourMs };
  }),
  ...{ dropped, folded, badLines: bad },
});

/** Is a scenario Domus (under whatever policy), not something it is compared with? */
export const isDomus = (scenario: string, baselines: readonly string[]): boolean => !baselines.includes(scenario);

export interface Made {
  readonly log: Log;
  readonly workload: Workload;
  readonly site: Site;
  readonly runs: readonly Run[];
  /** Names of the scenarios that Domus is compared with. */
  readonly baselines: readonly string[];
  readonly targets?: Targets;
}

/** Puts runs into figures, averages and verdicts. */
export function resultsOf({ log, workload, site, runs, baselines, targets }: Made): Results {
  const figures = runs.map(figuresOf);
  const scenarios = summarise(figures);
  const mine = scenarios.filter(({ scenario }) => isDomus(scenario, baselines));
  return {
    trace: traceOf(log, workload),
    site,
    units,
    runs: figures,
    scenarios,
    ...(targets === undefined ? {} : { targets: mine.flatMap((each) => judge(each, scenarios, targets)) }),
  };
}
