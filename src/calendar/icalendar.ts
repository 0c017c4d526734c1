import ICAL from 'ical.js';
import { civilOf, type Day, dayNear, dayOf, instantOf, isZone } from './civil.js';
import { Budget, repetitions, troubleOfSeries } from './repetitions.js';
import type { Span } from './spans.js';

/** What an iCalendar file says of a time: whole days, and times of day. */
export interface Events {
  readonly days: readonly { readonly first: Day; readonly last: Day; readonly name: string }[];
  readonly spans: readonly (Span & { readonly name: string })[];
}

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

/** Every time that the event takes place, up to the last day; maybe some that are over by `since`. */
function* occurrences(event: ICAL.Event, since: number, lastDay: Day, budget: Budget): Generator<Occurrence> {
  if (!event.isRecurring()) {
    yield { item: event, startDate: event.startDate, endDate: event.endDate };
    return;
  }
  for (const start of repetitions(event, since, civilOf(lastDay).year + 1, budget)) {
    if (dayOf(start.year, start.month, start.day) > lastDay) return;
    yield event.getOccurrenceDetails(start);
  }
}

function rootOf(text: string): ICAL.Component {
  const parsed: unknown = ICAL.parse(text);
  const root = new ICAL.Component(Array.isArray(parsed) && Array.isArray(parsed[0]) ? (parsed[0] as unknown[]) : (parsed as unknown[]));
  if (root.name !== 'vcalendar') throw new RangeError('no VCALENDAR in it');
  return root;
}

const isCancelled = (event: ICAL.Event): boolean => String(event.component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED';

const eventOf = (component: ICAL.Component): ICAL.Event => new ICAL.Event(component, { strictExceptions: false, exceptions: [] });

/** The series of the file, each with its own exceptions. */
function seriesOf(root: ICAL.Component): readonly ICAL.Event[] {
  const all = root.getAllSubcomponents('vevent').map(eventOf);
  const series = all.filter((event) => !event.isRecurrenceException());
  const byUid = new Map<string, ICAL.Event[]>();
  for (const event of series) byUid.set(event.uid, [...(byUid.get(event.uid) ?? []), event]);
  for (const exception of all) {
    if (!exception.isRecurrenceException()) continue;
    for (const event of byUid.get(exception.uid) ?? []) event.relateException(exception);
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
export const eventsOf = (text: string, zone: string, since: number, until: number): Events =>
  eventsIn(rootOf(text), zone, since, until, new Budget(Number.POSITIVE_INFINITY)); // troubleOf has seen that they have an end

function eventsIn(root: ICAL.Component, zone: string, since: number, until: number, budget: Budget): Events {
  const [firstDay, lastDay] = [dayNear(since) - 1, dayNear(until) + 1];
  const found: Found[] = [];
  for (const event of seriesOf(root)) {
    if (event.startDate === null || event.startDate === undefined) throw new RangeError(`event "${nameOf(event)}" has no DTSTART`);
    try {
      for (const occurrence of occurrences(event, since, lastDay, budget)) {
        const one = foundIn(occurrence, zone);
        if (one !== undefined) found.push(one);
      }
    } catch (thrown) {
      throw new RangeError(`event "${nameOf(event).slice(0, 60)}": ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    }
  }
  return {
    days: found.flatMap((one) => ('day' in one && one.day.last >= firstDay && one.day.first <= lastDay ? [one.day] : [])),
    spans: found.flatMap((one) => ('span' in one && one.span.until > one.span.since && one.span.since < until ? [one.span] : [])),
  };
}

/** More than any room has; and all repetitions of a file together, in steps of some microseconds each. */
const mostEvents = 5_000;
const mostSteps = 100_000;
/** Until then what is checked now takes hardly more steps: a series is followed from its beginning to the day that is asked for. */
const farAhead = Date.UTC(2060, 0, 1);

/** Why the text cannot be used, in one line with the event's line in the file; undefined where it can. Takes a bounded time, whatever it says. */
export function troubleOf(text: string, zone: string): string | undefined {
  try {
    const root = rootOf(text);
    const trouble = troubleOfEvents(root, text);
    if (trouble === undefined) eventsIn(root, zone, farAhead, farAhead + 1, new Budget(mostSteps));
    return trouble;
  } catch (thrown) {
    return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s+/g, ' ').slice(0, 200);
  }
}

function troubleOfEvents(root: ICAL.Component, text: string): string | undefined {
  const components = root.getAllSubcomponents('vevent');
  if (components.length > mostEvents) return `${components.length} events, and ${mostEvents} are the most`;
  const described = new Set(root.getAllSubcomponents('vtimezone').map((each) => String(each.getFirstPropertyValue('tzid'))));
  for (const [at, component] of components.entries()) {
    const event = eventOf(component);
    const why = troubleOfEvent(event, described);
    if (why !== undefined) return `event "${nameOf(event).slice(0, 60)}" (line ${lineOf(text, at)}): ${why}`;
  }
  return undefined;
}

function troubleOfEvent(event: ICAL.Event, described: ReadonlySet<string>): string | undefined {
  const named = zoneNamed(event);
  if (named !== undefined && !isZone(named) && !described.has(named)) return `time zone ${named.slice(0, 60)}, which nobody knows`;
  return event.startDate === null || event.startDate === undefined ? 'it has no DTSTART' : troubleOfSeries(event);
}

/** Where the event begins in the file, from 1. */
function lineOf(text: string, at: number): number {
  const starts = [...text.matchAll(/^BEGIN:VEVENT/gim)];
  return text.slice(0, starts[at]?.index ?? 0).split('\n').length;
}
