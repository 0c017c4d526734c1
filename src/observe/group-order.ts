import type { JobGroup } from '../model/world.js';
import { olderFirst } from './group.js';

/**
 * Groups, the oldest first, with their ages beside them: of thousands of groups most stand where they stood, and their
 * places are found and merged by numbers that lie side by side, without a look at the records.
 */
export class GroupOrder {
  readonly groups: readonly JobGroup[];
  readonly #since: Float64Array;

  constructor(groups: readonly JobGroup[] = [], since: Float64Array = Float64Array.from(groups, (group) => group.since)) {
    this.groups = groups;
    this.#since = since;
  }

  /** The order without `left`, and with `come`, which need be in none. */
  changed(left: readonly JobGroup[], come: readonly JobGroup[]): GroupOrder {
    const gone = new Uint8Array(this.groups.length);
    for (const group of left) {
      const place = this.#placeOf(group);
      if (place >= 0) gone[place] = 1;
    }
    const groups: JobGroup[] = [];
    const since = new Float64Array(this.groups.length + come.length);
    const put = (group: JobGroup, age: number): void => {
      since[groups.length] = age;
      groups.push(group);
    };
    let at = 0;
    const keepUpTo = (place: number): void => {
      for (; at < place; at++) if (gone[at] === 0) put(this.groups[at] as JobGroup, this.#since[at] as number);
    };
    for (const group of [...come].sort(olderFirst)) {
      keepUpTo(this.#firstAfter(group));
      put(group, group.since);
    }
    keepUpTo(gone.length);
    return new GroupOrder(groups, since.subarray(0, groups.length));
  }

  /** The first place that is not before the group's. */
  #firstAfter(group: JobGroup): number {
    let low = 0;
    let high = this.#since.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isBefore(middle, group)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(place: number, group: JobGroup): boolean {
    const age = this.#since[place] as number;
    return age < group.since || (age === group.since && olderFirst(this.groups[place] as JobGroup, group) < 0);
  }

  /** -1 where it is not there. */
  #placeOf(group: JobGroup): number {
    let low = 0;
    let high = this.#since.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#since[middle] as number) < group.since) low = middle + 1;
      else high = middle;
    }
    while (this.#since[low] === group.since && this.groups[low] !== group) low++;
    return this.groups[low] === group ? low : this.groups.indexOf(group); // an age that is no number stands anywhere
  }
}
