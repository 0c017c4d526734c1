import type { JobGroup } from '../model/world.js';

interface Walker {
  readonly group: JobGroup;
  readonly slots: number;
  /** Members for whom slots are there or coming. */
  at: number;
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
  readonly #priority: number;

  /** `provided`: slots that are there or coming for these jobs. */
  constructor(groups: readonly JobGroup[], provided: number, now: number, priority: number) {
    this.#walkers = new Map(groups.map((group) => [group.key, { group, slots: slotsOf(group), at: 0 }]));
    this.#now = now;
    this.#priority = priority;
    for (let left = provided; left > 0; ) {
      const first = this.#oldest(left);
      if (first === undefined) break;
      left -= first.slots;
      first.at++;
    }
  }

  /** One more job of the group has what it needs, or is promised it. */
  seat(key: string): void {
    const walker = this.#walkers.get(key);
    if (walker !== undefined) walker.at++;
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

  /** The walltime that the same job asks for, ms; 0 where it names none. */
  walltimeOf(key: string): number {
    const walker = this.#walkers.get(key);
    return walker === undefined ? 0 : walltimeOf(walker.group, walker.at);
  }

  #urgencyOf(walker: Walker): number {
    return walker.at >= walker.group.count ? 0 : urgency(this.#now - sinceOf(walker), this.#priority);
  }

  #oldest(widest: number): Walker | undefined {
    let oldest: Walker | undefined;
    for (const walker of this.#walkers.values()) {
      if (walker.at < walker.group.count && walker.slots <= widest && (oldest === undefined || sinceOf(walker) < sinceOf(oldest))) oldest = walker;
    }
    return oldest;
  }
}

export const slotsOf = ({ places }: JobGroup): number => places.reduce((sum, place) => sum + place.count * place.slots, 0);

/**
 * What a waiting job is owed, in ms of waiting: as long as it has waited, weighted by its environment's priority, whatever its
 * width: the order of one pool. Nobody starves: it grows with waiting.
 */
export const urgency = (waitedMs: number, priority: number): number => Math.max(0, waitedMs) * priority;

/** Since when the group's member at that place waits; beyond those that are known, since the last of them. */
export const ageOf = ({ ages, since }: JobGroup, member: number): number => ages?.[Math.min(member, ages.length - 1)] ?? since;

/** What the group's member at that place asks for, ms; beyond those that are known, what the last of them does. */
const walltimeOf = ({ walltimes = [] }: JobGroup, member: number): number => walltimes[Math.min(member, walltimes.length - 1)] ?? 0;

const sinceOf = ({ group, at }: Walker): number => ageOf(group, at);
