import ICAL from 'ical.js';
import { civilOf, type Day, dayNear, dayOf } from './civil.js';

/** What may be spent on the repetitions of one file: candidates that are looked at. */
export class Budget {
  readonly most: number;
  #left: number;

  constructor(most: number) {
    this.most = most;
    this.#left = most;
  }

  /** Raises RangeError where nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new RangeError(`its repetitions are too many to go through (more than ${this.most} steps)`);
  }
}

/** Nothing takes place before the horizon any more. */
class Beyond extends Error {
  override readonly name = 'Beyond';
}

/** Who repeats more seldom than in a hundred years does not. */
const mostDays = 36_525;

/**
 * The library's own iterator, which ends at a horizon: by itself it looks for the next time for ever, and some rules have
 * none (`FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31`). Every way of it forward goes through these methods.
 */
function iteratorUntil(year: number, budget: Budget, options: { readonly rule: ICAL.Recur; readonly dtstart: ICAL.Time }): ICAL.RecurIterator {
  const look = (time: ICAL.Time): void => {
    if (!(time.year <= year)) throw new Beyond();
  };
  class Bounded extends ICAL.RecurIterator {
    override increment_year(count: number): void {
      super.increment_year(count);
      look(this.last);
    }
    override increment_monthday(count: number): void {
      if (count > mostDays) throw new Beyond();
      budget.spend(Math.ceil(count / 30));
      super.increment_monthday(count);
      look(this.last);
    }
    override check_contracting_rules(): boolean {
      budget.spend(1);
      look(this.last);
      return super.check_contracting_rules();
    }
    override next(again?: boolean): ICAL.Time {
      try {
        return super.next(again);
      } catch (thrown) {
        if (!(thrown instanceof Beyond)) throw thrown;
        this.completed = true;
        return null as unknown as ICAL.Time; // as the library says that there is no more
      }
    }
  }
  return new Bounded(options);
}

const rulesOf = ({ component }: ICAL.Event): readonly ICAL.Recur[] =>
  component.getAllProperties('rrule').flatMap((property) => {
    const rule: unknown = property.getFirstValue();
    return rule instanceof ICAL.Recur ? [rule] : [];
  });

/** Longer than any event's way to another day of its own week, and than a zone is wide, in days. */
const marginDays = 40;
const daysOf: Readonly<Record<string, number>> = { DAILY: 1, WEEKLY: 7 };

/** A beginning of the same series shortly before it matters: what repeats by days or weeks need not be counted from its first day on. */
function startNear(event: ICAL.Event, rules: readonly ICAL.Recur[], day: Day): ICAL.Time {
  const { startDate, endDate } = event;
  const [rule, ...others] = rules;
  const unit = daysOf[rule?.freq ?? ''];
  if (rule === undefined || others.length > 0 || unit === undefined || rule.count) return startDate;
  const cycle = unit * Math.max(1, rule.interval);
  const lastsDays = Math.max(0, dayOf(endDate.year, endDate.month, endDate.day) - dayOf(startDate.year, startDate.month, startDate.day));
  const cycles = Math.floor((day - marginDays - lastsDays - dayOf(startDate.year, startDate.month, startDate.day)) / cycle);
  if (!(cycles > 0)) return startDate;
  const civil = civilOf(dayOf(startDate.year, startDate.month, startDate.day) + cycles * cycle);
  const start = startDate.clone();
  start.year = civil.year;
  start.month = civil.month;
  start.day = civil.date;
  return start;
}

/** The times that a series takes place, those that matter from `since` on (epoch ms) and maybe some before, until the year is over. Raises RangeError beyond the budget. */
export function* repetitions(event: ICAL.Event, since: number, year: number, budget: Budget): Generator<ICAL.Time> {
  const rules = rulesOf(event);
  for (const rule of rules) rule.iterator = (dtstart) => iteratorUntil(year, budget, { rule, dtstart });
  try {
    const iterator = event.iterator(startNear(event, rules, dayNear(since)));
    for (;;) {
      budget.spend(1);
      const next: ICAL.Time | null | undefined = iterator.next();
      if (next === undefined || next === null) return;
      yield next;
    }
  } catch (thrown) {
    if (!(thrown instanceof Beyond)) throw thrown;
  }
}

/** Why the series is none that a calendar of days can have; undefined where it can. */
export function troubleOfSeries(event: ICAL.Event): string | undefined {
  const often = rulesOf(event).find(({ freq }) => !['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(freq));
  return often && `it repeats ${often.freq}: days are the shortest that an event may repeat by`;
}
