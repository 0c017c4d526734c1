import { chunksOf, type Job, memoryPerSlotMiB } from '../model/job.js';
import type { JobGroup, Verdict } from '../model/world.js';
import { same } from './intake.js';

/** What is worked out of a job's record once. */
export interface Judged {
  readonly verdict: Verdict;
  /** The group it is in while it waits, where an environment serves it. */
  readonly group: string;
}

export const waitingSince = (job: Job): number => job.eligibleAt ?? job.submittedAt;

/** Two jobs with equal keys are the same to the planner. */
function groupKey(job: Job, environment: string): string {
  const places = chunksOf(job.request).map(
    (c) => `${job.request.chunks.length === 0 ? 'procs=' : ''}${c.count}x${c.ppn}${c.properties.map((p) => `:${p}`).join('')}`,
  );
  return [job.source, environment, job.queue, job.owner, places.join('+'), memoryPerSlotMiB(job.request)].join('|');
}

export const judge = (job: Job, verdict: Verdict): Judged => ({
  verdict,
  group: 'environment' in verdict ? groupKey(job, verdict.environment) : '',
});

/** Is all as it was that a job is judged by, whatever has become of it since? */
export const asksTheSame = (before: Job, job: Job): boolean =>
  before.id === job.id &&
  before.source === job.source &&
  before.queue === job.queue &&
  before.owner === job.owner &&
  before.name === job.name &&
  before.group === job.group &&
  before.account === job.account &&
  before.damaged === job.damaged &&
  same(before.request, job.request);

/** `-l procs=N` (and a job without `-l nodes`) takes its slots anywhere; every node of `-l nodes` is a node of its own. */
export const placesOf = (job: Job): JobGroup['places'] =>
  chunksOf(job.request).map((c) => ({
    count: c.count,
    slots: c.ppn,
    properties: c.properties,
    ...(job.request.chunks.length === 0 ? { anywhere: true as const } : {}),
  }));

/** TORQUE's clock counts seconds: of jobs handed in within one, the smaller number is the older. */
export const olderFirst = (a: JobGroup, b: JobGroup): number =>
  a.since - b.since || byNumber(a.sample[0], b.sample[0]) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

const byNumber = (a = '', b = ''): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
