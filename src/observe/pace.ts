import type { Waking } from '../clock.js';

/**
 * How long a poller rests between two questions. A daemon rests as long as it is told; a simulator, which knows that
 * nothing can have changed there, may let whole rounds go by.
 */
export interface Pace {
  /** Resolves after about `ms`, or later; at once when the signal is aborted. `source` is `batch:NAME`, `scheduler:NAME` or `host:NAME`. */
  pause(source: string, ms: number, signal: Waking): Promise<void>;
}

/** A poller's own part of the pace. */
export const paced = (pace: Pace | undefined, source: string) =>
  pace === undefined ? {} : { pause: (ms: number, signal: Waking) => pace.pause(source, ms, signal) };
