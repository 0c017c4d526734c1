import { type Range, type Size, stepUp } from './size.js';

export const modes = ['watch', 'advise', 'act'] as const;
/** `watch`: deeds only recorded; `advise`: decisions wait for a person's yes; `act`. */
export type Mode = (typeof modes)[number];

export interface EnvironmentImage {
  readonly name: string;
  /** `latest` (the published version, or the newest that the host sees) or one version by name. */
  readonly version: string;
}

/** Where a machine's jobs may put what they need for a while. */
export interface Scratch {
  readonly on: 'host' | 'memory';
  readonly sizeMiB: number;
}

/** What a machine takes of its host's own disk, MiB. */
export const ownDiskMiB = ({ scratch, swapMiB = 0 }: Pick<Environment, 'scratch' | 'swapMiB'>): number =>
  swapMiB + (scratch?.on === 'host' ? scratch.sizeMiB : 0);

/** How machines of another version than the wanted one are replaced. */
export interface Reimage {
  /** Leaving, or new and not ready yet, at a time; 0: only what is new gets the new version. */
  readonly atOnce: number;
  /** Busy ones take no new jobs when it is their turn, or are waited for until they are idle by themselves. */
  readonly busy: 'drain' | 'wait';
}
export const usualReimage: Reimage = { atOnce: 1, busy: 'drain' };

/** How the guest boots. Paths are relative to the image version's folder. */
export interface BootWay {
  readonly type: 'pvh' | 'pv' | 'hvm';
  readonly kernel: string;
  readonly ramdisk?: string;
  /** Extra kernel arguments, each one word. */
  readonly args: readonly string[];
}

/** A class of jobs' world. */
export interface Environment {
  readonly name: string;
  readonly mode: Mode;
  readonly image: EnvironmentImage;
  /** Absent: `usualReimage`. */
  readonly reimage?: Reimage;
  readonly boot: BootWay;
  readonly cores: Range;
  readonly memoryMiB: Range;
  /** Memory one slot needs: np = min(cores, memory / this). */
  readonly memoryPerCoreMiB: number;
  readonly diskMiB: number;
  /** Scratch space for jobs: a disk of its host's own, or part of its own memory; absent: only its thin disk. */
  readonly scratch?: Scratch;
  /** Swap on a disk of its host's own; absent: none. */
  readonly swapMiB?: number;
  /** Physical CPUs that it may run on, in `xl`'s words (`2-7`, `node:0`); absent: all. */
  readonly cpus?: string;
  readonly serves: {
    readonly source: string;
    readonly queues: readonly string[];
    readonly properties: readonly string[];
    readonly accounts: readonly string[];
    /** CEL over the job's plain facts; true = this environment serves it. */
    readonly jobs?: string;
  };
  readonly pools: readonly string[];
  /** Machines: never fewer, never more, idle ones kept beyond demand. */
  readonly min: number;
  readonly max: number;
  readonly spare: number;
  /** Seats never started, listed with the largest np so that qsub stays feasible. */
  readonly feasibilitySeats: number;
  /** Longest walltime of its jobs, ms: `setup` gives it to its queues. Absent: none is known, so it runs in no pool with a calendar. */
  readonly maxWalltimeMs?: number;
  readonly idleMs: number;
  /** Larger goes first; default 1, range 0.1 to 100: waiting time counts this many times. */
  readonly priority: number;
  /** Guaranteed share of the pools' cores, 0 to 1. */
  readonly share: number;
  /** Within these bounds its operators may set the share; absent: only the configuration does. */
  readonly shareWithin?: { readonly min: number; readonly max: number };
  readonly bootDeadlineMs: number;
  /** A failed machine is kept this long for inspection. */
  readonly keepFailedMs: number;
  /** When its machines may be moved to other hosts: never, only without a job on them (the default), or with their jobs. */
  readonly moves?: 'never' | 'idle' | 'busy';
  /** A rerunnable job whose every guest is proved gone: left as it is, or put back into its queue. */
  readonly lostJobs: 'leave' | 'requeue';
  /** Readiness checks that the guest must report as passed. */
  readonly checks: readonly string[];
}

/** Slots a machine of that size offers: min(cores, memory / per-core memory), at least 1. */
export const npOf = (env: Environment, size: Size): number => Math.max(1, Math.min(size.cores, Math.floor(size.memoryMiB / env.memoryPerCoreMiB)));

export const largestSize = (env: Environment): Size => ({ cores: env.cores.max, memoryMiB: env.memoryMiB.max });

/** Smallest size with `slots` slots of `perSlotMiB` each (never less than the environment's own per-core memory); undefined when none is that large. */
export function sizeFor(env: Environment, slots: number, perSlotMiB: number): Size | undefined {
  const cores = stepUp(env.cores, slots);
  const memoryMiB = stepUp(env.memoryMiB, slots * Math.max(perSlotMiB, env.memoryPerCoreMiB));
  return cores === undefined || memoryMiB === undefined ? undefined : { cores, memoryMiB };
}
