import type { JobGroup } from '../model/world.js';

interface Walker {
  readonly group: JobGroup;
  readonly slots: number;
  /** Members for whom slots are there or coming. */
  at: number;
  /** Slots that the next member still lacks: fewer than it asks for while it gathers. */
  lacks: number;
}

/**
 * Who waits in one environment, job by job, behind those for whom slots are there or coming: the batch scheduler gives
 * those to the oldest jobs that fit. Groups know the age of their oldest members one by one; beyond those the rest count
 * as old as the last that is known.
 */
export class Line {
  readonly #walkers: ReadonlyMap<string, Walker>;
  readonly #now: number;
  /** Known until somebody is seated. */
  #most: number | undefined;
  #first: number | undefined;
  readonly #priority: number;

  /** `provided`: slots that are there or coming for these jobs. `lacking`: what a group's next job lacks still, where it has some already. */
  constructor(groups: readonly JobGroup[], provided: number, now: number, priority: number, lacking: ReadonlyMap<string, number> = nothing) {
    this.#walkers = new Map(groups.map((group) => [group.key, walkerOf(group, lacking.get(group.key))]));
    this.#now = now;
    this.#priority = priority;
    for (let left = provided; left > 0; ) {
      const first = this.#oldest(left);
      if (first === undefined) break;
      left -= first.slots;
      first.at++;
    }
  }

  /** How much whoever is owed most is owed, whether slots are there for it or not. */
  mostOwed(): number {
    if (this.#first !== undefined) return this.#first;
    let most = 0;
    for (const { group, slots } of this.#walkers.values()) most = Math.max(most, urgency(this.#now - group.since, slots, this.#priority));
    this.#first = most;
    return most;
  }

  /** One more job of the group has what it needs, or is promised it. */
  seat(key: string): void {
    const walker = this.#walkers.get(key);
    if (walker !== undefined) {
      walker.at++;
      walker.lacks = walker.slots;
    }
    this.#most = undefined;
  }

  /** How much the environment's most urgent job without slots is owed; 0 when nobody waits. */
  urgency(): number {
    if (this.#most !== undefined) return this.#most;
    let most = 0;
    for (const walker of this.#walkers.values()) most = Math.max(most, this.#urgencyOf(walker));
    this.#most = most;
    return most;
  }

  /** The same of one group's next job without slots. */
  urgencyOf(key: string): number {
    const walker = this.#walkers.get(key);
    return walker === undefined ? 0 : this.#urgencyOf(walker);
  }

  #urgencyOf(walker: Walker): number {
    return walker.at >= walker.group.count ? 0 : urgency(this.#now - sinceOf(walker), walker.lacks, this.#priority);
  }

  #oldest(widest: number): Walker | undefined {
    let oldest: Walker | undefined;
    for (const walker of this.#walkers.values()) {
      if (walker.at < walker.group.count && walker.slots <= widest && (oldest === undefined || sinceOf(walker) < sinceOf(oldest))) oldest = walker;
    }
    return oldest;
  }
}

const nothing: ReadonlyMap<string, number> = new Map();

function walkerOf(group: JobGroup, lacks: number | undefined): Walker {
  const slots = slotsOf(group);
  return { group, slots, at: 0, lacks: lacks ?? slots };
}

export const slotsOf = ({ places }: JobGroup): number => places.reduce((sum, place) => sum + place.count * place.slots, 0);

/**
 * What a waiting job is owed, in ms of waiting: as long as it has waited, weighted by its environment's priority; a wide
 * job less, as a scheduler with backfill lets small jobs pass it while it gathers slots: what counts is the waiting time per
 * slot that it lacks (`lacks`). So one that has begun to gather is owed the more the more it has, and keeps it: of several
 * one is done, and what stands idle for it is not taken, and given back, each time that a small job has waited as long. Nobody starves: it grows with waiting, whatever the width. Lower powers of the width (0, 0.3, 0.5,
 * 0.7) were measured and are worse in the mean (docs/decisions/0023).
 */
export const urgency = (waitedMs: number, lacks: number, priority: number): number => (Math.max(0, waitedMs) * priority) / Math.max(1, lacks);

/** Since when the group's member at that place waits; beyond those that are known, since the last of them. */
export const ageOf = ({ ages, since }: JobGroup, member: number): number => ages?.[Math.min(member, ages.length - 1)] ?? since;

const sinceOf = ({ group, at }: Walker): number => ageOf(group, at);
