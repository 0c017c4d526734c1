import { readFileSync } from 'node:fs';
import { Child } from './children.js';

/** Asks an address five times a second, and remembers when it answered. */
export class Pings {
  readonly #log: string;
  readonly #child: Child;

  constructor(address: string, log: string) {
    this.#log = log;
    this.#child = new Child(`ping of ${address}`, ['ping', '-D', '-n', '-i', '0.2', '-W', '2', address], log);
  }

  /** Answers so far. */
  get answers(): number {
    return this.#at.length;
  }

  /** The longest time between two answers, seconds to a tenth. */
  get longestGapSeconds(): number {
    const gaps = this.#at.slice(1).map((at, n) => at - (this.#at[n] ?? at));
    return Math.round(Math.max(0, ...gaps) * 10) / 10;
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  get #at(): readonly number[] {
    return [...readFileSync(this.#log, 'utf8').matchAll(/^\[(\d+\.\d+)\] \d+ bytes from/gm)].map(([, at]) => Number(at));
  }
}
