import type { Job } from './job.js';

/** A job's slots on a node, in the server's view. */
export interface NodeJob {
  readonly id: string;
  readonly slots: number;
}

/** A worker node as the batch system lists it. */
export interface BatchNode {
  readonly name: string;
  /** The raw words (`free`, `offline`, `down`, `job-exclusive`, `MOM-list-not-sent`, ...): unknown ones are tolerated. */
  readonly states: readonly string[];
  readonly np: number;
  readonly properties: readonly string[];
  /** The server's view of what runs there. */
  readonly jobs: readonly NodeJob[];
  /** The mom's own view (`jobs=` of its status). */
  readonly momJobs: readonly string[];
  readonly note: string;
  /** The mom's last report on the *server's* clock, epoch ms; absent when it never reported. */
  readonly reportedAt?: number;
}

export interface BatchQueue {
  readonly name: string;
  readonly kind: 'execution' | 'route';
  readonly enabled: boolean;
  readonly started: boolean;
  /** `resources_default.neednodes`: a default only (jobs with `-l nodes` do not get it under pbs_sched). */
  readonly neednodes?: string;
  /** `resources_default.nodes`: what a job without `-l nodes` asks for, shown to everybody. */
  readonly defaultNodes?: string;
  readonly defaultWalltimeMs?: number;
  /** `resources_max.walltime`: longer jobs are refused. */
  readonly maxWalltimeMs?: number;
  readonly maxRunning?: number;
}

export interface BatchServer {
  readonly name: string;
  readonly version: string;
  readonly scheduling: boolean;
  /** `scheduler_iteration`. */
  readonly iterationMs: number;
  /** `auto_node_np`: overwrites np with the mom's cores; must be off. */
  readonly autoNodeNp: boolean;
}

/** Everything one batch server said in one poll. */
export interface BatchSnapshot {
  readonly jobs: readonly Job[];
  readonly nodes: readonly BatchNode[];
  readonly queues: readonly BatchQueue[];
  readonly server: BatchServer;
  /** What could not be read whole (a job's ill-formed bytes, say), as sentences. */
  readonly warnings: readonly string[];
  /** What the list of jobs cost beyond a cheap question to the same server, ms; absent = nothing. */
  readonly costMs?: number;
}

export const isOffline = (node: BatchNode): boolean => node.states.includes('offline');
/** Unreachable, or not yet heard: anything a scheduler will not use, other than offline. */
export const isDown = (node: BatchNode): boolean =>
  node.states.some((s) => s === 'down' || s === 'unknown' || s === 'state-unknown' || s === 'MOM-list-not-sent');
export const isOnline = (node: BatchNode): boolean => !isOffline(node) && !isDown(node);
export const slotsUsed = (node: BatchNode): number => node.jobs.reduce((sum, j) => sum + j.slots, 0);
export const slotsFree = (node: BatchNode): number => (isOnline(node) ? Math.max(0, node.np - slotsUsed(node)) : 0);
/** Busy in anybody's view: server's, or mom's. */
export const hasJobs = (node: BatchNode): boolean => node.jobs.length > 0 || node.momJobs.length > 0;

/** Start of every note we write; an offline node without it belongs to a person. */
export const notePrefix = 'domus: ';
