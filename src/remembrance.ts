import type { Event } from './model/event.js';
import type { Plan } from './model/present.js';
import { type Reason, sameReason } from './model/reason.js';

/** What the deeds' own events and the tables tell better. */
const passing: ReadonlySet<Reason['code']> = new Set(['step-in-flight', 'keep-online', 'host-usable']);

/** Told when they begin: that their numbers move, or the job they name, is no news. */
const counting: ReadonlySet<Reason['code']> = new Set(['environment-calm', 'jobs-wait', 'keep-wanted']);
const saysTheSame = (a: Reason, b: Reason): boolean => (counting.has(a.code) ? a.code === b.code : sameReason(a, b));

const mostKept = 20;

/** Knows what was last stored of each subject's reasons, so that history holds changes and not ticks. */
export class Remembrance {
  #last: ReadonlyMap<string, readonly Reason[]> = new Map();

  /** Events for every reason that the plan gives and that was not given at the tick before. */
  news(plan: Plan, at: number): readonly Event[] {
    const events: Event[] = [];
    for (const [subject, reasons] of plan.reasons) {
      const before = this.#last.get(subject) ?? [];
      for (const reason of reasons) {
        if (!passing.has(reason.code) && !before.some((known) => saysTheSame(known, reason))) events.push({ at, subject, kind: 'decided', reason });
      }
    }
    this.#last = new Map([...plan.reasons].map(([subject, reasons]) => [subject, this.#kept(subject, reasons)]));
    return events;
  }

  /** While a deed is under way, what was said before it still stands. */
  #kept(subject: string, reasons: readonly Reason[]): readonly Reason[] {
    return reasons.some(({ code }) => code === 'step-in-flight') ? [...(this.#last.get(subject) ?? []), ...reasons].slice(0, mostKept) : reasons;
  }
}
