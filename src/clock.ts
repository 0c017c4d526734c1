/** The one place that reads the time. Everything else is handed a `Clock` (or an instant). */
export interface Clock {
  /** Epoch ms; may jump. */
  wall(): number;
  /** Monotonic ms from an arbitrary origin; deadlines and leases use it. */
  mono(): number;
  /** Resolves after `ms`, or at once when the signal is aborted (never rejects). */
  sleep(ms: number, signal?: Waking): Promise<void>;
}

/** What ends a sleep early: a `Bell`, or an AbortSignal, of which this is the part that a sleeper needs. */
export interface Waking {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Ends sleeps, and nothing else: an AbortController would do, but the loop and its pollers make some at every turn, and
 * each signal of Node 20 costs some ten microseconds.
 */
export class Bell implements Waking {
  #rung = false;
  readonly #listeners = new Set<() => void>();

  get aborted(): boolean {
    return this.#rung;
  }

  /** Wakes everybody who sleeps on it now or later. */
  ring(): void {
    if (this.#rung) return;
    this.#rung = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }
  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** Longest delay a Node timer takes without wrapping to 1 ms. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  wall: () => Date.now(),
  mono: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(0, ms), longestTimerMs));
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** Weekday (0 Sunday to 6) and hour of an instant, in local time. */
export function placeInWeek(at: number): { readonly weekday: number; readonly hour: number } {
  const local = new Date(at);
  return { weekday: local.getDay(), hour: local.getHours() };
}

const shown = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });

/** An instant as people read it, in local time: `2026-01-05 14:03:07`. */
export const localTime = (at: number): string => shown.format(at);
