import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { holdsNodes } from '../model/job.js';
import type { Present } from '../model/present.js';
import { isHeard } from '../model/reading.js';
import type { HistoryReader } from './contract.js';
import { Gatherer } from './gather.js';
import { countJobs, environmentOf, type JobCounts, measure } from './measure.js';
import { SqliteHistoryReader } from './reader.js';
import { RunBook } from './runs.js';
import { bucketOf } from './sketch.js';
import type { Flush, HistoryStore } from './store.js';
import { ThoughtBook } from './thoughts.js';

export interface RecorderOptions {
  readonly store: HistoryStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every job that started: where, and how long it had waited, ms. */
  readonly started?: (environment: string, waitMs: number) => void;
}

/** Between two looks at the newest Present, and between two writes, ms. */
const lookMs = 5_000;
const flushMs = 60_000;
const trimMs = 3_600_000;
/** Two Presents further apart have a gap between them; and never less than three of the loop's own intervals. */
const gapMs = 90_000;
/** What was thought of before a restart that took at most so long goes on, ms. */
const restartMs = 600_000;
/** Minutes that are kept in memory while nothing can be written. */
const mostMinutes = 1_440;

/**
 * Writes the history of a life. `follow` is all that the loop pays: it keeps the newest Present, and the looks and writes
 * happen by themselves in between. What cannot be written (a full disk) is tried again and never stops anything.
 */
export class Recorder {
  readonly reader: HistoryReader;
  readonly #options: RecorderOptions;
  readonly #book: RunBook;
  readonly #gatherer: Gatherer;
  readonly #thoughts: ThoughtBook;
  #present: Present | undefined;
  #looked: Present | undefined;
  #counts: JobCounts | undefined;
  readonly #answeredAt = new Map<string, number>();
  #starts: { at: number; environment: string; bucket: number; waitMs: number }[] = [];
  #ends: { at: number; environment: string; count: number }[] = [];
  #failing = false;

  constructor(options: RecorderOptions) {
    const { store, clock } = options;
    this.#options = options;
    this.reader = new SqliteHistoryReader(store.db, () => clock.wall());
    this.#book = new RunBook(store.state(clock.wall()));
    this.#book.started = ({ startedAt, environment }, waitMs) => {
      this.#starts.push({ at: startedAt, environment, bucket: bucketOf(waitMs), waitMs });
      options.started?.(environment, waitMs);
    };
    this.#book.ended = ({ environment }, at, count) => this.#ends.push({ at, environment, count });
    const longest = (): number => Math.max(gapMs, 3 * (this.#looked?.policy.intervals.tickMs ?? 0));
    this.#gatherer = new Gatherer(longest);
    const now = clock.wall();
    this.#thoughts = new ThoughtBook(this.reader.thoughts(now - restartMs, now), () => Math.max(longest(), restartMs));
  }

  follow(present: Present): void {
    this.#present = present;
  }

  /** Looks and writes until the signal is aborted; what is left is written at the end. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let flushedAt = clock.mono();
    let trimmedAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal);
      this.look();
      const now = clock.mono();
      if (now - flushedAt >= flushMs || signal.aborted) {
        flushedAt = now;
        this.flush();
      }
      if (now - trimmedAt >= trimMs && !signal.aborted) {
        trimmedAt = now;
        this.#safely('trim the history', () => this.#options.store.trim(clock.wall()));
      }
    }
  }

  /** Takes in the newest Present, once. */
  look(): void {
    const present = this.#present;
    if (present === undefined || present === this.#looked) return;
    this.#looked = present;
    this.#counts = countJobs(present.world, this.#counts);
    this.#gatherer.take(measure(present, this.#counts));
    this.#follow(present, this.#counts);
    this.#thoughts.take(present);
  }

  #follow({ world }: Present, counts: JobCounts): void {
    for (const { name, reading } of world.sources.values()) {
      if (!isHeard(reading) || this.#answeredAt.get(name) === reading.answeredAt) continue;
      this.#answeredAt.set(name, reading.answeredAt);
      const running = world.sources.size === 1 ? counts.running : counts.running.filter((job) => job.source === name);
      const waits = (key: string): boolean => {
        const job = world.jobs.get(key);
        return job !== undefined && !holdsNodes(job);
      };
      this.#book.answer(name, reading.answeredAt, running, (key) => environmentOf(world, key), waits);
    }
  }

  /** Stores everything gathered, in one transaction. */
  flush(): void {
    const flush: Flush = { minutes: this.#gatherer.peek(), runs: this.#book.peek(), starts: this.#starts, ends: this.#ends, thoughts: this.#thoughts.peek() };
    if (!this.#safely('write the history', () => this.#options.store.flush(flush))) {
      const dropped = this.#gatherer.drop(mostMinutes);
      if (dropped > 0) this.#options.log.warn({ minutes: dropped }, 'dropped minutes of the history that could not be written for a day');
      return;
    }
    this.#gatherer.clear();
    this.#book.clear();
    this.#thoughts.clear();
    this.#starts = [];
    this.#ends = [];
  }

  /** True when it was done. A failure is logged once, until it is over. */
  #safely(what: string, work: () => void): boolean {
    const { log } = this.#options;
    try {
      work();
      if (this.#failing) log.info({}, 'the history is written again');
      this.#failing = false;
      return true;
    } catch (thrown) {
      if (!this.#failing)
        log.error({ cause: thrown instanceof Error ? thrown.message : String(thrown) }, `could not ${what}: it is kept in memory and tried again`);
      this.#failing = true;
      return false;
    }
  }
}
