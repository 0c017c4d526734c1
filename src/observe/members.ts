import { type Job, memoryPerSlotMiB } from '../model/job.js';
import type { JobGroup } from '../model/world.js';
import { olderFirst, placesOf, waitingSince } from './group.js';

/** No planner gives more machines to one environment at once. */
const mostAges = 256;
/** So many places at the front are left empty before the rest moves up. */
const mostEmpty = 64;

/** By age; equally old ones by id, shorter first (numbers grow). */
const byAge = (a: Job, b: Job): number => waitingSince(a) - waitingSince(b) || a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Waiting jobs that are the same to the planner, oldest first. Removal is mostly at the front, entry mostly at the end. */
export class Members {
  /** What all members have in common. */
  readonly #frame: Pick<JobGroup, 'key' | 'source' | 'environment' | 'queue' | 'owner' | 'places' | 'perSlotMiB'>;
  readonly #list: Job[] = [];
  /** Since when they wait, beside the list: the planner reads ages, not jobs. */
  readonly #ages: number[] = [];
  /** Members before it have left. */
  #from = 0;
  /** Absent where somebody came or left since it was made. */
  #group: JobGroup | undefined;

  constructor(key: string, environment: string, like: Job) {
    const { source, queue, owner } = like;
    this.#frame = { key, source, environment, queue, owner, places: placesOf(like), perSlotMiB: memoryPerSlotMiB(like.request) };
  }

  get isEmpty(): boolean {
    return this.#from === this.#list.length;
  }
  /** The group is to be made again. */
  get isStale(): boolean {
    return this.#group === undefined;
  }

  /** The group as the planner reads it; only where somebody is in it. */
  get group(): JobGroup {
    this.#group ??= this.#made();
    return this.#group;
  }

  enter(job: Job): void {
    const place = this.#placeOf(job);
    this.#list.splice(place, 0, job);
    this.#ages.splice(place, 0, waitingSince(job));
    this.#group = undefined;
  }

  /** False where it was not there. */
  leave(job: Job): boolean {
    const place = this.#placeOf(job);
    // a server that names two jobs alike, or an age that is no number, must not cost another job its place
    const at = this.#list[place] === job ? place : this.#list.indexOf(job, this.#from);
    if (at < 0) return false;
    this.#group = undefined;
    if (at === this.#from) this.#from++;
    else this.#cut(at, 1);
    if (this.#from > mostEmpty && this.#from * 2 > this.#list.length) {
      this.#cut(0, this.#from);
      this.#from = 0;
    }
    return true;
  }

  #cut(at: number, count: number): void {
    this.#list.splice(at, count);
    this.#ages.splice(at, count);
  }

  #made(): JobGroup {
    const from = this.#from;
    const sample = this.#list.slice(from, from + 3).map(({ id }) => id);
    return { count: this.#list.length - from, since: this.#ages[from] ?? 0, sample, ages: this.#ages.slice(from, from + mostAges), ...this.#frame };
  }

  /** Where the job stands or belongs: the first place that is not before it. */
  #placeOf(job: Job): number {
    const list = this.#list;
    let low = this.#from;
    let high = list.length;
    if (high > low && byAge(list[high - 1] as Job, job) < 0) return high; // the youngest so far
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byAge(list[middle] as Job, job) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Two lists, each the oldest group first, as one. */
export function merged(kept: readonly Members[], fresh: readonly Members[]): readonly Members[] {
  if (kept.length === 0) return fresh;
  const all: Members[] = [];
  let at = 0;
  for (const members of fresh) {
    while (at < kept.length && olderFirst((kept[at] as Members).group, members.group) < 0) all.push(kept[at++] as Members);
    all.push(members);
  }
  while (at < kept.length) all.push(kept[at++] as Members);
  return all;
}
