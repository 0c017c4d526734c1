import type { Failure } from '../../drivers/failure.js';
import type { RunnerOp } from '../../model/host.js';

/** How a deed ended. */
export type Outcome = { readonly failure?: Failure };

interface Entry {
  readonly outcome: Promise<Outcome>;
  seen: RunnerOp;
}

/** So many are remembered, for so long, ms: as the runner does. */
const keptOps = 200;
const keptMs = 86_400_000;

/** The deeds a host knows of, by op id: the same op again gets the same answer, never a second deed. */
export class OpBook {
  readonly #entries = new Map<string, Entry>();
  /** As it was last told; absent when something has changed since. */
  #list: readonly RunnerOp[] | undefined;

  /** The outcome of this op; `deed` runs only when the op is new. */
  once(op: string, verb: string, startedAt: number, deed: () => Promise<Outcome>): Promise<Outcome> {
    const known = this.#entries.get(op);
    if (known !== undefined) return known.outcome;
    const entry: Entry = { outcome: deed(), seen: { op, verb, state: 'running', startedAt } };
    this.#entries.set(op, entry);
    this.#list = undefined;
    void entry.outcome.then(() => {
      entry.seen = { op, verb, state: 'done', startedAt };
      this.#list = undefined;
    });
    this.#forget(startedAt);
    return entry.outcome;
  }

  list(): readonly RunnerOp[] {
    this.#list ??= [...this.#entries.values()].map(({ seen }) => seen);
    return this.#list;
  }

  /** The oldest that have ended, beyond what is kept. */
  #forget(now: number): void {
    for (const [op, { seen }] of this.#entries) {
      if (this.#entries.size <= keptOps && seen.startedAt >= now - keptMs) return;
      if (seen.state === 'done') this.#entries.delete(op);
    }
  }
}
