import { type PastHour, peakMs, peaks } from './learn.js';

/** Keeps the mean of a value over every ten minutes, told whenever it changes: for who has no history, as a replay. */
export class Diary {
  readonly #steps: PastHour[] = [];
  #value = 0;
  #since: number;
  #stepAt: number;
  #sum = 0;

  constructor(now: number) {
    this.#since = now;
    this.#stepAt = Math.floor(now / peakMs) * peakMs;
  }

  note(value: number, at: number): void {
    while (at >= this.#stepAt + peakMs) {
      this.#sum += this.#value * (this.#stepAt + peakMs - this.#since);
      this.#steps.push({ at: this.#stepAt, hosts: this.#sum / peakMs });
      this.#stepAt += peakMs;
      this.#since = this.#stepAt;
      this.#sum = 0;
    }
    this.#sum += this.#value * Math.max(0, at - this.#since);
    this.#since = Math.max(this.#since, at);
    this.#value = value;
  }

  /** The hours that began at or after `since`, each with its busiest ten minutes. */
  hours(since: number): readonly PastHour[] {
    return peaks(this.#steps.filter(({ at }) => at >= since));
  }
}
