import { slotsUsed } from '../model/batch.js';
import { usualWatts } from '../model/host.js';
import { holdsNodes, isEligible, type Job, slotsOf } from '../model/job.js';
import type { Present } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import type { HostView, JobGroup, MachineView, World } from '../model/world.js';
import { type EnvironmentSum, type PlottedPhase, type PoolSum, type PowerSum, plottedPhases, unserved } from './contract.js';
import { drawOfHost, seenPower, shareOfMachine } from './energy.js';

/** Values at one instant, by the names of the sums they go into. */
export type Gauges<K extends string> = Partial<Record<K, number>>;

/** One look at the Present: what is known now. A gauge that is absent is unknown. */
export interface Measured {
  readonly at: number;
  /** Environments whose batch server answers have demand; all have supply. */
  readonly environments: ReadonlyMap<string, { readonly demand: Gauges<EnvironmentSum> | undefined; readonly supply: Gauges<EnvironmentSum> }>;
  readonly pools: ReadonlyMap<string, Gauges<PoolSum>>;
  readonly hosts: ReadonlyMap<string, Gauges<PowerSum>>;
}

/** What is counted of the jobs; worked out anew only when the jobs are others. */
export interface JobCounts {
  readonly jobs: World['jobs'];
  readonly running: readonly Job[];
  /** By environment (or `unserved`): running jobs and slots; of the unserved also those that wait. */
  readonly byEnvironment: ReadonlyMap<string, { runningJobs: number; runningSlots: number; waitingJobs: number; waitingSlots: number }>;
}

/** Slots a running job holds. */
export const slotsHeld = (job: Job): number => (job.execHosts.length === 0 ? slotsOf(job.request) : job.execHosts.reduce((sum, { slots }) => sum + slots, 0));

/** The environment that serves a job, or `unserved`. */
export function environmentOf(world: World, key: string): string {
  const verdict = world.verdicts.get(key);
  return verdict !== undefined && 'environment' in verdict ? verdict.environment : unserved;
}

export function countJobs(world: World, before: JobCounts | undefined): JobCounts {
  if (before?.jobs === world.jobs) return before;
  const running: Job[] = [];
  const byEnvironment = new Map<string, { runningJobs: number; runningSlots: number; waitingJobs: number; waitingSlots: number }>();
  const of = (name: string) => {
    const known = byEnvironment.get(name) ?? { runningJobs: 0, runningSlots: 0, waitingJobs: 0, waitingSlots: 0 };
    byEnvironment.set(name, known);
    return known;
  };
  for (const [key, job] of world.jobs) {
    if (holdsNodes(job)) {
      const counts = of(environmentOf(world, key));
      running.push(job);
      counts.runningJobs++;
      counts.runningSlots += slotsHeld(job);
    } else if (isEligible(job) && environmentOf(world, key) === unserved) {
      const counts = of(unserved);
      counts.waitingJobs++;
      counts.waitingSlots += slotsOf(job.request);
    }
  }
  return { jobs: world.jobs, running, byEnvironment };
}

const slotsOfGroup = (group: JobGroup): number => group.count * group.places.reduce((sum, place) => sum + place.count * place.slots, 0);

const plotted = (view: MachineView): PlottedPhase | undefined => {
  if (view.phase === 'gone') return undefined;
  if (view.phase === 'ready') return view.jobs.length > 0 ? 'busy' : 'idle';
  return view.phase;
};

type Counts<K extends string> = Record<K, number>;
const zeros = <K extends string>(keys: readonly K[]): Counts<K> => Object.fromEntries(keys.map((key) => [key, 0])) as Counts<K>;
const supplyKeys = ['machines', 'slots', 'busySlots', 'cores', 'joules', ...plottedPhases] as const;
const poolKeys = ['on', 'off', 'unknown', 'coresOn', 'busyCores', 'joules', 'alwaysOnJoules', 'measured', 'configured', 'assumed', 'wakeWaits'] as const;

/** Slots with jobs on them, in the server's view. */
const busyOn = (view: MachineView): number => (view.node === undefined ? 0 : slotsUsed(view.node));

function addMachine(into: Counts<(typeof supplyKeys)[number]>, view: MachineView): void {
  const phase = plotted(view);
  if (phase === undefined) return;
  into[phase]++;
  if (view.guest === undefined) return;
  into.machines++;
  into.cores += view.guest.vcpus;
  if (view.phase === 'ready' || view.phase === 'draining') into.slots += view.node?.np ?? 0;
  into.busySlots += busyOn(view);
}

/** Hosts of each pool, and each host: its state, what it draws, and how that is known. `draws`: told what a machine's share is, W. */
function measureHosts(present: Present, draws: (environment: string, watts: number) => void): Pick<Measured, 'pools' | 'hosts'> {
  const { world, policy } = present;
  const pools = new Map<string, Counts<(typeof poolKeys)[number]>>(Object.keys(policy.pools).map((name) => [name, zeros(poolKeys)]));
  const hosts = new Map<string, Gauges<PowerSum>>();
  for (const host of world.hosts.values()) {
    const { spec } = host;
    const pool = pools.get(spec.pool);
    if (pool === undefined) continue;
    const state = seenPower(host);
    pool[state]++;
    if (state === 'unknown') {
      hosts.set(spec.name, { unknown: 1 });
      continue;
    }
    const busy = busyCoresOf(host, draws);
    const draw = drawOfHost(host, state, busy);
    if (state === 'on') pool.coresOn += spec.cores;
    pool.busyCores += busy;
    pool.joules += draw.watts;
    pool.alwaysOnJoules += draw.alwaysOnWatts;
    pool[draw.how]++;
    hosts.set(spec.name, { [state]: 1, joules: draw.watts, alwaysOnJoules: draw.alwaysOnWatts, [draw.how]: 1 });
  }
  for (const [name, waiting] of waitingForHosts(present)) {
    const pool = pools.get(name);
    if (pool !== undefined) pool.wakeWaits += waiting;
  }
  return { pools, hosts };
}

function busyCoresOf({ spec, machines }: HostView, draws: (environment: string, watts: number) => void): number {
  let busy = 0;
  for (const view of machines) {
    const busyCores = busyOn(view);
    busy += busyCores;
    if (view.guest !== undefined) draws(view.row.environment, shareOfMachine(spec.watts ?? usualWatts, view.guest.vcpus, busyCores, spec.cores));
  }
  return busy;
}

/** Everything that is known at one instant. Pure; `jobs` are those of the same world. */
export function measure(present: Present, jobs: JobCounts): Measured {
  const { at, world, policy } = present;
  const supply = new Map<string, Counts<(typeof supplyKeys)[number]>>();
  const of = (name: string) => {
    const known = supply.get(name) ?? zeros(supplyKeys);
    supply.set(name, known);
    return known;
  };
  for (const name of Object.keys(policy.environments)) of(name);
  for (const view of world.machines.values()) addMachine(of(view.row.environment), view);
  const { pools, hosts } = measureHosts(present, (name, joules) => {
    of(name).joules += joules;
  });
  const demand = demandOf(world, policy, jobs);
  const names = new Set([...supply.keys(), ...demand.keys()]);
  return { at, environments: new Map([...names].map((name) => [name, { demand: demand.get(name), supply: supply.get(name) ?? {} }])), pools, hosts };
}

/** Jobs that wait because a host is being switched on for them, by the pool of that host. */
function waitingForHosts({ world, plan, policy }: Present): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>();
  for (const { key, count } of world.groups) {
    const wakes = plan.reasons.get(`group:${key}`)?.find(({ code }) => code === 'wait-host-wakes');
    const pool = policy.hosts[String(wakes?.args['host'])]?.pool;
    if (wakes === undefined || pool === undefined) continue;
    const provided = Number(wakes.args['provided'] ?? 0);
    waiting.set(pool, (waiting.get(pool) ?? 0) + Math.max(0, count - provided));
  }
  return waiting;
}

/** Of environments whose batch server answers; of unserved jobs when all do. */
function demandOf(
  world: World,
  policy: Present['policy'],
  jobs: JobCounts,
): ReadonlyMap<string, Counts<'waitingJobs' | 'waitingSlots' | 'runningJobs' | 'runningSlots'>> {
  const heard = new Set([...world.sources.values()].flatMap(({ name, reading }) => (isHeard(reading) ? [name] : [])));
  const names = Object.values(policy.environments).flatMap(({ name, serves }) => (heard.has(serves.source) ? [name] : []));
  if (heard.size === world.sources.size && heard.size > 0) names.push(unserved);
  const none = { runningJobs: 0, runningSlots: 0, waitingJobs: 0, waitingSlots: 0 };
  const demand = new Map(names.map((name) => [name, { ...(jobs.byEnvironment.get(name) ?? none) }]));
  for (const group of world.groups) {
    const known = demand.get(group.environment);
    if (known === undefined) continue;
    known.waitingJobs += group.count;
    known.waitingSlots += slotsOfGroup(group);
  }
  return demand;
}
