import type { BatchSnapshot } from '../model/batch.js';
import { isEligible, type Job } from '../model/job.js';
import type { Reason } from '../model/reason.js';
import { isBatchHeld, nameInScheduler, type SchedulerSnapshot } from '../model/scheduler.js';
import { atATime, atOnce, type Slices } from '../model/slices.js';
import type { JobGroup, Verdict } from '../model/world.js';
import { type Judged, judge, waitingSince } from './group.js';
import { JobIndex, type NodesChanged } from './job-index.js';
import { LateMap } from './late-map.js';
import { strangersOf } from './strangers.js';

export type Classify = (job: Job, snapshot: BatchSnapshot) => Verdict;

/** What one batch server's snapshot means, once classified. */
export interface SourceJobs {
  readonly snapshot: BatchSnapshot;
  readonly classify: Classify;
  /** The scheduler's last word, where one is asked: jobs that it holds for good are in no group. */
  readonly scheduler: SchedulerSnapshot | undefined;
  /** Made when somebody asks: the planner reads groups. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly unserved: ReadonlyMap<string, Reason>;
  readonly groups: readonly JobGroup[];
  /** Those in groups that the scheduler has put aside, oldest first. */
  readonly deferred: readonly Job[];
  /** Node name -> ids of jobs that hold slots there; an unchanged list is the same list. */
  readonly byNode: ReadonlyMap<string, readonly string[]>;
  /** Where it was made of another one: of which, and what is different. */
  readonly nodesChanged: NodesChanged | undefined;
  readonly index: Kept;
}

/** The index belongs to the newest snapshot it was brought to; whoever holds an older one makes his own. Absent while it is on its way to another. */
interface Kept {
  readonly index: JobIndex;
  /** Of the jobs in it: an unchanged one (the same record) is not judged again. */
  readonly memory: Map<Job, Judged>;
  at: BatchSnapshot | undefined;
}

/** Eligible jobs of our environments that the scheduler has put aside, oldest first. */
function deferredOf(scheduler: SchedulerSnapshot | undefined, jobs: SourceJobs['jobs'], verdicts: SourceJobs['verdicts']): readonly Job[] {
  const names = new Set([...(scheduler?.held ?? [])].flatMap(([name, hold]) => (hold.state === 'deferred' ? [name] : [])));
  if (names.size === 0) return [];
  const served = (key: string): boolean => 'environment' in (verdicts.get(key) ?? {});
  const deferred = [...jobs].filter(([key, job]) => isEligible(job) && served(key) && names.has(nameInScheduler(job.id)));
  return deferred.map(([, job]) => job).sort((a, b) => waitingSince(a) - waitingSince(b));
}

/**
 * Classifies and groups a snapshot's jobs. Only what differs from `previous` is worked out anew, and nothing when
 * snapshot, classifier and what the scheduler holds are the same.
 */
export const readJobs = (previous: SourceJobs | undefined, snapshot: BatchSnapshot, classify: Classify, scheduler?: SchedulerSnapshot): SourceJobs =>
  atOnce(readingJobs(previous, snapshot, classify, scheduler));

/** The same in slices. */
export function* readingJobs(previous: SourceJobs | undefined, snapshot: BatchSnapshot, classify: Classify, scheduler?: SchedulerSnapshot): Slices<SourceJobs> {
  const sameRules = previous !== undefined && previous.classify === classify && previous.snapshot.queues === snapshot.queues;
  const sameHolds = previous?.scheduler?.held === scheduler?.held;
  if (sameRules && sameHolds && previous.snapshot === snapshot) return previous;
  const known = sameRules ? previous.index.memory : undefined;
  const kept = sameRules && sameHolds && previous.index.at === previous.snapshot ? previous.index : begin(scheduler);
  yield* bring(kept, snapshot, (job) => known?.get(job) ?? judge(job, classify(job, snapshot)));
  const { index, memory } = kept;
  const judged = (job: Job): Judged => memory.get(job) ?? judge(job, classify(job, snapshot));
  const living = (): readonly Job[] => snapshot.jobs.filter((job) => job.state !== 'complete');
  const jobs = new LateMap(() => living().map((job) => [judged(job).key, job]));
  const verdicts = new LateMap(() => living().map((job) => [judged(job).key, judged(job).verdict]));
  return {
    snapshot,
    ...{ classify, scheduler, jobs, verdicts },
    ...{ groups: yield* index.groups(), unserved: index.unserved() },
    ...index.byNode(),
    deferred: deferredOf(scheduler, jobs, verdicts),
    index: kept,
  };
}

function begin(scheduler: SchedulerSnapshot | undefined): Kept {
  const memory = new Map<Job, Judged>();
  const judged = (job: Job): Judged => {
    const found = memory.get(job);
    if (found === undefined) throw new RangeError(`job ${job.id} was not judged`);
    return found;
  };
  return { index: new JobIndex(judged, (job) => isBatchHeld(scheduler, job.id)), memory, at: undefined };
}

/** Brings the index to another snapshot: only what differs is taken out, judged and put in. */
function* bring(kept: Kept, snapshot: BatchSnapshot, judged: (job: Job) => Judged): Slices<void> {
  const { index, memory } = kept;
  const { places, left } = strangersOf(kept.at?.jobs ?? [], snapshot.jobs);
  kept.at = undefined;
  let count = 0;
  for (const job of left) {
    if (++count % atATime === 0) yield;
    index.remove(job);
    memory.delete(job);
  }
  for (const place of places) {
    if (++count % atATime === 0) yield;
    const job = snapshot.jobs[place] as Job;
    memory.set(job, judged(job));
    index.add(job);
  }
  yield;
  kept.at = snapshot;
}
