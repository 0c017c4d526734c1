import type { JobList } from '../../src/drivers/job-lists.js';
import type { BatchNode } from '../../src/model/batch.js';

/** A list of jobs that costs less than this beyond a cheap question is asked for every time, ms. */
const dearMs = 1_000;
/** So often in a row the list may be taken for unchanged: what no count shows (`qalter`) is seen then. */
const mostInARow = 3;
/** And it is never taken for unchanged once it is so old, ms: the pauses between polls grow with their cost. */
const oldestMs = 60_000;

/**
 * Spares a dear list of jobs where two cheap answers show that nothing happened: every queue counts as many jobs of
 * every state as before, and on every node are the same jobs.
 */
export class Sparing {
  #signs: string | undefined;
  #list: JobList | undefined;
  #inARow = 0;
  #askedAt = 0;

  /** The list as it was last read, where it may stand for another poll. `mono`: now, on the monotonic clock. */
  spared(signs: string | undefined, mono: number): JobList | undefined {
    if (signs === undefined || signs !== this.#signs || this.#list === undefined) return undefined;
    if (this.#inARow >= mostInARow || mono - this.#askedAt >= oldestMs) return undefined;
    this.#inARow += 1;
    return this.#list;
  }

  /** A list that was asked for at `mono` was read at a cost of `costMs`; `signs` are from before that, so that what happened meanwhile shows as a difference. */
  learn(signs: string | undefined, list: JobList, costMs: number, mono: number): void {
    this.#askedAt = mono;
    this.#inARow = 0;
    this.#signs = costMs < dearMs ? undefined : signs;
    this.#list = list;
  }
}

/** A clock that jumped by more makes every list old, ms. */
const jumpMs = 30_000;

/** What the cheap answers show; undefined where a queue does not tell its counts. `epochMs` is the wall clock less the monotonic one. */
export function signsOf(counts: string | undefined, nodes: readonly BatchNode[], epochMs: number): string | undefined {
  if (counts === undefined) return undefined;
  return [
    String(Math.round(epochMs / jumpMs)),
    counts,
    ...nodes.map(({ name, jobs, momJobs }) => `${name} ${jobs.map((job) => `${job.id}*${job.slots}`).join(',')} ${momJobs.join(',')}`),
  ].join('\n');
}
