import { because, type Reason } from './reason.js';

/** `deferred`: put aside for a while; `batch-hold`: for good, until a person releases it; `held`: by its owner or a person; `blocked`: not considered just now. */
export const heldStates = ['deferred', 'batch-hold', 'held', 'blocked'] as const;
export type HeldState = (typeof heldStates)[number];

export interface SchedulerHold {
  readonly state: HeldState;
  /** The scheduler's own words: one line of bounded length. */
  readonly why?: string;
}

/**
 * What a scheduler beside the batch server said in one poll. It explains and it holds back; it is never counted as
 * demand (a scheduler hides jobs that no node can take now). Jobs go by the scheduler's names (`nameInScheduler`).
 */
export interface SchedulerSnapshot {
  /** Waiting jobs it considers, the next one first. */
  readonly order: readonly string[];
  readonly held: ReadonlyMap<string, SchedulerHold>;
  /** Its settings that matter here, by their own names, as it writes them. */
  readonly settings: Readonly<Record<string, string>>;
  /** How long it puts a job aside for which no node is there; 0 = it never does; absent = it does not say. */
  readonly deferMs?: number;
}

/** The job as a scheduler calls it: `12.server` is `12`. */
export const nameInScheduler = (id: string): string => id.slice(0, id.indexOf('.') < 0 ? id.length : id.indexOf('.'));

/** Held for good: whatever is started for it stands idle. */
export const isBatchHeld = (snapshot: SchedulerSnapshot | undefined, id: string): boolean => snapshot?.held.get(nameInScheduler(id))?.state === 'batch-hold';

const codes = { deferred: 'scheduler-deferred', 'batch-hold': 'scheduler-batch-hold', held: 'scheduler-held', blocked: 'scheduler-blocked' } as const;

/** The scheduler's word on one waiting job; undefined where it does not speak of it. */
export function wordOn(snapshot: SchedulerSnapshot | undefined, id: string): Reason | undefined {
  if (snapshot === undefined) return undefined;
  const name = nameInScheduler(id);
  const hold = snapshot.held.get(name);
  if (hold !== undefined) return because(codes[hold.state], { job: name, why: hold.why ?? '' });
  const at = snapshot.order.indexOf(name);
  return at < 0 ? undefined : because('scheduler-order', { place: at + 1, of: snapshot.order.length });
}
