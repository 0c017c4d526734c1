import { Random } from '../../../src/sim/random.js';
import type { Refill, Run, Site, TraceJob, Workload } from '../../../src/sim/replay/workload.js';

/** Replays made by a queue of a few lines instead of the simulator: the shapes of real ones, in milliseconds. */
export const dayMs = 86_400_000;
export const from = Date.UTC(2005, 0, 31);

export interface Given {
  readonly name?: string;
  readonly days?: number;
  readonly jobs?: number;
  readonly classes?: readonly string[];
  readonly seed?: number;
}

/** Serial jobs in bursts: in every week another class leads. */
export function givenWorkload({ name = 'synthetic', days = 90, jobs = 12_000, classes = ['grid', 'theory', 'bio', 'other'], seed = 1 }: Given = {}): Workload {
  const random = new Random(seed);
  const all: Omit<TraceJob, 'number'>[] = [];
  for (let index = 0; index < jobs; index++) {
    const leader = Math.floor((days * random.next()) / 9);
    const which = random.next() < 0.6 ? leader % classes.length : Math.floor(random.next() ** 2 * classes.length);
    const submitAt = Math.round(from + Math.min(days - 0.01, leader * 9 + 9 * random.next() ** 2) * dayMs);
    const runMs = Math.round(Math.exp(6 + 3.6 * random.next()) * 1000);
    all.push({ id: `${index}.srv`, class: classes[which]!, owner: `u${index % 17}`, submitAt, runMs, walltimeMs: 86_400_000, slots: 1 });
  }
  const sorted = all.sort((a, b) => a.submitAt - b.submitAt).map((job, number) => ({ ...job, number }));
  return {
    name,
    classes,
    jobs: sorted,
    startAt: sorted[0]?.submitAt ?? from,
    endAt: sorted.at(-1)?.submitAt ?? from,
    dropped: { 'cancelled before it ran': 431, 'no processors': 2 },
    folded: 12,
  };
}

interface Slot {
  freeAt: number;
  class: string;
}

function served(workload: Workload, submitted: Float64Array, slotsOf: (job: TraceJob) => Slot[], switchMs: number): Float64Array {
  const started = new Float64Array(workload.jobs.length);
  const order = [...workload.jobs].sort((a, b) => submitted[a.number]! - submitted[b.number]!);
  for (const job of order) {
    const slots = slotsOf(job);
    const ready = (slot: Slot): number => Math.max(submitted[job.number]!, slot.freeAt) + (slot.class === job.class ? 0 : switchMs);
    let best = slots[0]!;
    for (const slot of slots) if (ready(slot) < ready(best)) best = slot;
    started[job.number] = ready(best);
    best.class = job.class;
    best.freeAt = started[job.number]! + job.runMs;
  }
  return started;
}

function partition(workload: Workload, cores: number, seedWeight: number): ReadonlyMap<string, Slot[]> {
  const work = workload.classes.map((name) => workload.jobs.reduce((sum, job) => sum + (job.class === name ? job.runMs * job.slots : 0), 0) ** seedWeight);
  const all = work.reduce((sum, each) => sum + each, 0);
  return new Map(
    workload.classes.map((name, at) => [name, Array.from({ length: Math.max(1, Math.round((cores * work[at]!) / all)) }, () => ({ freeAt: 0, class: name }))]),
  );
}

type Add = (name: string, since: number, until: number) => void;

/** Columns over equal steps, filled by saying what lasted from when to when. */
function recorder(startAt: number, stepMs: number, steps: number): { readonly add: Add; readonly columns: Record<string, number[]> } {
  const columns: Record<string, number[]> = {};
  const add: Add = (name, since, until) => {
    columns[name] ??= new Array<number>(steps).fill(0);
    const last = Math.min(steps - 1, Math.floor((until - startAt) / stepMs));
    for (let step = Math.max(0, Math.floor((since - startAt) / stepMs)); step <= last; step++) {
      const start = startAt + step * stepMs;
      columns[name][step]! += Math.max(0, Math.min(until, start + stepMs) - Math.max(since, start)) / stepMs;
    }
  };
  return { add, columns };
}

function columnsOf(workload: Workload, submitted: Float64Array, started: Float64Array, stepMs: number, endAt: number): Record<string, number[]> {
  const { add, columns } = recorder(workload.startAt, stepMs, Math.max(1, Math.ceil((endAt - workload.startAt) / stepMs)));
  for (const name of workload.classes) for (const what of ['waiting', 'running', 'busy', 'machines', 'capacity']) add(`${what}:${name}`, 0, 0);
  add('busyCores', 0, 0);
  for (const job of workload.jobs) {
    const since = started[job.number]!;
    const until = since + job.runMs;
    add(`waiting:${job.class}`, submitted[job.number]!, since);
    for (const name of [`running:${job.class}`, `busy:${job.class}`, 'busyCores']) add(name, since, until);
    for (const what of ['machines', 'capacity']) add(`${what}:${job.class}`, since - 90_000, until + 600_000);
  }
  return columns;
}

/** One run of a scenario; `override` says what is to be different. */
export function givenRun(workload: Workload, scenario: string, seed: number, site: Site, refill: Refill = 'immediate', override: Partial<Run> = {}): Run {
  const random = new Random(seed);
  const submitted = Float64Array.from(workload.jobs, ({ submitAt }) => submitAt + random.next() * 600_000);
  const cores = site.hosts * site.cores;
  const shared = Array.from({ length: cores }, (): Slot => ({ freeAt: 0, class: '' }));
  const parts = scenario.startsWith('static') ? partition(workload, cores, scenario === 'static-mean' ? 1 : 0.6) : undefined;
  const started = served(workload, submitted, (job) => parts?.get(job.class) ?? shared, scenario === 'pool' || parts !== undefined ? 0 : 90_000);
  const endAt = workload.jobs.reduce((latest, { number, runMs }) => Math.max(latest, started[number]! + runMs), workload.endAt);
  const stepMs = Math.max(60_000, Math.ceil((endAt - workload.startAt) / 1000));
  const columns = columnsOf(workload, submitted, started, stepMs, endAt);
  const busy = columns['busyCores']!;
  const always = scenario === 'pool' || parts !== undefined;
  const on = busy.map((each) => (always ? site.hosts : Math.min(site.hosts, Math.ceil((each * 1.15) / site.cores) + 1)));
  const watts = on.map((hosts, step) => hosts * 95 + (site.hosts - hosts) * 9.75 + (busy[step]! / site.cores) * 95.7);
  const total = (values: readonly number[]): number => (values.reduce((sum, each) => sum + each, 0) * stepMs) / 3_600_000;
  return {
    scenario,
    seed,
    refill,
    site,
    workload,
    submitted,
    started,
    startAt: workload.startAt,
    endAt,
    hostHours: total(on),
    energyKWh: total(watts) / 1000,
    powerOns: always ? site.hosts : site.hosts * 50,
    boots: always ? 0 : Math.round(workload.jobs.length / 5),
    migrations: 0,
    jobsKilled: 0,
    violations: [],
    series: { startAt: workload.startAt, stepMs, columns: { ...columns, hostsOn: on, poweredCores: on.map((hosts) => hosts * site.cores), watts } },
    cpuMs: 41_000,
    ticks: 1,
    ...override,
  };
}

export const site: Site = { hosts: 10, cores: 4, memoryPerCoreMiB: 1024 };

/** All four scenarios, so many runs of each. */
export function givenRuns(workload: Workload, runs = 5, of: Site = site, refill: Refill = 'immediate'): readonly Run[] {
  return ['domus', 'pool', 'static-mean', 'static-peak'].flatMap((scenario) =>
    Array.from({ length: runs }, (_, index) => givenRun(workload, scenario, index + 1, of, refill)),
  );
}
