import type { Decision } from '../model/decision.js';
import { machinePhases } from '../model/machine.js';
import type { Sketch } from './sketch.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long each resolution is kept, finest first. The sums of one step are exact at every resolution: nothing is averaged twice. */
export const resolutions = [
  { stepMs: minute, keepMs: 2 * day },
  { stepMs: 10 * minute, keepMs: 56 * day },
  { stepMs: hour, keepMs: 427 * day },
] as const;

/** Accounts are kept by the hour, for as long as the coarsest resolution. */
export const accountStepMs = hour;
export const keepAccountsMs = resolutions[2].keepMs;

/** Single stays and thoughts are kept so long, and never more than so many: enough to look back over a week. */
export const keepWeekMs = 8 * day;
export const mostStays = 200_000;
export const mostThoughts = 50_000;

/** Phases as plotted: `ready` is told apart by whether jobs are on the machine; `gone` is no machine any more. */
export const plottedPhases = [...machinePhases.filter((phase) => phase !== 'ready' && phase !== 'gone'), 'idle', 'busy'] as const;
export type PlottedPhase = (typeof plottedPhases)[number];

/** Jobs that no environment serves are shown under this name (no environment can have it). */
export const unserved = '(unserved)';

/**
 * What is summed per environment and step. `demandMs` and `supplyMs`: time in which the batch server answered, and in which
 * the daemon looked. Gauges are their value times ms, over `demandMs` (jobs) or `supplyMs` (machines).
 */
export const environmentSums = [
  ...['demandMs', 'waitingJobs', 'waitingSlots', 'runningJobs', 'runningSlots'],
  ...['supplyMs', 'machines', 'slots', 'busySlots', 'cores', 'joules'],
  ...['started', 'ended', 'waitMs'],
  ...plottedPhases,
] as readonly EnvironmentSum[];
export type EnvironmentSum =
  | ('demandMs' | 'waitingJobs' | 'waitingSlots' | 'runningJobs' | 'runningSlots')
  | ('supplyMs' | 'machines' | 'slots' | 'busySlots' | 'cores' | 'joules')
  | ('started' | 'ended' | 'waitMs')
  | PlottedPhase;

/**
 * What is summed per pool and step. `coveredMs`: time in which the daemon looked. Host times (`on`, `off`, `unknown`) and
 * cores are counts times ms; energies are joules of the hosts whose state was known.
 */
export const poolSums = [
  ...['coveredMs', 'on', 'off', 'unknown', 'coresOn', 'busyCores', 'joules', 'alwaysOnJoules'],
  ...['measured', 'configured', 'assumed', 'wakeWaits'],
] as readonly PoolSum[];
/** `measured`, `configured`, `assumed`: host times by how the draw was known. `wakeWaits`: jobs that wait for a host that is being switched on, times ms. */
export type PoolSum = PowerSum | 'coveredMs' | 'coresOn' | 'busyCores' | 'wakeWaits';

/** What is summed per host and hour: as of its pool. */
export const powerSums = ['on', 'off', 'unknown', 'joules', 'alwaysOnJoules', 'measured', 'configured', 'assumed'] as const;
export type PowerSum = (typeof powerSums)[number];

/** Hours of single hosts are kept so long. */
export const keepHostsMs = 62 * day;

export type Sums<K extends string> = { readonly [key in K]: number };

/** One step of one environment, as stored. */
export interface EnvironmentStep extends Sums<EnvironmentSum> {
  /** Start of the step, epoch ms. */
  readonly at: number;
  readonly name: string;
  /** Waiting times of the jobs that started in it. */
  readonly waits: Sketch;
}

export interface PoolStep extends Sums<PoolSum> {
  readonly at: number;
  readonly name: string;
}

/** One hour of one host, as stored. */
export interface HostHour extends Sums<PowerSum> {
  readonly at: number;
  readonly name: string;
}

/** One value per step of `Series.at`; null where nothing was known (a silent source, a daemon that was away): a gap, not a zero. */
export type Values = readonly (number | null)[];

/** Means over the steps, if nothing else is said. */
export interface EnvironmentSeries {
  /** Eligible jobs that wait for a node, and the slots they ask for. */
  readonly waitingJobs: Values;
  readonly waitingSlots: Values;
  readonly runningJobs: Values;
  readonly runningSlots: Values;
  /** Machines by phase. */
  readonly machines: Readonly<Record<PlottedPhase, Values>>;
  /** np of the machines whose guest is there, and how many of these slots hold jobs. */
  readonly slots: Values;
  readonly busySlots: Values;
  /** busySlots / slots, 0 to 1; null while there are no slots. */
  readonly utilisation: Values;
  /** Jobs that started and ended in the step. */
  readonly started: Values;
  readonly ended: Values;
  /** From eligible to started, of the jobs that started in the step, ms; null where none did. p95 is within 10 %. */
  readonly waitMeanMs: Values;
  readonly waitP95Ms: Values;
  /** Estimated draw of what the environment's machines use, W. */
  readonly powerW: Values;
}

export interface PoolSeries {
  readonly hostsOn: Values;
  readonly hostsOff: Values;
  /** Silent hosts: nothing of them is in the other values. */
  readonly hostsUnknown: Values;
  readonly coresOn: Values;
  /** Cores with jobs on them / cores of hosts that are on, 0 to 1. */
  readonly utilisation: Values;
  /** Estimated draw, W; and what it came to in the step, kWh. */
  readonly powerW: Values;
  readonly energyKWh: Values;
  /** What it would have come to had no host been off, kWh. */
  readonly alwaysOnKWh: Values;
  /** Part of the hosts' known time in which their controllers told the draw, 0 to 1. */
  readonly measured: Values;
  /** Hours that jobs waited in the step while a host was switched on for them. */
  readonly wakeWaitHours: Values;
}

/** What the page plots: one column of steps, and one column of values per line. */
export interface Series {
  readonly stepMs: number;
  /** Starts of the steps, epoch ms, all of them without a hole. */
  readonly at: readonly number[];
  readonly environments: Readonly<Record<string, EnvironmentSeries>>;
  readonly pools: Readonly<Record<string, PoolSeries>>;
  /** All pools together. */
  readonly site: PoolSeries;
}

/** From `since` (within) to `until` (excluded), epoch ms. `stepMs` is one of `resolutions`; absent: the finest that is kept so far back and gives at most 1,500 steps. */
export interface SeriesQuery {
  readonly since: number;
  readonly until: number;
  readonly stepMs?: number;
}

/** What one owner had in one queue and environment within one hour. */
export interface Account {
  /** Start of the hour, epoch ms. */
  readonly at: number;
  readonly environment: string;
  readonly queue: string;
  readonly owner: string;
  readonly started: number;
  readonly ended: number;
  /** Put back into the queue before they ended. */
  readonly requeued: number;
  /** Slots held times ms. */
  readonly coreMs: number;
  /** Sum of the waiting times of those that started. */
  readonly waitMs: number;
  readonly waits: Sketch;
}

/** One job's stay on nodes: enough to let it run again in the simulator, and nobody's name. Instants epoch ms. */
export interface Stay {
  readonly environment: string;
  /** When it could have started: since then it waited. */
  readonly eligibleAt: number;
  readonly startedAt: number;
  /** Absent while it runs. */
  readonly endedAt?: number;
  /** Slots it held. */
  readonly slots: number;
  /** What its user asked for, ms; absent where nothing was said. */
  readonly walltimeMs?: number;
}

/** A decision that was only thought of, because of the mode `watch`: one entry from when it was first made until it was no longer. */
export interface Thought {
  /** What is decided about what: the same decision has the same key. */
  readonly key: string;
  readonly kind: Decision['kind'];
  /** Absent of hosts. */
  readonly environment?: string;
  /** `seat:NAME` of a start, else `machine:ID` or `host:NAME`. */
  readonly subject: string;
  readonly host?: string;
  readonly cores?: number;
  /** The reason it was first made for, in words. */
  readonly why: string;
  readonly since: number;
  /** When it was last seen to stand. */
  readonly until: number;
}

/** Reading the history never waits for a writer. Raises Failure (`denied`, `garbled`, `absent`). */
export interface HistoryReader {
  series(query: SeriesQuery): Series;
  /** Hours that begin in [since, until). */
  accounts(since: number, until: number): readonly Account[];
  /** Hourly steps in [since, until). */
  hours(since: number, until: number): { readonly environments: readonly EnvironmentStep[]; readonly pools: readonly PoolStep[] };
  /** Hours of single hosts that begin in [since, until). */
  hosts(since: number, until: number): readonly HostHour[];
  /** Stays that began, or ended, in [since, until), and those that are not over; of jobs that no environment serves, none. */
  stays(since: number, until: number): readonly Stay[];
  /** Thoughts that stood at some time in [since, until), oldest first. */
  thoughts(since: number, until: number): readonly Thought[];
  /** When the first record was made, epoch ms; undefined in an empty history. */
  beganAt(): number | undefined;
}
