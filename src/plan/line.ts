import type { JobGroup } from '../model/world.js';

interface Walker {
  readonly group: JobGroup;
  readonly slots: number;
  /** Members passed. */
  at: number;
}

/**
 * Who waits in one environment, job by job and oldest first, behind those for whom slots are there or coming. Groups know
 * the age of their oldest members one by one; beyond those the rest count as old as the last that is known.
 */
export class Line {
  readonly #walkers: readonly Walker[];
  /** Slots provided for, not yet walked past. */
  #provided: number;

  /** `provided`: slots that are there or coming for these jobs. */
  constructor(groups: readonly JobGroup[], provided: number) {
    this.#provided = provided;
    this.#walkers = groups.map((group) => ({ group, slots: slotsOf(group), at: 0 }));
  }

  /** So many more slots are there for the oldest. */
  provide(slots: number): void {
    this.#provided += slots;
  }

  /** Since when the first job waits for which no slots are there or coming, epoch ms; undefined when nobody does. */
  since(): number | undefined {
    for (;;) {
      const first = this.#first();
      if (first === undefined) return undefined;
      if (this.#provided < first.slots) return ageOf(first);
      this.#provided -= first.slots;
      first.at++;
    }
  }

  #first(): Walker | undefined {
    let oldest: Walker | undefined;
    for (const walker of this.#walkers) {
      if (walker.at < walker.group.count && (oldest === undefined || ageOf(walker) < ageOf(oldest))) oldest = walker;
    }
    return oldest;
  }
}

const slotsOf = ({ places }: JobGroup): number => places.reduce((sum, place) => sum + place.count * place.slots, 0);

function ageOf({ group: { ages, since }, at }: Walker): number {
  return ages?.[Math.min(at, ages.length - 1)] ?? since;
}
