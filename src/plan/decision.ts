import type { Decision } from '../model/decision.js';
import { type Reason, sameReason } from '../model/reason.js';
import type { Change } from '../model/rows.js';

export type { Decision } from '../model/decision.js';

/** What one planner step adds to the plan. */
export interface Part {
  /** To be acted on now. */
  readonly decisions: readonly Decision[];
  readonly changes: readonly Change[];
  /** What would have been done: watch mode, a missing approval, frozen. Never acted on. */
  readonly recorded?: readonly Decision[];
  /** Machines that shall take no new jobs, and why. */
  readonly holds?: ReadonlyMap<string, Reason>;
}

/** Collects the explanation of everything, per subject, in the order it is said. */
export class Reasons {
  readonly #bySubject = new Map<string, Reason[]>();
  #waitsForTurn = false;

  /** Something waits only because enough goes on at once already. */
  get waitsForTurn(): boolean {
    return this.#waitsForTurn;
  }

  say(subject: string, reason: Reason): void {
    if (reason.code === 'wait-budget') this.#waitsForTurn = true;
    const said = this.#bySubject.get(subject);
    if (said === undefined) this.#bySubject.set(subject, [reason]);
    else if (!said.some((known) => sameReason(known, reason))) said.push(reason);
  }

  all(): ReadonlyMap<string, readonly Reason[]> {
    return this.#bySubject;
  }
}
