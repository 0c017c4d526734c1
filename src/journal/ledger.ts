import type { Event } from '../model/event.js';
import type { Fence } from '../model/fence.js';
import { type Change, type Request, type Rows, withChanges } from '../model/rows.js';
import type { Journal } from './contract.js';

/**
 * The live rows in memory and their journal. Memory changes at once (so that whoever decides next sees it), the
 * journal follows in order; a write that fails is told to `broken`, and the daemon stops: what is not written down must
 * not be acted on.
 */
export class Ledger {
  #rows: Rows;
  /** Tables made since rows were last given out: nobody has them. */
  readonly #own = new Set<ReadonlyMap<string, unknown>>();
  readonly #journal: Journal;
  readonly #fence: Fence;
  readonly #broken: (thrown: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #held: Promise<void> | undefined;

  constructor(rows: Rows, journal: Journal, fence: Fence, broken: (thrown: unknown) => void) {
    this.#rows = rows;
    this.#journal = journal;
    this.#fence = fence;
    this.#broken = broken;
  }

  get rows(): Rows {
    this.#own.clear();
    return this.#rows;
  }

  /** The same for who looks and keeps no table: of outcomes that come together each would else copy the thousands of rows of a large installation. */
  get standing(): Rows {
    return this.#rows;
  }

  /** A plan is being made of the rows: who reads a row to write it back waits until it is written down (`held`), else the one would undo the other. Returns what ends it. */
  hold(): () => void {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = () => {
        if (this.#held === held) this.#held = undefined;
        resolve();
      };
    });
    this.#held = held;
    return release;
  }

  /** Resolves when no plan is being made; undefined when none is. */
  get held(): Promise<void> | undefined {
    return this.#held;
  }

  /** Resolves when it stands in the journal (on the disk, where durable). Never resolves when that failed: nothing may follow from it. */
  commit(changes: readonly Change[], events: readonly Event[], durable: boolean): Promise<void> {
    if (changes.length === 0 && events.length === 0) return this.#last;
    this.#rows = withChanges(this.#rows, changes, this.#own);
    const written = this.#last.then(() => this.#journal.commit({ changes, events, durable }, this.#fence));
    this.#last = written.catch((thrown: unknown) => {
      this.#broken(thrown);
      return new Promise<never>(() => undefined);
    });
    return this.#last;
  }

  /** Takes in requests that stand in the journal already. */
  takeIn(requests: readonly Request[]): void {
    const fresh = requests.filter((request) => request.state === 'open' && !this.#rows.requests.has(request.id));
    this.#rows = withChanges(
      this.#rows,
      fresh.map((request): Change => ({ table: 'requests', key: request.id, row: request })),
    );
  }
}
