import { type State, states } from './job.js';
import type { JobRecord, Server } from './server.js';

/** The laboratory's book: what the daemon cannot know, to count what was lost or run twice. */
export interface Facts {
  /** Jobs that the server shows, by state; elements of arrays, not arrays. */
  readonly byState: Readonly<Record<State, number>>;
  readonly submitted: number;
  /** qsub commands refused. */
  readonly refused: number;
  readonly completed: number;
  /** Over without having completed, and nobody asked for it: killed, aborted. */
  readonly lost: number;
  /** Completed more than once. */
  readonly runTwice: number;
  /** Runs killed because their node was lost, requeued ones too. */
  readonly killedByNodeLoss: number;
  /** Neither ended nor lost. */
  readonly unfinished: number;
  /** Every job ever submitted, in order. */
  readonly jobs: readonly (JobRecord & { readonly starts: number })[];
}

export function factsOf(server: Server): Facts {
  const jobs = [...server.records.values()].map((record) => ({ ...record, starts: record.runs.filter((run) => run.executed).length }));
  const byState = Object.fromEntries(states.map((state) => [state, server.byState[state].size])) as Record<State, number>;
  const times = (record: JobRecord, why: string): number => record.runs.filter((run) => run.why === why).length;
  const lostCauses = new Set(['killed by node loss', 'aborted']);
  return {
    byState,
    submitted: jobs.length,
    refused: server.refusals,
    completed: jobs.filter((job) => times(job, 'completed') > 0).length,
    lost: jobs.filter((job) => job.ended !== undefined && lostCauses.has(job.ended.why)).length,
    runTwice: jobs.filter((job) => times(job, 'completed') > 1).length,
    killedByNodeLoss: jobs.reduce((sum, job) => sum + times(job, 'killed by node loss'), 0),
    unfinished: jobs.filter((job) => job.ended === undefined).length,
    jobs,
  };
}
