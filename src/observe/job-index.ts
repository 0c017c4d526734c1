import { holdsNodes, isEligible, type Job, jobKey } from '../model/job.js';
import type { Reason } from '../model/reason.js';
import { atATime, type Slices } from '../model/slices.js';
import type { JobGroup, Verdict } from '../model/world.js';
import type { Judged } from './group.js';
import { GroupOrder } from './group-order.js';
import { same } from './intake.js';
import { Members } from './members.js';

/** Nodes whose jobs are others than in `before`. */
export interface NodesChanged {
  readonly before: ReadonlyMap<string, readonly string[]>;
  readonly names: Set<string>;
}

/**
 * What a list of jobs means, kept up to date by differences: groups of those that wait, and who holds slots where. Its
 * answers are new records where something changed and the old ones where nothing did.
 */
export class JobIndex {
  readonly #isHeld: (job: Job) => boolean;
  readonly #members = new Map<string, Members>();
  #byNode = new Map<string, readonly string[]>();
  /** Jobs that hold slots, by `jobKey`; none of a name that two of them have. */
  readonly #running = new Map<string, Job>();
  readonly #twins = new Set<string>();
  #unserved = new Map<string, Reason>();
  /** Those that wait, the oldest group first, as they were when last asked. */
  #order = new GroupOrder();
  /** Somebody came or left since then. */
  readonly #touched = new Set<Members>();
  /** Since the list of nodes was last given out. */
  #nodesChanged: NodesChanged | undefined;
  #unservedChanged = false;

  constructor(isHeld: (job: Job) => boolean) {
    this.#isHeld = isHeld;
  }

  add(job: Job, { verdict, group }: Judged): void {
    if (job.state === 'complete') return;
    if ('unserved' in verdict) this.#setUnserved(jobKey(job), verdict.unserved);
    if (holdsNodes(job)) this.#hold(job);
    else if (this.#waits(job, verdict)) this.#enter(group, verdict.environment, job);
  }

  /** As it was judged when it was added. */
  remove(job: Job, { verdict, group }: Judged): void {
    if (job.state === 'complete') return;
    if ('unserved' in verdict) this.#setUnserved(jobKey(job), undefined);
    if (holdsNodes(job)) this.#letGo(job);
    else if (this.#waits(job, verdict)) this.#leave(group, job);
  }

  /** Another record of a job that is judged as it was. */
  exchange(before: Job, job: Job, judged: Judged): void {
    if (holdsNodes(before) && holdsNodes(job) && same(before.execHosts, job.execHosts)) {
      const key = jobKey(before);
      if (this.#running.get(key) === before) this.#running.set(key, job);
      return;
    }
    const waits = this.#waits(before, judged.verdict) && this.#waits(job, judged.verdict);
    if (waits && this.#members.get(judged.group)?.exchange(before, job) === true) return;
    this.remove(before, judged);
    this.add(job, judged);
  }

  /** Eligible waiting jobs by group, oldest first. Groups in which nobody came or left keep their record, and their place among each other. */
  *groups(): Slices<readonly JobGroup[]> {
    if (this.#touched.size === 0) return this.#order.groups;
    const left: JobGroup[] = [];
    const fresh: JobGroup[] = [];
    for (const members of this.#touched) {
      if (members.given !== undefined) left.push(members.given);
      if (!members.isEmpty && fresh.push(members.group) % atATime === 0) yield;
    }
    this.#touched.clear();
    yield;
    this.#order = this.#order.changed(left, fresh);
    return this.#order.groups;
  }

  /** Node name -> ids of jobs that hold slots there, and what has changed since it was last asked. */
  byNode(): { readonly byNode: ReadonlyMap<string, readonly string[]>; readonly nodesChanged: NodesChanged | undefined } {
    const nodesChanged = this.#nodesChanged;
    this.#nodesChanged = undefined;
    return { byNode: this.#byNode, nodesChanged };
  }

  /** A job that holds slots; undefined also where only the whole list tells which of several is meant. */
  running(key: string): Job | undefined {
    return this.#running.get(key);
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
    if (this.#nodesChanged === undefined) {
      this.#nodesChanged = { before: this.#byNode, names: new Set() };
      this.#byNode = new Map(this.#byNode);
    }
    this.#nodesChanged.names.add(name);
    if (ids.length === 0) this.#byNode.delete(name);
    else this.#byNode.set(name, ids);
  }

  #hold(job: Job): void {
    const key = jobKey(job);
    if (this.#twins.has(key) || this.#running.has(key)) {
      this.#twins.add(key);
      this.#running.delete(key);
    } else this.#running.set(key, job);
    for (const { node } of job.execHosts) this.#changeNode(node, [...(this.#byNode.get(node) ?? []), job.id].sort());
  }

  #letGo(job: Job): void {
    this.#running.delete(jobKey(job));
    for (const { node } of job.execHosts) {
      const ids = [...(this.#byNode.get(node) ?? [])];
      const at = ids.indexOf(job.id);
      if (at >= 0) ids.splice(at, 1);
      this.#changeNode(node, ids);
    }
  }

  #enter(key: string, environment: string, job: Job): void {
    let members = this.#members.get(key);
    if (members === undefined) {
      members = new Members(key, environment, job);
      this.#members.set(key, members);
    }
    members.enter(job);
    this.#touched.add(members);
  }

  #leave(key: string, job: Job): void {
    const members = this.#members.get(key);
    if (members === undefined || !members.leave(job)) return;
    this.#touched.add(members);
    if (members.isEmpty) this.#members.delete(key);
  }
}
