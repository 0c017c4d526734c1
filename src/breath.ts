import type { Clock } from './clock.js';
import type { Slices } from './model/slices.js';

/** Longest time for which the loop's thread is kept at once, ms; one cut of the work may add a few. */
const sliceMs = 12;

/**
 * Drives long work in slices, so that API, deeds and pollers are served in between. In virtual time, which stands still
 * while anything computes, no slice ever ends.
 */
export class Breath {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.mono();
  }

  /** All of the work, with a pause wherever it is cut and a slice is over. */
  async through<T>(work: Slices<T>): Promise<T> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (this.#isOver()) await this.#pause(); // nothing to wait for else: virtual time counts turns
    }
  }

  /** A pause where a slice is over. */
  async between(): Promise<void> {
    if (this.#isOver()) await this.#pause();
  }

  #isOver(): boolean {
    return this.#clock.mono() - this.#since >= sliceMs;
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = this.#clock.mono();
  }
}
