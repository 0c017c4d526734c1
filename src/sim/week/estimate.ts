import type { Estimated, WeekWork } from '../../api/week.js';
import { usualWatts } from '../../model/host.js';
import type { Policy } from '../../model/policy.js';
import { replayDomus } from '../replay/domus.js';
import { cpuMs } from '../replay/task.js';
import type { Run, Series } from '../replay/workload.js';
import { jobsOfWeek, mostJobs, type Rehearsed, rehearsedPolicy, siteOf, type WeekJob } from './rehearsed.js';

const hourMs = 3_600_000;
const longWaitMs = 600_000;
/** From a guest's creation to its readiness, ms: a guess, until machines of the site have booted. */
const bootMs = 90_000;

type Waited = Estimated['environments'][number];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const at = (sorted: readonly number[], part: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? 0;

const spread = (waits: readonly number[]): Pick<Waited, 'waitMeanMs' | 'waitMedianMs' | 'waitP95Ms'> => {
  if (waits.length === 0) return {};
  const sorted = [...waits].sort((a, b) => a - b);
  return { waitMeanMs: Math.round(mean(sorted)), waitMedianMs: Math.round(at(sorted, 0.5)), waitP95Ms: Math.round(at(sorted, 0.95)) };
};

const column = ({ columns }: Series, name: string): readonly number[] => columns[name] ?? [];
/** Sum of a column's means times their step, in hours of the unit. */
const hoursOf = (series: Series, name: string): number =>
  column(series, name).reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0) * (series.stepMs / hourMs);
/** Not spread out: a loop over a long column. */
const most = (values: readonly number[]): number => values.reduce((so, value) => Math.max(so, value), 0);

function environmentOf(name: string, run: Run, jobs: readonly WeekJob[]): Waited {
  const mine = jobs.map((job, number) => ({ job, number })).filter(({ job }) => job.environment === name);
  const waits = mine.flatMap(({ number }) => {
    const [submitted = Number.NaN, started = Number.NaN] = [run.submitted[number], run.started[number]];
    return Number.isFinite(started) ? [started - submitted] : [];
  });
  const really = mine.flatMap(({ job: { waitedMs } }) => (waitedMs === undefined ? [] : [waitedMs]));
  return {
    name,
    jobs: mine.length,
    unstarted: mine.length - waits.length,
    ...spread(waits),
    longWaits: waits.filter((wait) => wait > longWaitMs).length,
    really: { ...(really.length === 0 ? {} : { waitMeanMs: Math.round(mean(really)) }), longWaits: really.filter((wait) => wait > longWaitMs).length },
    machinesAtMost: Math.ceil(most(column(run.series, `machines:${name}`))),
    machineHours: hoursOf(run.series, `machines:${name}`),
  };
}

/** What all hosts had drawn, had they been on for the whole time, with the same cores busy, kWh. */
function alwaysOnKWh({ hosts }: Policy, { series, startAt, endAt }: Run): number {
  const all = Object.values(hosts);
  if (all.length === 0) return 0;
  const idle = all.reduce((sum, { watts = usualWatts }) => sum + watts.idle, 0);
  const perCore = mean(all.map(({ watts = usualWatts, cores }) => (watts.busy - watts.idle) / cores));
  return (idle * ((endAt - startAt) / hourMs) + perCore * hoursOf(series, 'busyCores')) / 1000;
}

function assumed({ leftOut, guessedRuns }: Rehearsed, switches: boolean): readonly string[] {
  return [
    'Every job runs as long as it did, on machines of Domus alone: nodes that are not its own take none of them.',
    `A machine is ready ${bootMs / 1000} s after it was created, give or take a fifth.`,
    'Jobs take single cores anywhere; memory, properties and jobs that ask for whole nodes are not told apart.',
    'The batch scheduler is first come, first served with backfill, and looks every 30 s.',
    'Jobs that began and ended between two looks of the daemon are not in it.',
    ...(guessedRuns > 0 ? [`${guessedRuns} job(s) that still wait are taken to run as long as half of their environment's do.`] : []),
    ...(leftOut > 0 ? [`${leftOut} job(s) are left out: wider than their environment may ever be, or beyond the newest ${mostJobs}.`] : []),
    ...(switches ? ['Hosts go to sleep and wake as the configuration says, and always come back.'] : ['Hosts are always on, as the configuration says.']),
  ];
}

/** Lets the jobs of the week run again under the site's own policy, acting, in virtual time. Raises Error where nothing can be let run, or an invariant broke. */
export async function estimate(work: WeekWork, progress: (part: number) => void = () => undefined): Promise<Estimated> {
  const rehearsed = jobsOfWeek(work);
  const { workload, jobs, leftOut } = rehearsed;
  if (jobs.length === 0) throw new Error('no job of the week is one that an environment could run');
  const policy = rehearsedPolicy(work.policy);
  const site = siteOf(policy);
  const run = await replayDomus(workload, site, {
    seed: 1,
    refill: { cycleMs: 30_000 },
    scenario: 'week',
    real: policy,
    bootMs,
    cpuMs,
    patienceMs: hourMs,
    progress,
  });
  if (run.violations.length > 0) throw new Error(`the simulation broke off: ${run.violations[0]}`);
  const switches = policy.power?.manage === true && Object.values(policy.hosts).some(({ power }) => power !== undefined);
  return {
    since: workload.startAt,
    jobs: jobs.length,
    leftOut,
    assumed: assumed(rehearsed, switches),
    site: {
      boots: run.boots,
      hostsOnHours: run.hostHours,
      alwaysOnHours: (site.hosts * (run.endAt - run.startAt)) / hourMs,
      energyKWh: run.energyKWh,
      alwaysOnKWh: alwaysOnKWh(policy, run),
      switchesHosts: switches,
    },
    environments: workload.classes.map((name) => environmentOf(name, run, jobs)),
  };
}
