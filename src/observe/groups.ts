import type { BatchSnapshot } from '../model/batch.js';
import { holdsNodes, isEligible, type Job, jobKey } from '../model/job.js';
import type { Reason } from '../model/reason.js';
import { isBatchHeld, nameInScheduler, type SchedulerSnapshot } from '../model/scheduler.js';
import { atATime, atOnce, type Slices } from '../model/slices.js';
import type { JobGroup, Verdict } from '../model/world.js';
import { asksTheSame, type Judged, judge, waitingSince } from './group.js';
import { JobIndex, type NodesChanged } from './job-index.js';
import { LateMap } from './late-map.js';
import { broughtAlong, type Strangers, walkedAgain } from './strangers.js';

/** By what the job asks for (`asksTheSame`) and by the queues: not asked again while these stand. */
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
  /** Beside the snapshot's jobs. */
  readonly judged: readonly Judged[];
  readonly index: Kept;
}

/** The index belongs to the newest snapshot it was brought to; whoever holds an older one makes his own. Absent while it is on its way to another. */
interface Kept {
  readonly index: JobIndex;
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
  const last = sameRules ? previous : undefined;
  const strangers = walkedAgain(last?.snapshot.jobs ?? none, snapshot.jobs);
  const again = askingAgain(last, snapshot, strangers);
  // no function made here may name `last`: those of `jobs` and `verdicts` would keep it, it the one before, and so on
  const judged = yield* judgedAnew(
    broughtAlong(last?.judged ?? none, snapshot.jobs.length, strangers),
    strangers.places,
    judging(last, again, snapshot, classify),
  );
  const kept = last !== undefined && sameHolds && last.index.at === last.snapshot ? last.index : begin(scheduler);
  if (kept === last?.index) yield* bring(last, { snapshot, judged }, strangers, again);
  else yield* addAll(kept, { snapshot, judged });
  const { index } = kept;
  const living = (): readonly number[] => [...snapshot.jobs.keys()].filter((at) => snapshot.jobs[at]?.state !== 'complete');
  const running = (key: string): Job | undefined => (kept.at === snapshot ? index.running(key) : undefined);
  const entries = (places: readonly number[]) => places.map((at) => [jobKey(snapshot.jobs[at] as Job), snapshot.jobs[at] as Job] as const);
  const jobs = new LateMap(() => [...entries(living()), ...entries(living().filter((at) => holdsNodes(snapshot.jobs[at] as Job)))], running); // of a name that two have, it is the one that runs
  const verdicts = new LateMap(() => living().map((at) => [jobKey(snapshot.jobs[at] as Job), (judged[at] as Judged).verdict]));
  return {
    snapshot,
    ...{ classify, scheduler, jobs, verdicts, judged },
    ...{ groups: yield* index.groups(), unserved: index.unserved() },
    ...index.byNode(),
    deferred: deferredOf(scheduler, jobs, verdicts),
    index: kept,
  };
}

const none: readonly never[] = [];

const begin = (scheduler: SchedulerSnapshot | undefined): Kept => ({ index: new JobIndex((job) => isBatchHeld(scheduler, job.id)), at: undefined });

/** Jobs with another record that ask for what they did: their place, and their place in the list before. */
function askingAgain(last: SourceJobs | undefined, { jobs }: BatchSnapshot, { places, left }: Strangers): ReadonlyMap<number, number> {
  const again = new Map<number, number>();
  if (last === undefined || left.length === 0) return again;
  const before = last.snapshot.jobs;
  const known = new Map(left.map((at) => [(before[at] as Job).id, at]));
  for (const place of places) {
    const job = jobs[place] as Job;
    const at = known.get(job.id);
    if (at === undefined || !asksTheSame(before[at] as Job, job)) continue;
    known.delete(job.id); // a server that names two jobs alike
    again.set(place, at);
  }
  return again;
}

/** What was judged of a job that asks again for what it did; else its judgement. */
const judging =
  (last: SourceJobs | undefined, again: ReadonlyMap<number, number>, snapshot: BatchSnapshot, classify: Classify) =>
  (place: number): Judged => {
    const job = snapshot.jobs[place] as Job;
    return last?.judged[again.get(place) ?? -1] ?? judge(job, classify(job, snapshot));
  };

/** The list with what is judged anew at those places; all others are known. */
function* judgedAnew(list: (Judged | undefined)[], places: readonly number[], judgedAt: (place: number) => Judged): Slices<readonly Judged[]> {
  let count = 0;
  for (const place of places) {
    if (++count % atATime === 0) yield;
    list[place] = judgedAt(place);
  }
  return list as Judged[];
}

type Listed = Pick<SourceJobs, 'snapshot' | 'judged'>;

/** Brings the index of `last` to another snapshot: only what differs is taken out, put in, and exchanged where a job asks `again` for what it did. */
function* bring(last: Listed & Pick<SourceJobs, 'index'>, next: Listed, { places, left }: Strangers, again: ReadonlyMap<number, number>): Slices<void> {
  const kept = last.index;
  kept.at = undefined;
  const stay = new Set(again.values());
  let count = 0;
  for (const at of left) {
    if (++count % atATime === 0) yield;
    if (!stay.has(at)) kept.index.remove(last.snapshot.jobs[at] as Job, last.judged[at] as Judged);
  }
  for (const place of places) {
    if (++count % atATime === 0) yield;
    const [job, judged, at] = [next.snapshot.jobs[place] as Job, next.judged[place] as Judged, again.get(place)];
    if (at === undefined) kept.index.add(job, judged);
    else kept.index.exchange(last.snapshot.jobs[at] as Job, job, judged);
  }
  yield;
  kept.at = next.snapshot;
}

function* addAll(kept: Kept, { snapshot, judged }: Listed): Slices<void> {
  for (let at = 0; at < judged.length; at++) {
    if (at % atATime === 0) yield;
    kept.index.add(snapshot.jobs[at] as Job, judged[at] as Judged);
  }
  yield;
  kept.at = snapshot;
}
