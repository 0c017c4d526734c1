import type { NodeNeed } from './resources.js';

export type State = 'Q' | 'H' | 'W' | 'R' | 'C';
export const states: readonly State[] = ['Q', 'H', 'W', 'R', 'C'];

/** One slot of one node. */
export interface Slot {
  readonly node: string;
  readonly slot: number;
}

/** Why a run ended. */
export type EndCause = 'completed' | 'killed by node loss' | 'killed by walltime' | 'deleted' | 'aborted' | 'requeued';

/** One time that a mom took the job. */
export interface Run {
  readonly startedAt: number;
  readonly nodes: readonly string[];
  /** False when the job's own commands never began (prologue, user unknown). */
  executed: boolean;
  endedAt?: number;
  why?: EndCause;
  exit?: number;
}

/** A run as the server sees it, from the placing to the release of its slots. */
export interface Execution {
  readonly slots: readonly Slot[];
  readonly nodes: readonly string[];
  readonly session: number;
  readonly run?: Run;
  /** Its moms cannot talk to each other: R for ever. */
  readonly hung: boolean;
  /** Takes back what the agenda would do to it. */
  cancel: () => void;
}

export interface Dependency {
  readonly type: string;
  readonly job: string;
}

/** A job as pbs_server keeps it. Instants are epoch ms. */
export interface BatchJob {
  /** `12.server`, `12[].server`, `12[3].server`. */
  readonly id: string;
  readonly kind: 'plain' | 'array' | 'element';
  /** Place in the order of the queues, changed by `qorder` alone (Server.swap). */
  rank: number;
  readonly name: string;
  readonly owner: string;
  queue: string;
  readonly originalQueue: string;
  state: State;
  /** Rises with every change. */
  revision: number;
  /** The user's resources, with the queue's defaults. */
  resources: Map<string, string>;
  nodes: readonly NodeNeed[] | undefined;
  procs: number | undefined;
  /** What managers are shown and the scheduler uses. */
  neednodes: string | undefined;
  /** Property from `neednodes` of the queue; only for jobs without `-l nodes`. */
  defaultNeeds: readonly string[];
  /** Letters u, o, s; `l` is the array's slot limit. */
  readonly holds: Set<string>;
  depends: Dependency[];
  dependents: Dependency[];
  executionAt: number | undefined;
  readonly account: string | undefined;
  rerunnable: boolean;
  readonly joinPath: string;
  readonly errorPath: string;
  readonly outputPath: string;
  readonly variables: string;
  readonly submitArgs: string;
  readonly extra: string | undefined;
  priority: number;
  readonly arrayRequest: string | undefined;
  readonly arrayIndex: number | undefined;
  readonly slotLimit: number | undefined;
  readonly parent: BatchJob | undefined;
  readonly elements: BatchJob[];
  /** What qsub was handed, for moms that carry it out; arrays' elements share it. */
  readonly script: string;
  readonly runSeconds: number;
  readonly scriptExit: number;
  readonly createdAt: number;
  modifiedAt: number;
  queuedAt: number;
  eligibleAt: number | undefined;
  startedAt: number | undefined;
  completedAt: number | undefined;
  startCount: number;
  exitStatus: number | undefined;
  execution: Execution | undefined;
  /** Kept after the end, for `exec_host` of a completed job. */
  lastExecution: Execution | undefined;
  comment: string | undefined;
  /** Takes back a waiting job's `-a`, or a completed job's removal. */
  cancel: () => void;
}

/** Same key: the scheduler treats them alike. */
export const shapeKey = (job: BatchJob): string =>
  `${job.resources.get('nodes') ?? ''}|${job.procs ?? ''}|${job.nodes === undefined ? job.defaultNeeds.join(':') : ''}`;

/** Writes the end of a run down, once. */
export function endRun(execution: Execution, at: number, why: EndCause, exit?: number): void {
  const { run } = execution;
  if (run === undefined || run.endedAt !== undefined) return;
  run.endedAt = at;
  run.why = why;
  if (exit !== undefined) run.exit = exit;
}
