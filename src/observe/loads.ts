import type { HostSnapshot } from '../model/host.js';
import { type HostLoad, type LoadBook, loadOf, sampled } from '../model/load.js';
import type { Reading } from '../model/reading.js';
import { isHeard } from '../model/reading.js';

/** What every host has been busy with, from the counters that its looks show anyway. It lives in memory: a new life of the daemon learns it anew within one window. */
export class Loads {
  readonly #windowMs: () => number;
  readonly #books = new Map<string, LoadBook>();
  #loads: ReadonlyMap<string, HostLoad> = new Map();

  constructor(windowMs: () => number) {
    this.#windowMs = windowMs;
  }

  /** One look at the host. */
  note(host: string, reading: Reading<HostSnapshot>): void {
    if (!isHeard(reading)) {
      this.#forget(host);
      return;
    }
    const before = this.#books.get(host);
    const book = sampled(before, reading.value, reading.askedAt, this.#windowMs());
    if (book === before) return;
    this.#books.set(host, book);
    const load = loadOf(book, reading.value.cores, this.#windowMs());
    const loads = new Map(this.#loads);
    if (load === undefined) loads.delete(host);
    else loads.set(host, load);
    this.#loads = loads;
  }

  /** The same map while nothing is known anew. */
  known(): ReadonlyMap<string, HostLoad> {
    return this.#loads;
  }

  #forget(host: string): void {
    this.#books.delete(host);
    if (!this.#loads.has(host)) return;
    const loads = new Map(this.#loads);
    loads.delete(host);
    this.#loads = loads;
  }
}
