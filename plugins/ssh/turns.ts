import { Failure } from '../../src/drivers/failure.js';

/** At most `atOnce` at a time; others wait in order, at most `waiting` of them. */
export class Turns {
  readonly #atOnce: number;
  readonly #waiting: number;
  #taken = 0;
  readonly #queue: (() => void)[] = [];

  constructor(atOnce: number, waiting: number) {
    this.#atOnce = atOnce;
    this.#waiting = waiting;
  }

  /** Runs `work` when it is its turn. Raises Failure `busy` when too many wait, `cancelled` when the signal comes first. */
  async run<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(what, signal);
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#taken--;
      else next();
    }
  }

  #turn(what: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(new Failure('cancelled', `${what}: cancelled before it was sent`));
    if (this.#taken < this.#atOnce) {
      this.#taken++;
      return Promise.resolve();
    }
    if (this.#queue.length >= this.#waiting) return Promise.reject(new Failure('busy', `${what}: ${this.#waiting} questions wait for that host already`));
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(begin), 1);
        reject(new Failure('cancelled', `${what}: cancelled before it was sent`));
      };
      this.#queue.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
