import type { Event } from './model/event.js';
import type { Plan } from './model/present.js';
import { type Reason, sameReason } from './model/reason.js';
import { atATime, atOnce, type Slices } from './model/slices.js';

/** What the deeds' own events and the tables tell better. */
const passing: ReadonlySet<Reason['code']> = new Set(['step-in-flight', 'keep-online', 'host-usable']);

/** Told when they begin: that their numbers move, or the job they name, is no news. */
const counting: ReadonlySet<Reason['code']> = new Set(['environment-calm', 'jobs-wait', 'keep-wanted']);
const saysTheSame = (a: Reason, b: Reason): boolean => a === b || (counting.has(a.code) ? a.code === b.code : sameReason(a, b));

const mostKept = 20;
const nothing: readonly Reason[] = [];

function isKnown(before: readonly Reason[], reason: Reason): boolean {
  for (const known of before) if (saysTheSame(known, reason)) return true;
  return false;
}

/** Knows what was last stored of each subject's reasons, so that history holds changes and not ticks. */
export class Remembrance {
  #last: ReadonlyMap<string, readonly Reason[]> = new Map();
  /** Of subjects with a deed under way: what was said before it still stands. */
  #standing: ReadonlyMap<string, readonly Reason[]> = new Map();

  /** Events for every reason that the plan gives and that was not given at the tick before. */
  news(plan: Plan, at: number): readonly Event[] {
    return atOnce(this.telling(plan, at));
  }

  /** Few subjects have a deed under way, mostly none. */
  #said(subject: string): readonly Reason[] {
    return (this.#standing.size === 0 ? undefined : this.#standing.get(subject)) ?? this.#last.get(subject) ?? nothing;
  }

  /** The same in slices. */
  *telling(plan: Plan, at: number): Slices<readonly Event[]> {
    const events: Event[] = [];
    const standing = new Map<string, readonly Reason[]>();
    let count = 0;
    for (const [subject, reasons] of plan.reasons) {
      if (++count % atATime === 0) yield;
      const before = this.#said(subject);
      let inFlight = false;
      for (const reason of reasons) {
        if (reason.code === 'step-in-flight') inFlight = true;
        if (!isKnown(before, reason) && !passing.has(reason.code)) events.push({ at, subject, kind: 'decided', reason });
      }
      if (inFlight) standing.set(subject, [...before, ...reasons].slice(0, mostKept));
    }
    this.#last = plan.reasons;
    this.#standing = standing;
    return events;
  }
}
