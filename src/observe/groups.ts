import type { BatchSnapshot } from '../model/batch.js';
import { chunksOf, holdsNodes, isEligible, type Job, jobKey, memoryPerSlotMiB } from '../model/job.js';
import { isBatchHeld, nameInScheduler, type SchedulerSnapshot } from '../model/scheduler.js';
import type { JobGroup, Verdict } from '../model/world.js';

export type Classify = (job: Job, snapshot: BatchSnapshot) => Verdict;

/** What one batch server's snapshot means, once classified. */
export interface SourceJobs {
  readonly snapshot: BatchSnapshot;
  readonly classify: Classify;
  /** The scheduler's last word, where one is asked: jobs that it holds for good are in no group. */
  readonly scheduler: SchedulerSnapshot | undefined;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly groups: readonly JobGroup[];
  /** Those in groups that the scheduler has put aside, oldest first. */
  readonly deferred: readonly Job[];
  /** Node name -> ids of jobs that hold slots there. */
  readonly byNode: ReadonlyMap<string, readonly string[]>;
  /** An unchanged job (same record) is not judged again. */
  readonly memory: WeakMap<Job, Judged>;
}

/** What is worked out of a job's record once. */
interface Judged {
  readonly key: string;
  readonly verdict: Verdict;
  /** The group it is in while it waits, where an environment serves it. */
  readonly group: string;
}

interface Growing {
  environment: string;
  first: Job;
  since: number;
  count: number;
  sample: { readonly id: string; readonly since: number }[];
}

const waitingSince = (job: Job): number => job.eligibleAt ?? job.submittedAt;

/** Two jobs with equal keys are the same to the planner. */
function groupKey(job: Job, environment: string): string {
  const places = chunksOf(job.request).map(
    (c) => `${job.request.chunks.length === 0 ? 'procs=' : ''}${c.count}x${c.ppn}${c.properties.map((p) => `:${p}`).join('')}`,
  );
  return [job.source, environment, job.queue, job.owner, places.join('+'), memoryPerSlotMiB(job.request)].join('|');
}

const judge = (job: Job, verdict: Verdict): Judged => ({
  key: jobKey(job),
  verdict,
  group: 'environment' in verdict ? groupKey(job, verdict.environment) : '',
});

function note(byNode: Map<string, string[]>, job: Job): void {
  for (const { node } of job.execHosts) {
    const there = byNode.get(node);
    if (there === undefined) byNode.set(node, [job.id]);
    else there.push(job.id);
  }
}

function add(groups: Map<string, Growing>, key: string, job: Job, environment: string): void {
  const since = waitingSince(job);
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, { environment, first: job, since, count: 1, sample: [{ id: job.id, since }] });
    return;
  }
  group.count++;
  if (since < group.since) group.since = since;
  const last = group.sample[group.sample.length - 1];
  if (group.sample.length < 3 || (last !== undefined && since < last.since)) {
    group.sample.push({ id: job.id, since });
    group.sample.sort((a, b) => a.since - b.since);
    group.sample.length = Math.min(3, group.sample.length);
  }
}

/** `-l procs=N` (and a job without `-l nodes`) takes its slots anywhere; every node of `-l nodes` is a node of its own. */
const placesOf = (job: Job): JobGroup['places'] =>
  chunksOf(job.request).map((c) => ({
    count: c.count,
    slots: c.ppn,
    properties: c.properties,
    ...(job.request.chunks.length === 0 ? { anywhere: true as const } : {}),
  }));

const finished = (key: string, group: Growing): JobGroup => ({
  key,
  source: group.first.source,
  environment: group.environment,
  queue: group.first.queue,
  owner: group.first.owner,
  places: placesOf(group.first),
  perSlotMiB: memoryPerSlotMiB(group.first.request),
  count: group.count,
  since: group.since,
  sample: group.sample.map((s) => s.id),
});

export const olderFirst = (a: JobGroup, b: JobGroup): number => a.since - b.since || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Eligible jobs of our environments that the scheduler has put aside, oldest first. */
function deferredOf(scheduler: SchedulerSnapshot | undefined, jobs: SourceJobs['jobs'], verdicts: SourceJobs['verdicts']): readonly Job[] {
  const names = new Set([...(scheduler?.held ?? [])].flatMap(([name, hold]) => (hold.state === 'deferred' ? [name] : [])));
  if (names.size === 0) return [];
  const served = (key: string): boolean => 'environment' in (verdicts.get(key) ?? {});
  const deferred = [...jobs].filter(([key, job]) => isEligible(job) && served(key) && names.has(nameInScheduler(job.id)));
  return deferred.map(([, job]) => job).sort((a, b) => waitingSince(a) - waitingSince(b));
}

/** Classifies and groups a snapshot's jobs; nothing is done when snapshot, classifier and what the scheduler holds are those of `previous`. */
export function readJobs(previous: SourceJobs | undefined, snapshot: BatchSnapshot, classify: Classify, scheduler?: SchedulerSnapshot): SourceJobs {
  if (previous?.snapshot === snapshot && previous.classify === classify && previous.scheduler?.held === scheduler?.held) return previous;
  const memory =
    previous !== undefined && previous.classify === classify && previous.snapshot.queues === snapshot.queues ? previous.memory : new WeakMap<Job, Judged>();
  const jobs = new Map<string, Job>();
  const verdicts = new Map<string, Verdict>();
  const byNode = new Map<string, string[]>();
  const growing = new Map<string, Growing>();
  for (const job of snapshot.jobs) {
    if (job.state === 'complete') continue;
    const known = memory.get(job);
    const judged = known ?? judge(job, classify(job, snapshot));
    if (known === undefined) memory.set(job, judged);
    const { key, verdict, group } = judged;
    jobs.set(key, job);
    verdicts.set(key, verdict);
    if (holdsNodes(job)) note(byNode, job);
    else if ('environment' in verdict && isEligible(job) && !isBatchHeld(scheduler, job.id)) add(growing, group, job, verdict.environment);
  }
  const groups = [...growing].map(([key, group]) => finished(key, group)).sort(olderFirst);
  return { snapshot, classify, scheduler, jobs, verdicts, groups, deferred: deferredOf(scheduler, jobs, verdicts), byNode, memory };
}
