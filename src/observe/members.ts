import { type Job, memoryPerSlotMiB } from '../model/job.js';
import type { JobGroup } from '../model/world.js';
import { placesOf, waitingSince } from './group.js';

/** No planner gives more machines to one environment at once. */
const mostAges = 256;
/** So many places at the front are left empty before the rest moves up. */
const mostEmpty = 64;

/** Equally old ones by id, shorter first (numbers grow). */
const byId = (a: Job, b: Job): number => a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Waiting jobs that are the same to the planner, oldest first. Removal is mostly at the front, entry mostly at the end. */
export class Members {
  /** What all members have in common. */
  readonly #frame: Pick<JobGroup, 'key' | 'source' | 'environment' | 'queue' | 'owner' | 'places' | 'perSlotMiB'>;
  readonly #list: Job[] = [];
  /** Since when they wait, beside the list: the planner reads ages, not jobs. */
  readonly #ages: number[] = [];
  /** What they ask for, in the same order; 0: nothing. */
  readonly #walltimes: number[] = [];
  /** Members before it have left. */
  #from = 0;
  /** As it was last made. */
  #group: JobGroup | undefined;
  /** Somebody came or left since. */
  #isStale = true;

  constructor(key: string, environment: string, like: Job) {
    const { source, queue, owner } = like;
    this.#frame = { key, source, environment, queue, owner, places: placesOf(like), perSlotMiB: memoryPerSlotMiB(like.request) };
  }

  get isEmpty(): boolean {
    return this.#from === this.#list.length;
  }
  /** The group as it was last given out; undefined before that. */
  get given(): JobGroup | undefined {
    return this.#group;
  }

  /** The group as the planner reads it; only where somebody is in it. */
  get group(): JobGroup {
    if (this.#group === undefined || this.#isStale) this.#group = this.#made();
    this.#isStale = false;
    return this.#group;
  }

  enter(job: Job): void {
    const place = this.#placeOf(job);
    this.#list.splice(place, 0, job);
    this.#ages.splice(place, 0, waitingSince(job));
    this.#walltimes.splice(place, 0, job.request.walltimeMs ?? 0);
    this.#isStale = true;
  }

  /** Another record of it, as old and of the same name: the group says the same. False where it is another's, or the old one was not there. */
  exchange(before: Job, job: Job): boolean {
    const place = this.#placeOf(before);
    if (this.#list[place] !== before || waitingSince(before) !== waitingSince(job) || before.id !== job.id) return false;
    this.#list[place] = job;
    return true;
  }

  /** False where it was not there. */
  leave(job: Job): boolean {
    const place = this.#placeOf(job);
    // a server that names two jobs alike, or an age that is no number, must not cost another job its place
    const at = this.#list[place] === job ? place : this.#list.indexOf(job, this.#from);
    if (at < 0) return false;
    this.#isStale = true;
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
    this.#walltimes.splice(at, count);
  }

  #made(): JobGroup {
    const from = this.#from;
    const sample = this.#list.slice(from, from + 3).map(({ id }) => id);
    return {
      count: this.#list.length - from,
      since: this.#ages[from] ?? 0,
      sample,
      ages: this.#ages.slice(from, from + mostAges),
      walltimes: this.#walltimes.slice(from, from + mostAges),
      ...this.#frame,
    };
  }

  /** Where the job stands or belongs: the first place that is not before it. */
  #placeOf(job: Job): number {
    const age = waitingSince(job);
    const isBefore = (place: number): boolean => ((this.#ages[place] as number) - age || byId(this.#list[place] as Job, job)) < 0;
    let low = this.#from;
    let high = this.#list.length;
    if (high > low && isBefore(high - 1)) return high; // the youngest so far
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
