import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import type { Job } from '../model/job.js';
import { Failure } from './failure.js';
import { changedList } from './job-list-change.js';
import type { JobLists, Listed } from './job-lists.js';
import { unpackJobs } from './job-rows.js';
import type { ListingNews, ListingOrder, ListingSetup } from './listing-messages.js';
import type { RunOptions } from './shell.js';

/** The compiled worker; absent where the sources run uncompiled. */
const beside = new URL('./listing-worker.js', import.meta.url);

/** Can lists be read in a thread here? */
export const canThread = (): boolean => existsSync(beside);

/** Bound on the thread's young objects, MiB: its work makes garbage only. */
const youngMiB = 16;

/** A thread that was told to stop and says nothing for so long is ended. */
const graceMs = 5_000;

interface Asked {
  readonly reading: number;
  readonly fresh: Job[];
  done(listed: Listed): void;
  failed(failure: Failure): void;
}

/**
 * Job lists read in a thread of their own, which runs the command, too: the loop sees only what changed. A thread that
 * dies costs the reading that was under way; the next one gets a new thread.
 */
export class ListingThread implements JobLists {
  readonly #setup: ListingSetup;
  readonly #clock: Clock;
  readonly #file: URL;
  #worker: Worker | undefined;
  #asked: Asked | undefined;
  #readings = 0;
  /** Told when the reading under way has ended. */
  #closing: () => void = () => undefined;
  /** The reading that `#jobs` is from. */
  #base = 0;
  #jobs: readonly Job[] = [];

  constructor(setup: ListingSetup, clock: Clock, file: URL = beside) {
    this.#setup = setup;
    this.#clock = clock;
    this.#file = file;
  }

  async read(argv: readonly string[], nodes: readonly string[], { signal, maxBytes }: RunOptions): Promise<Listed> {
    if (signal.aborted) throw new Failure('cancelled', `${argv[0]}: cancelled before it began`);
    if (this.#asked !== undefined) throw new Failure('busy', 'a list of jobs is being read already');
    this.#readings += 1;
    const reading = this.#readings;
    const worker = this.#hire();
    const over = new AbortController();
    const stop = (): void => {
      const cause = signal.reason instanceof Failure ? signal.reason : new Failure('uncertain', `${argv[0]}: ended by its caller while it ran`);
      this.#order({ order: 'stop', reading, kind: cause.kind, message: cause.message });
      void this.#clock.sleep(graceMs, over.signal).then(() => (over.signal.aborted ? undefined : worker.terminate()));
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.ref();
    try {
      return await new Promise<Listed>((resolve, reject) => {
        this.#asked = { reading, fresh: [], done: resolve, failed: reject };
        this.#order({ order: 'read', reading, base: this.#base, argv, nodes, ...(maxBytes === undefined ? {} : { maxBytes }) });
      });
    } finally {
      signal.removeEventListener('abort', stop);
      this.#asked = undefined;
      over.abort();
      worker.unref();
      this.#closing();
    }
  }

  /** A command under way is ended first. */
  async close(): Promise<void> {
    const over = new AbortController();
    if (this.#asked !== undefined) {
      this.#closing = () => over.abort();
      const { reading } = this.#asked;
      this.#order({ order: 'stop', reading, kind: 'cancelled', message: 'closed while a list of jobs was being read' });
      await this.#clock.sleep(graceMs, over.signal);
    }
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #hire(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#file, { workerData: this.#setup, resourceLimits: { maxYoungGenerationSizeMb: youngMiB } });
    this.#worker = worker;
    let cause: unknown;
    worker.on('message', (news: ListingNews) => this.#hear(news));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      if (this.#worker === worker) this.#worker = undefined;
      const why = cause instanceof Error ? cause.message : `exit ${code}`;
      this.#asked?.failed(new Failure('uncertain', `the thread that reads the list of jobs ended (${why}): the next reading gets a new one`, { cause }));
    });
    return worker;
  }

  #order(order: ListingOrder): void {
    this.#worker?.postMessage(order);
  }

  #hear(news: ListingNews): void {
    const asked = this.#asked;
    if (asked?.reading !== news.reading) return;
    if (news.news === 'failed') asked.failed(new Failure(news.kind, news.message));
    else if (news.news === 'fresh') {
      for (const job of unpackJobs(news.jobs)) asked.fresh.push(job);
      this.#order({ order: 'more', reading: news.reading });
    } else this.#end(asked, news);
  }

  #end(asked: Asked, { exit, stderr, change }: Extract<ListingNews, { news: 'end' }>): void {
    try {
      if (change === undefined) {
        asked.done({ exit, stderr });
        return;
      }
      const list = changedList(this.#jobs, change, asked.fresh);
      this.#jobs = list.jobs;
      this.#base = asked.reading;
      asked.done({ exit, stderr, list });
    } catch (thrown) {
      asked.failed(thrown instanceof Failure ? thrown : new Failure('uncertain', 'a change of the list of jobs cannot be applied', { cause: thrown }));
    }
  }
}
