import type { Order } from '../drivers/hypervisor.js';
import type { Deed, Verb } from '../model/action.js';
import type { Machine } from '../model/machine.js';
import type { Intervals } from '../model/policy.js';
import type { Change, Rows } from '../model/rows.js';
import type { Hands } from './hands.js';

export type DeedOf<V extends Verb> = Extract<Deed, { readonly verb: V }>;

/** Everything there is to know of a verb. The sentences are read by people; `perform` and `done` by the executor. */
export interface VerbRow<V extends Verb> {
  readonly precondition: string;
  /** How it is seen to be done. */
  readonly seen: string;
  readonly repeated: string;
  readonly undone: string;
  readonly limitMs: (intervals: Intervals) => number;
  readonly perform: (hands: Hands, deed: DeedOf<V>, order: Order) => Promise<void>;
  /** What any other end writes down into its machine's row. */
  readonly failed?: (row: Machine, at: number) => Partial<Machine>;
  /** What its success writes down: fields of its machine's row, and rows beside it. */
  readonly done: (
    deed: DeedOf<V>,
    row: Machine | undefined,
    at: number,
    rows: Rows,
  ) => { readonly row?: Partial<Machine>; readonly changes?: readonly Change[] };
}
