import type { Failure } from '../../drivers/failure.js';
import type { RunnerOp } from '../../model/host.js';

/** How a deed ended. */
export type Outcome = { readonly failure?: Failure };

interface Entry {
  readonly verb: string;
  readonly startedAt: number;
  readonly outcome: Promise<Outcome>;
  done: boolean;
}

/** The deeds a host knows of, by op id: the same op again gets the same answer, never a second deed. */
export class OpBook {
  readonly #entries = new Map<string, Entry>();

  /** The outcome of this op; `deed` runs only when the op is new. */
  once(op: string, verb: string, startedAt: number, deed: () => Promise<Outcome>): Promise<Outcome> {
    const known = this.#entries.get(op);
    if (known !== undefined) return known.outcome;
    const entry: Entry = { verb, startedAt, outcome: deed(), done: false };
    this.#entries.set(op, entry);
    void entry.outcome.then(() => {
      entry.done = true;
    });
    return entry.outcome;
  }

  list(): readonly RunnerOp[] {
    return [...this.#entries].map(([op, { verb, startedAt, done }]) => ({ op, verb, state: done ? 'done' : 'running', startedAt }));
  }
}
