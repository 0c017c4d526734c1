import ICAL from 'ical.js';
import { type Day, dayNear, dayOf, instantOf, isZone } from './civil.js';
import type { Span } from './spans.js';

/** What an iCalendar file says of a time: whole days, and times of day. */
export interface Events {
  readonly days: readonly { readonly first: Day; readonly last: Day; readonly name: string }[];
  readonly spans: readonly (Span & { readonly name: string })[];
}

/** Repetitions of one event that are gone through; what repeats more often is no holiday. */
const mostRepetitions = 20_000;
const mostName = 100;

/** The file's name for the event, harmless on one line. */
const nameOf = (event: ICAL.Event): string =>
  String(event.summary ?? '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, mostName);

const zoneNamed = (event: ICAL.Event): string | undefined => {
  const said: unknown = event.component.getFirstProperty('dtstart')?.getParameter('tzid');
  return typeof said === 'string' ? said : undefined;
};

/** An instant of the file: in UTC, in a zone by its name, in one that the file describes, or (floating) in the calendar's own. */
function instantIn(time: ICAL.Time, named: string | undefined, zone: string): number {
  const { year, month, day, hour, minute, second } = time;
  if (time.zone === ICAL.Timezone.utcTimezone) return Date.UTC(year, month - 1, day, hour, minute, second);
  const described = time.zone !== undefined && time.zone !== ICAL.Timezone.localTimezone && named !== undefined && !isZone(named);
  if (described) return time.toUnixTime() * 1000;
  return instantOf(named !== undefined && isZone(named) ? named : zone, dayOf(year, month, day), hour * 60 + minute, 'early');
}

interface Occurrence {
  readonly item: ICAL.Event;
  readonly startDate: ICAL.Time;
  readonly endDate: ICAL.Time;
}

/** Every time that the event takes place, from its beginning on; `enough` says when to stop. */
function* occurrences(event: ICAL.Event, enough: (start: ICAL.Time) => boolean): Generator<Occurrence> {
  if (!event.isRecurring()) {
    yield { item: event, startDate: event.startDate, endDate: event.endDate };
    return;
  }
  const iterator = event.iterator();
  for (let count = 0; count < mostRepetitions; count++) {
    const next: ICAL.Time | null | undefined = iterator.next();
    if (next === undefined || next === null || enough(next)) return;
    yield event.getOccurrenceDetails(next);
  }
}

function rootOf(text: string): ICAL.Component {
  const parsed: unknown = ICAL.parse(text);
  const root = new ICAL.Component(Array.isArray(parsed) && Array.isArray(parsed[0]) ? (parsed[0] as unknown[]) : (parsed as unknown[]));
  if (root.name !== 'vcalendar') throw new RangeError('no VCALENDAR in it');
  return root;
}

const isCancelled = (event: ICAL.Event): boolean => String(event.component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED';

/** The series of the file, each with its own exceptions. */
function seriesOf(root: ICAL.Component): readonly ICAL.Event[] {
  const all = root.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component, { strictExceptions: false }));
  const series = all.filter((event) => !event.isRecurrenceException());
  for (const exception of all) {
    if (!exception.isRecurrenceException()) continue;
    for (const event of series) if (event.uid === exception.uid) event.relateException(exception);
  }
  return series;
}

type Found = { readonly day: Events['days'][number] } | { readonly span: Events['spans'][number] };

function foundIn({ item, startDate, endDate }: Occurrence, zone: string): Found | undefined {
  if (isCancelled(item)) return undefined;
  const name = nameOf(item);
  if (startDate.isDate) {
    const first = dayOf(startDate.year, startDate.month, startDate.day);
    return { day: { first, last: Math.max(first, dayOf(endDate.year, endDate.month, endDate.day) - 1), name } };
  }
  return { span: { since: instantIn(startDate, zoneNamed(item), zone), until: instantIn(endDate, zoneNamed(item), zone), name } };
}

/** The events of the file that touch the time from `since` to `until`. `zone` is the calendar's own. Raises an Error for text that is no iCalendar. */
export function eventsOf(text: string, zone: string, since: number, until: number): Events {
  const [firstDay, lastDay] = [dayNear(since) - 1, dayNear(until) + 1];
  const found: Found[] = [];
  for (const event of seriesOf(rootOf(text))) {
    if (event.startDate === null || event.startDate === undefined) throw new RangeError(`event "${nameOf(event)}" has no DTSTART`);
    for (const occurrence of occurrences(event, (start) => dayOf(start.year, start.month, start.day) > lastDay)) {
      const one = foundIn(occurrence, zone);
      if (one !== undefined) found.push(one);
    }
  }
  return {
    days: found.flatMap((one) => ('day' in one && one.day.last >= firstDay && one.day.first <= lastDay ? [one.day] : [])),
    spans: found.flatMap((one) => ('span' in one && one.span.until > one.span.since && one.span.since < until ? [one.span] : [])),
  };
}

/** Why the text cannot be used, in one line; undefined where it can. */
export function troubleOf(text: string, zone: string): string | undefined {
  try {
    const root = rootOf(text);
    const described = new Set(root.getAllSubcomponents('vtimezone').map((each) => String(each.getFirstPropertyValue('tzid'))));
    for (const component of root.getAllSubcomponents('vevent')) {
      const named = zoneNamed(new ICAL.Event(component));
      if (named !== undefined && !isZone(named) && !described.has(named)) return `an event in time zone ${named.slice(0, 60)}, which nobody knows`;
    }
    eventsOf(text, zone, 0, 1);
    return undefined;
  } catch (thrown) {
    return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s+/g, ' ').slice(0, 200);
  }
}
