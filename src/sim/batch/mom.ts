import type { BatchJob } from './job.js';

/** What a worker's mom is like: given by whoever boots the worker. */
export interface Mom {
  /** `ncpus` of its report. */
  readonly cores: number;
  readonly memoryMiB?: number;
  /** False: every job it is given is aborted (C, exit_status -1) while the node stays `free`. */
  readonly usersResolve: boolean;
  /** Asked at each start: 0 runs the job, 1 aborts it, anything else puts it back into its queue. */
  readonly prologueExit?: () => number;
  /** The job stays R and keeps its slots so long after its last command. */
  readonly epilogueMs?: number;
  /**
   * Carries the job's script out on that node, the first of `nodes`, and answers with its exit status; the signal ends it.
   * Left out: nothing is carried out, and the job takes the time that its script says. A rejection ends the job as aborted.
   */
  readonly carryOut?: (job: BatchJob, nodes: readonly string[], signal: AbortSignal) => Promise<number>;
}

/** A mom that lives; it knows what runs there whatever the server believes. */
export interface LiveMom {
  readonly node: string;
  readonly spec: Mom;
  readonly upAt: number;
  /** Nodes whose connections it accepts; undefined: all. */
  sisters: ReadonlySet<string> | undefined;
  /** What it ran lately: the report of instant `at` names those with `from <= at < until`. */
  readonly ran: { readonly job: string; readonly from: number; until: number }[];
}

/** One status update as the server keeps it. */
export interface Report {
  readonly at: number;
  readonly jobs: readonly string[];
  readonly mom: LiveMom;
}

/** The mom takes a job. */
export function takes(mom: LiveMom, job: string, now: number, keepMs: number): void {
  while (mom.ran.length > 0 && mom.ran[0]!.until < now - keepMs) mom.ran.shift();
  mom.ran.push({ job, from: now, until: Number.POSITIVE_INFINITY });
}

/** The mom is rid of a job. */
export function drops(mom: LiveMom, job: string, now: number): void {
  const entry = mom.ran.find((r) => r.job === job && r.until === Number.POSITIVE_INFINITY);
  if (entry !== undefined) entry.until = now;
}

export const reportOf = (mom: LiveMom, at: number): Report => ({
  at,
  mom,
  jobs: mom.ran.filter((r) => r.from <= at && at < r.until).map((r) => r.job),
});
