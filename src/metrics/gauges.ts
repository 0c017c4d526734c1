import type { Gauge } from 'prom-client';
import { plottedPhases } from '../history/contract.js';
import type { Measured } from '../history/measure.js';
import { usualMoves } from '../model/consolidation.js';
import { type LoadClass, loadClasses, loadClassOf } from '../model/load.js';
import { machinePhases } from '../model/machine.js';
import type { Present } from '../model/present.js';
import { isHeard, type Reading } from '../model/reading.js';
import type { Metrics } from './metrics.js';

const seconds = (ms: number): number => ms / 1000;

/** Sets every gauge to what the newest Present says; what it does not know is left out. */
export function setGauges(metrics: Metrics, present: Present, measured: Measured): void {
  const { world, policy } = present;
  metrics.lastTick.set(seconds(present.at));
  metrics.epoch.set(present.epoch);
  metrics.mode.reset();
  metrics.mode.set({ mode: policy.mode }, 1);
  metrics.frozen.set(world.rows.freeze.size > 0 ? 1 : 0);
  metrics.intents.set(world.rows.intents.size);
  metrics.proposals.set([...world.rows.proposals.values()].filter(({ approvedBy }) => approvedBy === undefined).length);
  for (const kind of ['guest', 'overlay'] as const) metrics.strays.set({ kind }, world.strays.filter((stray) => stray.kind === kind).length);
  setSources(metrics, present);
  setBreakers(metrics, present);
  setLoads(metrics, present);
  setSupply(metrics, measured);
}

/** Histograms of an environment that is no more: their labels would stand until the daemon ends. */
export function forgetEnvironment({ jobWait, machineWait, phases }: Metrics, environment: string): void {
  jobWait.remove({ environment });
  machineWait.remove({ environment });
  for (const phase of machinePhases) phases.remove({ environment, phase });
}

function setSources({ sourceUp, sourceAge }: Metrics, { world }: Present): void {
  sourceUp.reset();
  sourceAge.reset();
  const say = (kind: 'batch' | 'scheduler', source: string, reading: Reading<unknown> | undefined): void => {
    if (reading === undefined) return;
    sourceUp.set({ kind, source }, isHeard(reading) ? 1 : 0);
    if (reading.answeredAt > 0) sourceAge.set({ kind, source }, seconds(reading.answeredAt));
  };
  for (const { name, reading, scheduler } of world.sources.values()) {
    say('batch', name, reading);
    say('scheduler', name, scheduler);
  }
}

/** Classes of hosts' loads, and the machines that go from one to another. */
function setLoads({ loads, moves }: Metrics, { world, policy }: Present): void {
  const counts = new Map<string, Map<LoadClass, number>>();
  for (const view of world.hosts.values()) {
    const found = loadClassOf(view, policy.consolidation ?? usualMoves, policy.guestOverheadMiB);
    const pool = counts.get(view.spec.pool) ?? new Map<LoadClass, number>();
    counts.set(view.spec.pool, pool.set(found, (pool.get(found) ?? 0) + 1));
  }
  loads.reset();
  for (const [pool, found] of counts) for (const each of loadClasses) loads.set({ pool, class: each }, found.get(each) ?? 0);
  moves.set([...world.machines.values()].filter(({ row }) => row.moving !== undefined && row.moving.to !== row.host).length);
}

function setBreakers({ breakers, breaker }: Metrics, { at, world, policy }: Present): void {
  const open = new Map<string, number>([
    ['environment', 0],
    ['host', 0],
    ['other', 0],
  ]);
  breaker.reset();
  for (const environment of Object.keys(policy.environments)) breaker.set({ environment }, 0);
  for (const { subject, openUntil } of world.rows.breakers.values()) {
    if (openUntil <= at) continue;
    const [kind = '', name = ''] = subject.split(':');
    open.set(open.has(kind) ? kind : 'other', (open.get(open.has(kind) ? kind : 'other') ?? 0) + 1);
    if (kind === 'environment' && policy.environments[name] !== undefined) breaker.set({ environment: name }, 1);
  }
  for (const [kind, count] of open) breakers.set({ kind }, count);
}

const perEnvironment = ['jobsWaiting', 'slotsWaiting', 'jobsRunning', 'slotsRunning', 'machines', 'slots', 'busySlots', 'failedMachines'] as const;
const perPool = ['hosts', 'power', 'coresOn', 'busyCores'] as const;

function setSupply(metrics: Metrics, { environments, pools }: Measured): void {
  for (const name of [...perEnvironment, ...perPool]) (metrics[name] as Gauge<string>).reset();
  for (const [environment, measured] of environments) setEnvironment(metrics, environment, measured);
  for (const [pool, gauges] of pools) setPool(metrics, pool, gauges);
}

type OfEnvironment = NonNullable<ReturnType<Measured['environments']['get']>>;

function setEnvironment(metrics: Metrics, environment: string, { demand, supply }: OfEnvironment): void {
  const set = (gauge: Gauge<'environment'>, value: number | undefined): void => gauge.set({ environment }, value ?? 0);
  if (demand !== undefined) {
    set(metrics.jobsWaiting, demand.waitingJobs);
    set(metrics.slotsWaiting, demand.waitingSlots);
    set(metrics.jobsRunning, demand.runningJobs);
    set(metrics.slotsRunning, demand.runningSlots);
  }
  if (supply.slots === undefined) return;
  set(metrics.slots, supply.slots);
  set(metrics.busySlots, supply.busySlots);
  set(metrics.failedMachines, (supply.failed ?? 0) + (supply.lost ?? 0));
  for (const phase of plottedPhases) metrics.machines.set({ environment, phase }, supply[phase] ?? 0);
}

function setPool(metrics: Metrics, pool: string, gauges: NonNullable<ReturnType<Measured['pools']['get']>>): void {
  for (const state of ['on', 'off', 'unknown'] as const) metrics.hosts.set({ pool, state }, gauges[state] ?? 0);
  metrics.coresOn.set({ pool }, gauges.coresOn ?? 0);
  metrics.busyCores.set({ pool }, gauges.busyCores ?? 0);
  if ((gauges.on ?? 0) + (gauges.off ?? 0) > 0) metrics.power.set({ pool }, gauges.joules ?? 0);
}
