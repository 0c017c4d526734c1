import type { Reason } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import type { Size } from '../model/size.js';

/** What the capacity steps (demand ... budget) want, before it becomes rows and deeds (`outcome.ts`). */
export type Decision =
  /** A new machine: seat and host are free and fit. */
  | {
      readonly kind: 'start';
      readonly environment: string;
      readonly seat: string;
      readonly host: string;
      readonly size: Size;
      readonly image: { readonly name: string; readonly version: string };
      readonly reason: Reason;
    }
  /** A machine's goal becomes `gone`; it is drained first. */
  | { readonly kind: 'drain'; readonly machine: string; readonly reason: Reason }
  /** An idle machine's goal becomes `serve` with another size. */
  | { readonly kind: 'resize'; readonly machine: string; readonly size: Size; readonly reason: Reason }
  /** A drain is taken back: demand returned before the guest was told to stop. */
  | { readonly kind: 'keep'; readonly machine: string; readonly reason: Reason };

/** What one planner step adds to the plan. */
export interface Part {
  /** To be acted on now. */
  readonly decisions: readonly Decision[];
  readonly changes: readonly Change[];
  /** What would have been done: watch mode, a missing approval, frozen. Never acted on. */
  readonly recorded?: readonly Decision[];
}

/** Collects the explanation of everything, per subject, in the order it is said. */
export class Reasons {
  readonly #bySubject = new Map<string, Reason[]>();

  say(subject: string, reason: Reason): void {
    const said = this.#bySubject.get(subject);
    if (said === undefined) this.#bySubject.set(subject, [reason]);
    else said.push(reason);
  }

  all(): ReadonlyMap<string, readonly Reason[]> {
    return this.#bySubject;
  }
}
