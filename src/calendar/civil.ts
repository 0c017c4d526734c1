import { Cron } from 'croner';

/** A day of the calendar, as days since 1970-01-01; it belongs to no time zone. */
export type Day = number;

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A one-off pattern that lies before the instant it is asked from has no next run: so it is asked from well before. */
const wellBeforeMs = 3 * dayMs;

export const dayOf = (year: number, month: number, date: number): Day => Date.UTC(year, month - 1, date) / dayMs;

/** Does that month have that date in that year? */
export function isDate(year: number, month: number, date: number): boolean {
  const made = new Date(Date.UTC(year, month - 1, date));
  return made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === date;
}

export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly date: number;
  /** 0 = Sunday. */
  readonly weekday: number;
}

export function civilOf(day: Day): Civil {
  const made = new Date(day * dayMs);
  return { year: made.getUTCFullYear(), month: made.getUTCMonth() + 1, date: made.getUTCDate(), weekday: made.getUTCDay() };
}

/** The day in UTC: at most one away from the day in any zone. */
export const dayNear = (at: number): Day => Math.floor(at / dayMs);

const two = (number: number): string => String(number).padStart(2, '0');

/** `2026-07-03`. */
export function writeDay(day: Day): string {
  const { year, month, date } = civilOf(day);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`;
}

/** The instant that clocks in the zone show so, as croner reads it: of two the first, of none the one as long after the change. */
function shown(zone: string, localMs: number): number {
  const made = new Date(localMs);
  const clock = `${two(made.getUTCHours())}:${two(made.getUTCMinutes())}:${two(made.getUTCSeconds())}`;
  const found = new Cron(`${writeDay(Math.floor(localMs / dayMs))}T${clock}`, { timezone: zone, paused: true }).nextRun(new Date(localMs - wellBeforeMs));
  if (found === null) throw new RangeError(`no instant for ${writeDay(Math.floor(localMs / dayMs))} ${clock} in ${zone}`);
  return found.getTime();
}

/**
 * The instant at which clocks in the zone show that many minutes since midnight of that day (more than 1440 are the next
 * day's). Where a clock shows it twice or never, because summer time begins or ends: `early` is the sooner of what it may
 * mean and `late` the later, so that a door that opens early and closes late is open whenever somebody may count on it.
 */
export function instantOf(zone: string, day: Day, minutes: number, side: 'early' | 'late'): number {
  const localMs = day * dayMs + minutes * 60_000;
  const first = shown(zone, localMs);
  const second = shown(zone, localMs + hourMs) - hourMs;
  return side === 'early' ? Math.min(first, second) : Math.max(first, second);
}

/** Clocks in the zone are ahead of UTC by so much at that instant, ms. */
export function offsetAt(zone: string, at: number): number {
  const near = at - shown(zone, at);
  return near + at - shown(zone, at + near);
}

/** A time zone that this machine knows: `Europe/Berlin`, `UTC`. */
export function isZone(zone: string): boolean {
  if (zone === '') return false; // croner's name for this machine's own
  try {
    shown(zone, 0);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error) return false;
    throw thrown;
  }
}
