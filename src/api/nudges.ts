import type { Clock } from '../clock.js';

/** Least time between two nudges that reach the loop, ms. */
export const nudgePauseMs = 1000;

/** Lets one nudge a second through; those in between are served together by one at the end of the pause. */
export class Nudges {
  readonly #clock: Clock;
  readonly #nudge: () => void;
  readonly #ended = new AbortController();
  #pausing = false;
  #again = false;

  constructor(clock: Clock, nudge: () => void) {
    this.#clock = clock;
    this.#nudge = nudge;
  }

  /** True when it went through at once. */
  nudge(): boolean {
    if (this.#pausing) {
      this.#again = true;
      return false;
    }
    this.#pausing = true;
    this.#nudge();
    void this.#pause();
    return true;
  }

  close(): void {
    this.#ended.abort();
  }

  async #pause(): Promise<void> {
    await this.#clock.sleep(nudgePauseMs, this.#ended.signal);
    this.#pausing = false;
    if (!this.#again || this.#ended.signal.aborted) return;
    this.#again = false;
    this.nudge();
  }
}
