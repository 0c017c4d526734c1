import { holdsNodes, isEligible, type Job } from '../model/job.js';
import type { Reason } from '../model/reason.js';
import { atATime, type Slices } from '../model/slices.js';
import type { JobGroup, Verdict } from '../model/world.js';
import { finished, type Judged, olderFirst, waitingSince } from './group.js';

/** The same to the planner, oldest first. Removal is mostly at the front, entry mostly at the end. */
interface Members {
  readonly environment: string;
  readonly list: Job[];
  /** Members before it have left. */
  from: number;
}

/** By age; equally old ones by id, shorter first (numbers grow). */
const byAge = (a: Job, b: Job): number => waitingSince(a) - waitingSince(b) || a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/**
 * What a list of jobs means, kept up to date by differences: groups of those that wait, and who holds slots where. Its
 * answers are new records where something changed and the old ones where nothing did.
 */
export class JobIndex {
  readonly #judged: (job: Job) => Judged;
  readonly #isHeld: (job: Job) => boolean;
  readonly #members = new Map<string, Members>();
  #byNode = new Map<string, readonly string[]>();
  #unserved = new Map<string, Reason>();
  #groups: readonly JobGroup[] = [];
  /** Keys of groups to be made again. */
  readonly #touched = new Set<string>();
  #nodesChanged = false;
  #unservedChanged = false;

  constructor(judged: (job: Job) => Judged, isHeld: (job: Job) => boolean) {
    this.#judged = judged;
    this.#isHeld = isHeld;
  }

  add(job: Job): void {
    if (job.state === 'complete') return;
    const { verdict, group } = this.#judged(job);
    if ('unserved' in verdict) this.#setUnserved(this.#judged(job).key, verdict.unserved);
    if (holdsNodes(job)) this.#hold(job);
    else if (this.#waits(job, verdict)) this.#enter(group, verdict.environment, job);
  }

  remove(job: Job): void {
    if (job.state === 'complete') return;
    const { key, verdict, group } = this.#judged(job);
    if ('unserved' in verdict) this.#setUnserved(key, undefined);
    if (holdsNodes(job)) this.#letGo(job);
    else if (this.#waits(job, verdict)) this.#leave(group, job);
  }

  /** Eligible waiting jobs by group, oldest first. Groups in which nobody came or left keep their record, and their place among each other. */
  *groups(): Slices<readonly JobGroup[]> {
    if (this.#touched.size === 0) return this.#groups;
    const fresh: JobGroup[] = [];
    let count = 0;
    for (const key of this.#touched) {
      if (++count % atATime === 0) yield;
      const members = this.#members.get(key);
      if (members !== undefined) fresh.push(finished(key, members.environment, members.list, members.from));
    }
    yield;
    fresh.sort(olderFirst);
    yield;
    this.#groups = merged(
      this.#groups.filter(({ key }) => !this.#touched.has(key)),
      fresh,
    );
    this.#touched.clear();
    return this.#groups;
  }

  /** Node name -> ids of jobs that hold slots there. */
  byNode(): ReadonlyMap<string, readonly string[]> {
    this.#nodesChanged = false;
    return this.#byNode;
  }

  /** Jobs that no environment serves, by `jobKey`, and why. */
  unserved(): ReadonlyMap<string, Reason> {
    this.#unservedChanged = false;
    return this.#unserved;
  }

  #waits(job: Job, verdict: Verdict): verdict is { readonly environment: string } {
    return 'environment' in verdict && isEligible(job) && !this.#isHeld(job);
  }

  #setUnserved(key: string, why: Reason | undefined): void {
    if (!this.#unservedChanged) this.#unserved = new Map(this.#unserved);
    this.#unservedChanged = true;
    if (why === undefined) this.#unserved.delete(key);
    else this.#unserved.set(key, why);
  }

  #changeNode(name: string, ids: readonly string[]): void {
    if (!this.#nodesChanged) this.#byNode = new Map(this.#byNode);
    this.#nodesChanged = true;
    if (ids.length === 0) this.#byNode.delete(name);
    else this.#byNode.set(name, ids);
  }

  #hold(job: Job): void {
    for (const { node } of job.execHosts) this.#changeNode(node, [...(this.#byNode.get(node) ?? []), job.id].sort());
  }

  #letGo(job: Job): void {
    for (const { node } of job.execHosts) {
      const ids = [...(this.#byNode.get(node) ?? [])];
      const at = ids.indexOf(job.id);
      if (at >= 0) ids.splice(at, 1);
      this.#changeNode(node, ids);
    }
  }

  #enter(key: string, environment: string, job: Job): void {
    this.#touched.add(key);
    let members = this.#members.get(key);
    if (members === undefined) {
      members = { environment, list: [], from: 0 };
      this.#members.set(key, members);
    }
    const { list, from } = members;
    list.splice(placeOf(list, from, job), 0, job);
  }

  #leave(key: string, job: Job): void {
    const members = this.#members.get(key);
    if (members === undefined) return;
    const { list } = members;
    const place = placeOf(list, members.from, job);
    // a server that names two jobs alike, or an age that is no number, must not cost another job its place
    const at = list[place] === job ? place : list.indexOf(job, members.from);
    if (at < 0) return;
    this.#touched.add(key);
    if (at === members.from) members.from++;
    else list.splice(at, 1);
    if (members.from === list.length) this.#members.delete(key);
    else if (members.from > 64 && members.from * 2 > list.length) {
      list.splice(0, members.from);
      members.from = 0;
    }
  }
}

/** Two lists, each the oldest first, as one. */
function merged(kept: readonly JobGroup[], fresh: readonly JobGroup[]): readonly JobGroup[] {
  if (kept.length === 0) return fresh;
  const groups: JobGroup[] = [];
  let at = 0;
  for (const group of fresh) {
    while (at < kept.length && olderFirst(kept[at] as JobGroup, group) < 0) groups.push(kept[at++] as JobGroup);
    groups.push(group);
  }
  while (at < kept.length) groups.push(kept[at++] as JobGroup);
  return groups;
}

/** Where the job stands or belongs: the first place at or after `from` that is not before it. */
function placeOf(list: readonly Job[], from: number, job: Job): number {
  let low = from;
  let high = list.length;
  if (high > low && byAge(list[high - 1] as Job, job) < 0) return high; // the youngest so far
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byAge(list[middle] as Job, job) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
