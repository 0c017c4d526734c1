import type { Deed } from './action.js';
import type { Decision } from './decision.js';
import type { Policy } from './policy.js';
import type { Reason } from './reason.js';
import type { Change } from './rows.js';
import type { World } from './world.js';

/** What the planner decided, as data. */
export interface Plan {
  /** Rows to write: new machines, goals, answers, memories. */
  readonly changes: readonly Change[];
  readonly deeds: readonly Deed[];
  /** Capacity decisions that are acted on, and those only recorded (watch mode, a missing approval, frozen). */
  readonly decisions: readonly Decision[];
  readonly recorded: readonly Decision[];
  /** Why, per subject, in order of weight: the current explanation of everything on the screen. */
  readonly reasons: ReadonlyMap<string, readonly Reason[]>;
  /** When something is due next, epoch ms. */
  readonly due: number;
  /** Something waits only because enough goes on at once already: the end of a deed may let it begin. */
  readonly waitsForTurn?: boolean;
}

/** Published after each tick: what the API, hooks and `why` read. Immutable. */
export interface Present {
  readonly revision: number;
  readonly at: number;
  readonly world: World;
  readonly plan: Plan;
  readonly policy: Policy;
  readonly epoch: number;
}
