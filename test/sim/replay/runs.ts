import type { Run, Site, TraceJob, Workload } from '../../../src/sim/replay/workload.js';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** A workload of these jobs, an hour long each and of one core where nothing else is said; `at` in minutes. */
export function workload(...jobs: readonly (Partial<TraceJob> & { readonly at?: number })[]): Workload {
  const made = jobs.map(
    ({ at = 0, ...rest }, number): TraceJob => ({
      number,
      id: String(number),
      class: 'a',
      owner: 'anna',
      submitAt: at * minuteMs,
      runMs: hourMs,
      walltimeMs: 2 * hourMs,
      slots: 1,
      ...rest,
    }),
  );
  const times = made.map((job) => job.submitAt);
  return {
    name: 'made',
    classes: [...new Set(made.map((job) => job.class))],
    jobs: made,
    startAt: Math.min(...times),
    endAt: Math.max(...times),
    dropped: {},
    folded: 0,
  };
}

export const siteOf = (hosts: number, cores = 4): Site => ({ hosts, cores, memoryPerCoreMiB: 1024 });

/** A run of a workload in which job N starts `starts[N]` minutes after the epoch (NaN: never), on hosts that are all on. */
export function runOf(of: Workload, starts: readonly number[], differences: Partial<Run> = {}): Run {
  const site = differences.site ?? siteOf(2);
  const endAt = differences.endAt ?? Math.max(...of.jobs.map((job, at) => (Number.isNaN(starts[at]) ? 0 : (starts[at] as number) * minuteMs + job.runMs)));
  const steps = Math.ceil((endAt - of.startAt) / hourMs);
  const flat = (value: number): readonly number[] => Array.from({ length: steps }, () => value);
  return {
    scenario: 'domus',
    seed: 1,
    refill: 'immediate',
    site,
    workload: of,
    submitted: Float64Array.from(of.jobs, (job) => job.submitAt),
    started: Float64Array.from(starts, (start) => start * minuteMs),
    startAt: of.startAt,
    endAt,
    hostHours: 0,
    energyKWh: 0,
    powerOns: 0,
    boots: 0,
    migrations: 0,
    jobsKilled: 0,
    violations: [],
    series: {
      startAt: of.startAt,
      stepMs: hourMs,
      columns: { hostsOn: flat(site.hosts), poweredCores: flat(site.hosts * site.cores), watts: flat(200) },
    },
    ticks: 1,
    cpuMs: 1000,
    ...differences,
  };
}
