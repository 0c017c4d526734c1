import type { BatchNode, BatchSnapshot } from '../model/batch.js';

/** The safety read before a stop: one node, and every job whose exec_host names it. */
export interface NodeCheck {
  readonly node: BatchNode;
  /** Ids of jobs with this node in exec_host, whatever the node itself says. */
  readonly jobsNamingIt: readonly string[];
}

export interface Admission {
  readonly node: string;
  readonly np: number;
}

/**
 * The batch system, with operator rights only. Every change is read back before it is believed (`pbsnodes -o` exits 0
 * when it fails). All raise Failure; `admit` and `withhold` raise `refused` when the read-back shows otherwise,
 * `absent` when the node is not listed, `denied` without the right.
 */
export interface Batch {
  /** Everything: jobs (arrays expanded), nodes, queues, server. Zero jobs and zero nodes are normal answers. */
  read(signal: AbortSignal): Promise<BatchSnapshot>;
  readNode(node: string, signal: AbortSignal): Promise<NodeCheck>;
  /** Sets np, clears offline and our note. Several callers at once are served by one command. Raises `refused` when the node is offline by a person (note without our prefix). */
  admit(admission: Admission, signal: AbortSignal): Promise<void>;
  /** Sets offline with the note (which starts with `notePrefix`), and np where given. A node already offline by a person is left alone: `refused`. */
  withhold(node: string, note: string, np: number | undefined, signal: AbortSignal): Promise<void>;
  /** One scheduling cycle; false (and nothing done) where scheduling is off. */
  cycle(signal: AbortSignal): Promise<boolean>;
  /** Puts a rerunnable job back into its queue without asking its mom (`qrerun -f`). */
  requeue(job: string, signal: AbortSignal): Promise<void>;
  /**
   * The two waiting jobs of one queue change places in its order (`qorder`). Twice changes them back. Nothing is done when
   * `job` does not wait any more; `refused` when `before` does not, or stands in another queue; `absent` when either is unknown.
   */
  advance(job: string, before: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What must stand in the batch system for a seat. */
export interface SeatWish {
  readonly node: string;
  readonly np: number;
  readonly properties: readonly string[];
}

/** What must stand for a queue that an environment serves. */
export interface QueueWish {
  readonly queue: string;
  readonly neednodes?: string;
  /** No job of the queue may last longer, ms; one that names no walltime gets it. */
  readonly maxWalltimeMs?: number;
}

/** One command a manager types, and why. */
export interface SetupStep {
  readonly argv: readonly string[];
  readonly why: string;
}

/** Manager's rights, used by `domus torque setup` only. */
export interface BatchSetup {
  diff(seats: readonly SeatWish[], queues: readonly QueueWish[], signal: AbortSignal): Promise<readonly SetupStep[]>;
  /** Carries the steps out one by one; stops at the first that fails and raises its Failure. Progress through `said`. */
  apply(steps: readonly SetupStep[], said: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/** What `domus check --live` asks. Each finding is one sentence. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly what: string;
  /** What to do about it; absent for ok. */
  readonly remedy?: string;
}
export interface BatchCheck {
  examine(seats: readonly SeatWish[], queues: readonly QueueWish[], signal: AbortSignal): Promise<readonly Finding[]>;
}
