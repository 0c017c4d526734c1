import { Failure } from '../../src/drivers/failure.js';

/** One at a time, first come first served. */
export class Turn {
  #last: Promise<void> = Promise.resolve();

  /** Runs `work` when everybody before has finished. Raises Failure `cancelled` when the signal ends the wait. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let finish = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#last = before.then(() => mine);
    try {
      await untilAborted(before, signal);
      return await work();
    } finally {
      finish();
    }
  }
}

async function untilAborted(before: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Failure('cancelled', 'cancelled while another question to the batch server was under way'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([aborted, before]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
