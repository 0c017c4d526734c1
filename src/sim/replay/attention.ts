import type { Waking } from '../../clock.js';
import type { Machine } from '../../model/machine.js';
import type { Change, Rows } from '../../model/rows.js';
import type { Pace } from '../../observe/pace.js';
import type { VirtualClock } from '../clock.js';

/** A poller that rests until its source stirs. */
interface Resting {
  readonly everyMs: number;
  readonly wake: () => void;
}

/**
 * All sources are asked at the same turns (whole multiples of their pause), so that a round of answers is one tick's; and
 * the turns go by in which nothing can have changed: a source that stirs is asked at its next turns, as it would have been
 * without skipping, and then rests again.
 */
export class Attention implements Pace {
  readonly #clock: VirtualClock;
  readonly #startAt: number;
  readonly #skip: boolean;
  readonly #resting = new Map<string, Resting>();
  /** Asked at every turn up to then. */
  readonly #until = new Map<string, number>();

  /** Without `skip` every turn is taken: what skipping must not change. */
  constructor(clock: VirtualClock, skip: boolean) {
    this.#clock = clock;
    this.#startAt = clock.now();
    this.#skip = skip;
  }

  pause(source: string, ms: number, signal: Waking): Promise<void> {
    const now = this.#clock.now();
    if (!this.#skip || now + ms <= (this.#until.get(source) ?? this.#startAt + 2 * ms)) return this.#clock.sleep(nextTurn(now, ms) - now, signal);
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        this.#resting.delete(source);
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#resting.set(source, { everyMs: ms, wake: done });
    });
  }

  /** Something may have changed there (`batch:NAME` or `host:NAME`): it is asked for so long, at least at its next turn. */
  stir(source: string, forMs: number): void {
    const now = this.#clock.now();
    this.#until.set(source, Math.max(this.#until.get(source) ?? 0, now + forMs));
    const resting = this.#resting.get(source);
    if (resting === undefined) return;
    this.#resting.delete(source);
    // a turn that is now was not taken yet: it rested
    this.#clock.at(nextTurn(now - 1, resting.everyMs), resting.wake);
  }
}

/** Hosts of machines of which more was written down than whether they are idle: that is the batch server's news, and no look follows from it. */
export function hostsToLookAt(rows: Rows['machines'], changes: readonly Change[]): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const change of changes) {
    if (change.table !== 'machines') continue;
    const [before, after] = [rows.get(change.key), change.row];
    const host = (after ?? before)?.host;
    if (host !== undefined && (before === undefined || after === null || !isTheSame(before, after))) hosts.add(host);
  }
  return hosts;
}

function isTheSame(before: Machine, after: Machine): boolean {
  const keys = new Set(Object.keys({ ...before, ...after }) as (keyof Machine)[]);
  keys.delete('idleSince');
  return [...keys].every((key) => before[key] === after[key]);
}

const nextTurn = (now: number, ms: number): number => (Math.floor(now / ms) + 1) * ms;
