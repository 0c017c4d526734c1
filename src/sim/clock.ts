import type { Clock, Waking } from '../clock.js';

/** Things that will happen: the fake data centre lives by it, in virtual or in real time. */
export interface Agenda {
  /** Epoch ms. */
  now(): number;
  /** Calls `act` at that instant (at once, in order, when it is past). Returns a function that takes it back. */
  at(instant: number, act: () => void): () => void;
}

interface Entry {
  readonly instant: number;
  readonly order: number;
  act: (() => void) | undefined;
}

/** Something that happens at a known instant, whatever comes between. */
export interface Scripted {
  readonly instant: number;
  readonly act: () => void;
}

/** A heap by (instant, order of entry): equal instants happen in the order they were entered. */
class Heap {
  readonly #entries: Entry[] = [];

  push(entry: Entry): void {
    const heap = this.#entries;
    let at = heap.push(entry) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && before(entry, heap[parent]!); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  peek(): Entry | undefined {
    return this.#entries[0];
  }

  pop(): Entry | undefined {
    const heap = this.#entries;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let least = this.#lesserChild(at); least < heap.length && before(heap[least]!, last); least = this.#lesserChild(at)) {
      heap[at] = heap[least]!;
      at = least;
    }
    heap[at] = last;
    return first;
  }

  #lesserChild(at: number): number {
    const heap = this.#entries;
    const left = 2 * at + 1;
    return left + 1 < heap.length && before(heap[left + 1]!, heap[left]!) ? left + 1 : left;
  }
}
const before = (a: Entry, b: Entry): boolean => a.instant < b.instant || (a.instant === b.instant && a.order < b.order);

/**
 * Time that moves only when nothing else can happen: `run` lets every promise settle (no real I/O may be under way),
 * then jumps to the next entry. Deterministic.
 */
export class VirtualClock implements Clock, Agenda {
  #now: number;
  #wallSkew = 0;
  #order = 0;
  readonly #heap = new Heap();
  /** Known from the beginning, the next one last. */
  #script: Scripted[] = [];

  constructor(startAt = Date.UTC(2026, 0, 5)) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }
  wall(): number {
    return this.#now + this.#wallSkew;
  }
  mono(): number {
    return this.#now;
  }
  /** Makes the wall clock jump against the monotonic one. */
  jump(ms: number): void {
    this.#wallSkew += ms;
  }

  at(instant: number, act: () => void): () => void {
    const entry: Entry = { instant: Math.max(instant, this.#now), order: this.#order++, act };
    this.#heap.push(entry);
    return () => {
      entry.act = undefined;
    };
  }

  /**
   * Things that are known to happen from the beginning, at most once: before anything else of the same instant, equal ones
   * in the order given. Many of them cost less than as many entries by `at`.
   */
  script(entries: readonly Scripted[]): void {
    this.#script = entries.map(({ instant, act }, order) => ({ instant, order, act })).sort((a, b) => b.instant - a.instant || b.order - a.order);
  }

  sleep(ms: number, signal?: Waking): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.at(this.#now + Math.max(0, ms), done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Runs until `done()` holds after some entry, or virtual time would pass `until`. True when `done()` held. */
  async run(until: number, done: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (done()) return true;
      const next = this.#next();
      if (next === undefined || next.instant > until) {
        this.#now = Math.max(this.#now, until);
        return done();
      }
      if (next === this.#script.at(-1)) this.#script.pop();
      else this.#heap.pop();
      this.#now = Math.max(this.#now, next.instant);
      next.act?.();
    }
  }

  /** What happens next, without what was taken back. */
  #next(): Scripted | Entry | undefined {
    let next = this.#heap.peek();
    while (next !== undefined && next.act === undefined) {
      this.#heap.pop();
      next = this.#heap.peek();
    }
    const scripted = this.#script.at(-1);
    return scripted !== undefined && (next === undefined || scripted.instant <= next.instant) ? scripted : next;
  }
}

/** An agenda on a real clock, for the lab: entries are timers. */
export class ClockAgenda implements Agenda {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  now(): number {
    return this.#clock.wall();
  }

  at(instant: number, act: () => void): () => void {
    const taken = new AbortController();
    void this.#clock.sleep(instant - this.now(), AbortSignal.any([taken.signal, this.#signal])).then(() => {
      if (!taken.signal.aborted && !this.#signal.aborted) act();
    });
    return () => taken.abort();
  }
}
