import { type BaselineName, replayBaseline } from './baselines.js';
import { type Making, workloadOf } from './classes.js';
import { replayDomus } from './domus.js';
import { exampleLog } from './example.js';
import type { Log } from './logged.js';
import { readLog } from './read-log.js';
import { shaken } from './shake.js';
import type { PolicyWish } from './site.js';
import type { Refill, Run, Site, Workload } from './workload.js';

/** Where jobs come from and how they become a workload: enough for any process to make the same one. */
export interface Source {
  /** Files and folders; none: the made-up example. */
  readonly paths: readonly string[];
  readonly coresPer: number;
  readonly making: Making;
}

/** What is replayed on one site. */
export interface Assignment {
  readonly source: Source;
  readonly site: Site;
}

export type Scenario =
  | { readonly kind: 'baseline'; readonly name: BaselineName }
  /** The daemon's own loop; `policy` over its defaults; hosts that nobody needs are switched off unless they are always on. */
  | { readonly kind: 'domus'; readonly name: string; readonly policy?: PolicyWish; readonly alwaysOn?: true };

/** One run. */
export interface Task {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Are submissions shaken by the seed, or as they were? */
  readonly shake: boolean;
  readonly refill: Refill;
}

/** Reads the log of a source. Rejects with a `LogError`. */
export const logOf = async ({ paths, coresPer }: Source): Promise<Log> => (paths.length === 0 ? exampleLog() : readLog(paths, coresPer));

/** Processor time of this process so far, ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const made = new WeakMap<Workload, Map<number, Workload>>();

/** The workload of one task: one and the same for every scenario of a seed. */
export function workloadFor(workload: Workload, { seed, shake }: Pick<Task, 'seed' | 'shake'>): Workload {
  if (!shake) return workload;
  const bySeed = made.get(workload) ?? new Map<number, Workload>();
  made.set(workload, bySeed);
  const known = bySeed.get(seed) ?? shaken(workload, seed);
  bySeed.set(seed, known);
  return known;
}

/** Does one run, here and now. `progress` hears now and then how much is over, 0 to 1. */
export async function perform(task: Task, workload: Workload, site: Site, progress: (part: number) => void): Promise<Run> {
  const { scenario, seed, refill } = task;
  const options = { seed, refill, cpuMs, progress };
  const submitted = workloadFor(workload, task);
  if (scenario.kind === 'baseline') return replayBaseline(scenario.name, submitted, site, options);
  const { name, policy, alwaysOn = false } = scenario;
  return replayDomus(submitted, site, { ...options, scenario: name, alwaysOn, ...(policy === undefined ? {} : { policy }) });
}

export const workloadOfSource = async (source: Source): Promise<Workload> => workloadOf(await logOf(source), source.making);
