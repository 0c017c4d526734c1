import type { Clock } from '../../clock.js';
import type { AuditRow } from './store.js';

/** Lines that are alike are put down as one after this time, ms. */
export const tallyMs = 300_000;
/** So many different ones at most wait to be put down. */
const mostTallied = 1000;

const longest = 300;
/** One line of bounded length without control characters: it comes from outside. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '?').slice(0, longest);

export type Line = Omit<AuditRow, 'at' | 'times'>;

/**
 * Who asked what, from where, why, and what came of it. What changes something, or was refused to somebody known, has a
 * line of its own; reading, and what strangers are refused, is counted, and one line tells the number every few minutes.
 */
export class Audit {
  readonly #clock: Clock;
  readonly #note: (row: AuditRow) => void;
  readonly #tally = new Map<string, { readonly line: Line; readonly since: number; times: number }>();
  readonly #ended = new AbortController();

  constructor(clock: Clock, note: (row: AuditRow) => void) {
    this.#clock = clock;
    this.#note = note;
    void this.#flushing();
  }

  /** A line of its own, at once. */
  note(line: Line): void {
    const { who, from, what, why, outcome } = line;
    this.#note({ who: plain(who), from: plain(from), what: plain(what), why: plain(why), outcome: plain(outcome), at: this.#clock.wall(), times: 1 });
  }

  /** Counted with those that are alike. */
  count(line: Line): void {
    const key = JSON.stringify([line.who, line.from, line.what, line.outcome]).slice(0, 2000);
    const known = this.#tally.get(key);
    if (known !== undefined) {
      known.times++;
      return;
    }
    if (this.#tally.size >= mostTallied) this.flush();
    this.#tally.set(key, { line, since: this.#clock.wall(), times: 1 });
  }

  /** Puts down what is counted. */
  flush(): void {
    const counted = [...this.#tally.values()];
    this.#tally.clear();
    for (const { line, since, times } of counted) {
      const { who, from, what, why, outcome } = line;
      this.#note({ who: plain(who), from: plain(from), what: plain(what), why: plain(why), outcome: plain(outcome), at: since, times });
    }
  }

  close(): void {
    this.#ended.abort();
    this.flush();
  }

  async #flushing(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#clock.sleep(tallyMs, this.#ended.signal);
      if (!this.#ended.signal.aborted) this.flush();
    }
  }
}
