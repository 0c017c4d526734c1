import { chunksOf, type Job, jobKey, memoryPerSlotMiB } from '../model/job.js';
import type { JobGroup, Verdict } from '../model/world.js';

/** What is worked out of a job's record once. */
export interface Judged {
  readonly key: string;
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
  key: jobKey(job),
  verdict,
  group: 'environment' in verdict ? groupKey(job, verdict.environment) : '',
});

/** `-l procs=N` (and a job without `-l nodes`) takes its slots anywhere; every node of `-l nodes` is a node of its own. */
const placesOf = (job: Job): JobGroup['places'] =>
  chunksOf(job.request).map((c) => ({
    count: c.count,
    slots: c.ppn,
    properties: c.properties,
    ...(job.request.chunks.length === 0 ? { anywhere: true as const } : {}),
  }));

/** No planner gives more machines to one environment at once. */
const mostAges = 256;

/** The group as the planner reads it; `members` from place `from` on, the oldest first. */
export function finished(key: string, environment: string, members: readonly Job[], from: number): JobGroup {
  const first = members[from] as Job;
  return {
    ...{ key, source: first.source, environment, queue: first.queue, owner: first.owner },
    ...{ places: placesOf(first), perSlotMiB: memoryPerSlotMiB(first.request), count: members.length - from, since: waitingSince(first) },
    sample: members.slice(from, from + 3).map(({ id }) => id),
    ages: members.slice(from, from + mostAges).map(waitingSince),
  };
}

/** TORQUE's clock counts seconds: of jobs handed in within one, the smaller number is the older. */
export const olderFirst = (a: JobGroup, b: JobGroup): number =>
  a.since - b.since || byNumber(a.sample[0], b.sample[0]) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

const byNumber = (a = '', b = ''): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
