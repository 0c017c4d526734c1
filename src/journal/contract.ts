import type { Event } from '../model/event.js';
import type { Fence } from '../model/fence.js';
import type { Change, Request, Rows } from '../model/rows.js';

/** A reign. `until` is on the monotonic clock; Infinity where an operating-system lock proves that the former leader is dead. */
export interface Lease {
  readonly fence: Fence;
  readonly until: number;
}

export interface HistoryQuery {
  readonly subject?: string;
  readonly since?: number;
  readonly until?: number;
  readonly kind?: Event['kind'];
  /** Newest first; 1 to 1,000. */
  readonly limit: number;
  /** Only events with a smaller number (for paging). */
  readonly before?: number;
}
export interface StoredEvent extends Event {
  readonly number: number;
}

export interface Commit {
  readonly changes: readonly Change[];
  readonly events: readonly Event[];
  /** True: on the disk before it resolves (intents). False: survives the process's death, maybe not a power cut. */
  readonly durable: boolean;
}

/** Where Domus remembers. Coarse, async, so that another engine fits. All raise Failure (`refused` = another daemon leads, or a newer reign exists; `full`). */
export interface Journal {
  /** Becomes the leader with the next epoch, or raises `refused` naming who leads. */
  lease(deployment: string, life: string): Promise<Lease>;
  load(): Promise<Rows>;
  /** All or nothing; refused when `fence` is no longer the reign. */
  commit(commit: Commit, fence: Fence): Promise<void>;
  /** Adds a person's request (any process may). */
  ask(request: Request): Promise<void>;
  /** Requests in state `open`, and those answered since `since`. */
  requests(since: number): Promise<readonly Request[]>;
  history(query: HistoryQuery): Promise<readonly StoredEvent[]>;
  /** Removes events older than `before`; returns how many. */
  trim(before: number): Promise<number>;
  close(): Promise<void>;
}
