import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Batch, BatchCheck, BatchSetup } from './batch.js';
import type { Classroom } from './classroom.js';
import { Failure } from './failure.js';
import type { Hypervisor } from './hypervisor.js';
import type { JobLists, ReaderPart } from './job-lists.js';
import type { Names } from './names.js';
import type { Power } from './power.js';
import type { Runner } from './runner.js';
import type { Scheduler, SchedulerCheck } from './scheduler.js';
import type { Shell } from './shell.js';

/** Checks a plugin's own part of domus.yaml. zod schemas fit (`safeParse`). */
export interface ConfigSchema<C> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: C }
    | { readonly success: false; readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } };
}

/** What a plugin is handed. */
export interface Tools {
  readonly shell: Shell;
  readonly clock: Clock;
  readonly log: Log;
}

interface Kinds {
  /** `lists` reads long lists of jobs off the main thread; without it the driver reads them itself. */
  batch: { driver: Batch & BatchSetup & BatchCheck; tools: Tools & { readonly name: string; readonly lists?: JobLists } };
  runner: { driver: Runner; tools: Tools & { readonly hosts: ReadonlyMap<string, { readonly address: string; readonly port: number }> } };
  hypervisor: { driver: Hypervisor; tools: Tools & { readonly runner: Runner } };
  names: { driver: Names; tools: Tools };
  /** `name` is the pool whose hosts it switches. */
  power: { driver: Power; tools: Tools & { readonly name: string } };
  /** `name` is the pool whose hosts it speaks to, `hosts` where they are reached. */
  classroom: {
    driver: Classroom;
    tools: Tools & { readonly name: string; readonly hosts: ReadonlyMap<string, { readonly address: string; readonly port: number }> };
  };
  /** `name` is the batch server that it schedules for. */
  scheduler: { driver: Scheduler & SchedulerCheck; tools: Tools & { readonly name: string } };
}
export type PluginKind = keyof Kinds;
export type DriverOf<K extends PluginKind> = Kinds[K]['driver'];
export type ToolsOf<K extends PluginKind> = Kinds[K]['tools'];

/** Default-named export `plugin` of `plugins/NAME/index.ts`. */
export interface Plugin<K extends PluginKind, C = unknown> {
  readonly name: string;
  readonly kind: K;
  readonly contract: 1;
  readonly config: ConfigSchema<C>;
  create(config: C, tools: ToolsOf<K>): DriverOf<K>;
}

/** Loads `plugins/NAME`. Raises Failure `absent` for an unknown name, `refused` for another kind or contract. */
export async function loadPlugin<K extends PluginKind>(kind: K, name: string): Promise<Plugin<K>> {
  const { plugin } = (await load(name, 'index')) as { plugin?: Plugin<K> };
  if (plugin?.kind !== kind || plugin.contract !== 1) throw new Failure('refused', `plugin "${name}" is no ${kind} plugin of contract 1`);
  return plugin;
}

/** Loads only what reads a batch plugin's lists of jobs. Raises Failure `absent`. */
export async function loadReader(name: string): Promise<ReaderPart> {
  const { reader } = (await load(name, 'reader')) as { reader?: ReaderPart };
  if (reader === undefined) throw new Failure('absent', `plugin "${name}" has no reader of lists`);
  return reader;
}

/** The only dynamic import. */
async function load(name: string, file: 'index' | 'reader'): Promise<unknown> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Failure('absent', `plugin name "${name}" is not a word of a-z, 0-9 and -`);
  try {
    return await import(new URL(`../../plugins/${name}/${file}.js`, import.meta.url).href);
  } catch (thrown) {
    throw new Failure('absent', `plugin "${name}" cannot be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}
