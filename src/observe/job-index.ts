import { holdsNodes, isEligible, type Job } from '../model/job.js';
import type { Reason } from '../model/reason.js';
import type { JobGroup, Verdict } from '../model/world.js';
import { finished, type Judged, olderFirst, waitingSince } from './group.js';

/** The same to the planner, oldest first. Removal is mostly at the front, entry mostly at the end. */
interface Members {
  readonly environment: string;
  readonly list: Job[];
  /** Members before it have left. */
  from: number;
  /** Absent: to be made again. */
  group: JobGroup | undefined;
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
  #groupsChanged = false;
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

  /** Eligible waiting jobs by group, oldest first. */
  groups(): readonly JobGroup[] {
    if (!this.#groupsChanged) return this.#groups;
    this.#groupsChanged = false;
    const groups: JobGroup[] = [];
    for (const [key, members] of this.#members) {
      members.group ??= finished(key, members.environment, members.list, members.from);
      groups.push(members.group);
    }
    this.#groups = groups.sort(olderFirst);
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
    this.#groupsChanged = true;
    let members = this.#members.get(key);
    if (members === undefined) {
      members = { environment, list: [], from: 0, group: undefined };
      this.#members.set(key, members);
    }
    const { list, from } = members;
    list.splice(placeOf(list, from, job), 0, job);
    members.group = undefined;
  }

  #leave(key: string, job: Job): void {
    const members = this.#members.get(key);
    if (members === undefined) return;
    const { list } = members;
    const place = placeOf(list, members.from, job);
    // a server that names two jobs alike, or an age that is no number, must not cost another job its place
    const at = list[place] === job ? place : list.indexOf(job, members.from);
    if (at < 0) return;
    this.#groupsChanged = true;
    members.group = undefined;
    if (at === members.from) members.from++;
    else list.splice(at, 1);
    if (members.from === list.length) this.#members.delete(key);
    else if (members.from > 64 && members.from * 2 > list.length) {
      list.splice(0, members.from);
      members.from = 0;
    }
  }
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
