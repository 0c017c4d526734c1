import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { execaShell } from './execa-shell.js';
import { asFailure, Failure } from './failure.js';
import { readListing } from './inline-job-lists.js';
import type { JobReader } from './job-lists.js';
import { packJobs } from './job-rows.js';
import type { ListingNews, ListingOrder, ListingSetup } from './listing-messages.js';
import { loadReader } from './plugin.js';

/** The thread's side: it runs the listing command itself, so that its bytes never cross; only fresh jobs do. */
class Worker {
  readonly #port: MessagePort;
  readonly #reader: JobReader;
  readonly #shell = execaShell(systemClock);
  /** The reading that the reader compares with. */
  #base = 0;
  #current: { readonly reading: number; readonly end: AbortController; more: () => void } | undefined;

  constructor(port: MessagePort, reader: JobReader) {
    this.#port = port;
    this.#reader = reader;
  }

  hear(order: ListingOrder): void {
    if (order.order === 'read') void this.#read(order);
    else if (this.#current?.reading !== order.reading) return;
    else if (order.order === 'stop') {
      this.#current.end.abort(new Failure(order.kind, order.message));
      this.#current.more();
    } else this.#current.more();
  }

  async #read({ reading, base, argv, nodes, maxBytes }: Extract<ListingOrder, { order: 'read' }>): Promise<void> {
    const end = new AbortController();
    const current = { reading, end, more: (): void => undefined };
    this.#current = current;
    const { signal } = end;
    if (base !== this.#base) this.#reader.forget();
    try {
      const options = { signal, ...(maxBytes === undefined ? {} : { maxBytes }) };
      const read = await readListing(this.#shell, this.#reader, argv, nodes, options, async (jobs) => {
        const packed = packJobs(jobs);
        this.#say({ news: 'fresh', reading, jobs: packed }, packed.rows.buffer);
        await new Promise<void>((resolve) => {
          current.more = resolve;
          if (signal.aborted) resolve();
        });
        if (signal.aborted) throw signal.reason;
      });
      if (read.change !== undefined) this.#base = reading;
      this.#say({ news: 'end', reading, ...read });
    } catch (thrown) {
      const failure = asFailure(thrown, argv[0] ?? 'listing');
      end.abort(failure); // the command has nobody to speak to any more
      const { kind, message } = failure;
      this.#say({ news: 'failed', reading, kind, message });
    } finally {
      this.#current = undefined;
    }
  }

  #say(news: ListingNews, ...moved: readonly ArrayBufferLike[]): void {
    this.#port.postMessage(
      news,
      moved.filter((buffer) => buffer instanceof ArrayBuffer),
    );
  }
}

if (parentPort !== null) {
  const { plugin, source } = workerData as ListingSetup;
  const worker = new Worker(parentPort, (await loadReader(plugin)).create(source));
  parentPort.on('message', (order: ListingOrder) => worker.hear(order));
}
