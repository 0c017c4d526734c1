import type { Hours, Window } from '../model/calendar.js';
import { civilOf, type Day, dayNear, instantOf, offsetAt } from './civil.js';
import { eventsOf } from './icalendar.js';
import { clipped, merged, type Span, without } from './spans.js';
import { type Dates, type DaySpan, isAmong, type Moment } from './words.js';

/** A text of an iCalendar file, and where it was read. */
export interface CalendarFile {
  readonly path: string;
  readonly text: string;
}

/** When a pool is open to people, as it is configured; plain data. */
export interface CalendarSpec {
  readonly name: string;
  /** IANA's name of the time zone that the times of day are meant in. */
  readonly zone: string;
  /** Hours of each day of the week, the first is Sunday. */
  readonly week: readonly (readonly DaySpan[])[];
  /** Days on which the room stays closed, whatever day of the week it is. */
  readonly holidays: readonly Dates[];
  readonly holidayFiles: readonly CalendarFile[];
  /** Days with hours of their own; they count for holidays, too. */
  readonly days: readonly { readonly day: Day; readonly hours: readonly DaySpan[] }[];
  readonly reserved: readonly { readonly from: Moment; readonly to: Moment; readonly name: string }[];
  readonly reservedFiles: readonly CalendarFile[];
}

type Named = Span & { readonly name: string };

/** Hours of one local day as instants; a door opens early and closes late where the clock is changed. */
const spansOf = (zone: string, day: Day, hours: readonly DaySpan[]): readonly Span[] =>
  hours.map(({ from, to }) => ({ since: instantOf(zone, day, from, 'early'), until: instantOf(zone, day, to, 'late') }));

function wholeDays(zone: string, first: Day, last: Day): Span {
  return { since: instantOf(zone, first, 0, 'early'), until: instantOf(zone, last + 1, 0, 'early') };
}

function openOf(spec: CalendarSpec, since: number, until: number): readonly Span[] {
  const { zone, week, holidays } = spec;
  const files = spec.holidayFiles.map(({ text }) => eventsOf(text, zone, since, until));
  const free = files.flatMap(({ days }) => days);
  const special = new Map(spec.days.map(({ day, hours }) => [day, hours]));
  const usual: Span[] = [];
  const own: Span[] = [];
  // a window of the day before may reach into the first day
  for (let day = dayNear(since) - 2; day <= dayNear(until) + 1; day++) {
    const hours = special.get(day);
    if (hours !== undefined) {
      own.push(...spansOf(zone, day, hours));
      continue;
    }
    const civil = civilOf(day);
    const isHoliday = holidays.some((dates) => isAmong(dates, day, civil)) || free.some(({ first, last }) => first <= day && day <= last);
    if (!isHoliday) usual.push(...spansOf(zone, day, week[civil.weekday] ?? []));
  }
  const shut = merged(files.flatMap(({ spans }) => spans));
  return merged([...without(merged(usual), shut), ...own]);
}

/** What is booked by name; of two bookings at once the one that began first keeps its name. */
function reservedOf({ zone, reserved, reservedFiles }: CalendarSpec, since: number, until: number): readonly Named[] {
  const files = reservedFiles.map(({ text }) => eventsOf(text, zone, since, until));
  const all: Named[] = [
    ...reserved.map(({ from, to, name }) => ({
      since: instantOf(zone, from.day, from.minutes, 'early'),
      until: instantOf(zone, to.day, to.minutes, 'late'),
      name,
    })),
    ...files.flatMap(({ days }) => days.map(({ first, last, name }) => ({ ...wholeDays(zone, first, last), name }))),
    ...files.flatMap(({ spans }) => spans),
  ].filter((span) => span.since < span.until);
  all.sort((a, b) => a.since - b.since || a.until - b.until || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const kept: Named[] = [];
  let taken = Number.NEGATIVE_INFINITY;
  for (const span of all) {
    const from = Math.max(span.since, taken);
    if (from < span.until) kept.push({ ...span, since: from });
    taken = Math.max(taken, span.until);
  }
  return kept;
}

/**
 * The windows of a calendar from `since` to `until` (epoch ms), as plain numbers: what is booked by name goes before the
 * opening hours; days with hours of their own before holidays; holidays before the week. Pure. Raises an Error where an
 * iCalendar file cannot be read (`troubleOf` says so before).
 */
export function hoursOf(spec: CalendarSpec, since: number, until: number): Hours {
  const reserved = reservedOf(spec, since, until);
  const windows: Omit<Window, 'offsetMs'>[] = [
    ...without(openOf(spec, since, until), merged(reserved)).map((span) => ({ ...span, kind: 'open' as const, name: '' })),
    ...reserved.map((span) => ({ ...span, kind: 'reserved' as const })),
  ];
  windows.sort((a, b) => a.since - b.since);
  const shown = clipped(windows, since, until).map((window): Window => ({ ...window, offsetMs: offsetAt(spec.zone, window.since) }));
  return { zone: spec.zone, windows: shown, since, until };
}

/** So far ahead the daemon knows its calendars, and so far back, ms. */
const aheadMs = 60 * 86_400_000;
const behindMs = 2 * 86_400_000;

/** Every pool's time around now. `calendars` by pool. */
export const hoursNow = (calendars: Readonly<Record<string, CalendarSpec>>, now: number): Readonly<Record<string, Hours>> =>
  Object.fromEntries(Object.entries(calendars).map(([pool, spec]) => [pool, hoursOf(spec, now - behindMs, now + aheadMs)]));
