import type { WeekWork } from '../../api/week.js';
import type { Environment } from '../../model/environment.js';
import type { Policy } from '../../model/policy.js';
import { image, powerName } from '../replay/site.js';
import type { Site, TraceJob, Workload } from '../replay/workload.js';

/** More jobs than this are not let run again: the newest are. */
export const mostJobs = 10_000;
const leastMs = 1000;
const usualMs = 3_600_000;
const longestMs = 7 * 86_400_000;
const source = 'main';
/** Intervals between ordinary looks: in a replay only what is due is looked at. */
const dayMs = 86_400_000;

const median = (values: readonly number[]): number | undefined => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** One job of the week: how long it really waited, where it had started. */
export interface WeekJob {
  readonly environment: string;
  readonly eligibleAt: number;
  readonly slots: number;
  readonly runMs: number;
  readonly walltimeMs: number;
  readonly waitedMs?: number;
}

export interface Rehearsed {
  readonly workload: Workload;
  /** By job number. */
  readonly jobs: readonly WeekJob[];
  readonly leftOut: number;
  readonly guessedRuns: number;
}

/** The most slots that one environment can ever have: a wider job would wait for ever. */
function widest(policy: Policy, name: string): number {
  const seats = Object.values(policy.seats).filter(({ environment, feasibility }) => environment === name && !feasibility);
  const nps = seats.map(({ largestNp }) => largestNp).sort((a, b) => b - a);
  return nps.slice(0, policy.environments[name]?.max ?? 0).reduce((sum, np) => sum + np, 0);
}

/** The jobs that history has seen, in the order in which they could have started. Jobs of environments that are gone, and those wider than theirs can be, are left out. */
export function jobsOfWeek({ policy, stays, waiting, since, until }: WeekWork): Rehearsed {
  const usual = new Map<string, number>();
  for (const name of Object.keys(policy.environments)) {
    const ran = stays.flatMap((stay) => (stay.environment === name && stay.endedAt !== undefined ? [stay.endedAt - stay.startedAt] : []));
    usual.set(name, median(ran) ?? usualMs);
  }
  const all: WeekJob[] = [];
  let guessedRuns = 0;
  for (const stay of stays) {
    const startedAt = Math.max(stay.startedAt, since); // what was before the week is not of it
    const job = jobOf(stay, Math.min(longestMs, (stay.endedAt ?? until) - startedAt), since);
    all.push({ ...job, waitedMs: Math.max(0, startedAt - job.eligibleAt) });
  }
  for (const job of waiting) {
    guessedRuns++;
    all.push(jobOf(job, Math.min(usual.get(job.environment) ?? usualMs, job.walltimeMs ?? Number.POSITIVE_INFINITY), since));
  }
  const wide = new Map(Object.keys(policy.environments).map((name) => [name, widest(policy, name)]));
  const possible = all.filter(({ environment, slots }) => slots <= (wide.get(environment) ?? 0)).sort((a, b) => a.eligibleAt - b.eligibleAt);
  const jobs = possible.slice(-mostJobs);
  return { workload: workloadOf(jobs, Object.keys(policy.environments), until), jobs, leftOut: all.length - jobs.length, guessedRuns };
}

function jobOf(
  { environment, eligibleAt, slots, walltimeMs }: { environment: string; eligibleAt: number; slots: number; walltimeMs?: number },
  ranMs: number,
  since: number,
): WeekJob {
  const runMs = Math.max(leastMs, Math.round(ranMs));
  return {
    environment,
    eligibleAt: Math.max(eligibleAt, since),
    slots: Math.max(1, slots),
    runMs,
    walltimeMs: Math.max(60_000, walltimeMs ?? longestMs, runMs),
  };
}

function workloadOf(jobs: readonly WeekJob[], classes: readonly string[], until: number): Workload {
  const traced = jobs.map(
    (job, number): TraceJob => ({
      ...{ number, id: `w${number}`, class: job.environment, owner: 'somebody', submitAt: job.eligibleAt },
      ...{ runMs: job.runMs, walltimeMs: job.walltimeMs, slots: job.slots },
    }),
  );
  return { name: 'the last week', classes, jobs: traced, startAt: jobs[0]?.eligibleAt ?? until, endAt: until, dropped: {}, folded: 0 };
}

function rehearsedEnvironment(environment: Environment): Environment {
  const { name } = environment;
  return { ...environment, mode: 'act', image, checks: [], serves: { source, queues: [name], properties: [name], accounts: [] } };
}

/** The site's own policy, acting: its hosts, seats, limits and environments; hosts are switched only where they would be. */
export function rehearsedPolicy(policy: Policy): Policy {
  const { power } = policy;
  const map = <T>(of: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));
  return {
    ...policy,
    deployment: 'week',
    mode: 'act',
    pools: map(policy.pools, (pool) => ({ ...pool, mode: 'act' })),
    environments: map(policy.environments, rehearsedEnvironment),
    hosts: map(policy.hosts, (host) => (host.power === undefined ? host : { ...host, power: powerName })),
    seats: map(policy.seats, (seat) => ({ ...seat, source, properties: [seat.environment] })),
    intervals: { ...policy.intervals, tickMs: dayMs },
    strays: 'report',
    ...(power === undefined ? {} : { power: { ...power, trusted: true as const } }),
  };
}

/** The iron, on average: what a replay's series of powered cores are counted with. */
export function siteOf({ hosts }: Policy): Site {
  const all = Object.values(hosts);
  const cores = Math.max(1, Math.round(all.reduce((sum, host) => sum + host.cores, 0) / Math.max(1, all.length)));
  return { hosts: all.length, cores, memoryPerCoreMiB: 1024 };
}
