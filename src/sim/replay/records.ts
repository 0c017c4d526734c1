import type { BatchNode } from '../../model/batch.js';
import type { Job } from '../../model/job.js';
import type { Started } from './scheduler.js';
import type { TraceJob } from './workload.js';

/** A seat as the batch server lists it. */
export interface ListedNode {
  readonly name: string;
  readonly class: string;
  readonly np: number;
  readonly properties: readonly string[];
}

/** What the lean batch server knows of a node. */
export interface Node extends ListedNode {
  npNow: number;
  offline: boolean;
  note: string;
  up: boolean;
  readonly jobs: Map<number, { readonly started: Started; readonly slots: number }>;
  /** Its place in the list of nodes. */
  readonly place: number;
}

/** What the lean batch server is called. */
export const source = 'main';
export const idOf = (number: number): string => `${number + 1}.replay`;

/** The record of a job that waits. */
export const queued = (job: TraceJob, now: number): Job => ({
  source,
  ...{ id: idOf(job.number), name: job.id, owner: job.owner, queue: job.class, state: 'queued' },
  request: { chunks: [], procs: job.slots, walltimeMs: job.walltimeMs, unsupported: [] },
  ...{ submittedAt: now, eligibleAt: now, execHosts: [], dependent: false, holds: '', rerunnable: true },
});

/** A node as the server lists it. */
export function recordOf(node: Node): BatchNode {
  const jobs = [...node.jobs].map(([number, { slots }]) => ({ id: idOf(number), slots }));
  const used = jobs.reduce((sum, { slots }) => sum + slots, 0);
  const health = !node.up ? ['down'] : used >= node.npNow ? ['job-exclusive'] : ['free'];
  return {
    name: node.name,
    states: node.offline ? [...health, 'offline'] : health,
    ...{ np: node.npNow, properties: node.properties, jobs, momJobs: node.up ? jobs.map(({ id }) => id) : [], note: node.note },
    ...(node.up ? { reportedAt: 1 } : {}),
  };
}
