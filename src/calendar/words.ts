import { type Day, dayOf, isDate } from './civil.js';

/** From and to, in minutes since midnight of the day it begins; the end may be the next day's. */
export interface DaySpan {
  readonly from: number;
  readonly to: number;
}

/** Days that lie between two dates, both included; of every year, or of the years written. */
export type Dates =
  | { readonly first: Day; readonly last: Day }
  | { readonly yearly: true; readonly first: { month: number; date: number }; readonly last: { month: number; date: number } };

/** A date and a time of day, of no zone yet. */
export interface Moment {
  readonly day: Day;
  readonly minutes: number;
}

export type Read<T> = { readonly value: T } | { readonly expected: string };

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minutesPerDay = 1440;

const expectedHours = 'hours such as 08:00-20:00, or several such as 08:00-12:00, 13:00-18:00, or closed';
const expectedDays = 'days such as mon-fri, sat or mon,wed';
const expectedDates = 'a date such as 2026-12-24, a range such as 2026-12-24/2027-01-06, or of every year 12-25 or 12-24/01-06';
const expectedMoment = 'a date and a time such as 2026-07-03 18:00';

function clockOf(text: string): number | undefined {
  const found = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (found === null) return undefined;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minutes <= minutesPerDay ? minutes : undefined;
}

/** `08:00-20:00`, `22:00-02:00`, several with commas, `closed`. */
export function readHours(text: string): Read<readonly DaySpan[]> {
  if (text.trim() === 'closed') return { value: [] };
  const spans: DaySpan[] = [];
  for (const part of text.split(',')) {
    const [left = '', right = '', more] = part.split('-');
    const [from, to] = [clockOf(left), clockOf(right)];
    if (from === undefined || to === undefined || more !== undefined || from === to || from === minutesPerDay) return { expected: expectedHours };
    spans.push({ from, to: to > from ? to : to + minutesPerDay });
  }
  return { value: spans };
}

/** Days of the week, 0 = Sunday. */
export function readDays(text: string): Read<readonly number[]> {
  const days: number[] = [];
  for (const part of text.toLowerCase().split(',')) {
    const [left = '', right = left, more] = part.trim().split('-');
    const [first, last] = [weekdays.indexOf(left), weekdays.indexOf(right)];
    if (first < 0 || last < 0 || more !== undefined) return { expected: expectedDays };
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day);
      if (day === last) break;
    }
  }
  return { value: days };
}

function dateOf(text: string): { readonly year?: number; readonly month: number; readonly date: number } | undefined {
  const found = /^(?:(\d{4})-)?(\d{2})-(\d{2})$/.exec(text.trim());
  if (found === null) return undefined;
  const [month, date] = [Number(found[2]), Number(found[3])];
  const year = found[1] === undefined ? undefined : Number(found[1]);
  // 2028 has every date that any year has
  if (!isDate(year ?? 2028, month, date)) return undefined;
  return { ...(year === undefined ? {} : { year }), month, date };
}

export function readDates(text: string): Read<Dates> {
  const [left = '', right = left, more] = text.split('/');
  const [first, last] = [dateOf(left), dateOf(right)];
  if (first === undefined || last === undefined || more !== undefined) return { expected: expectedDates };
  if (first.year === undefined && last.year === undefined)
    return { value: { yearly: true, first: { month: first.month, date: first.date }, last: { month: last.month, date: last.date } } };
  if (first.year === undefined || last.year === undefined) return { expected: expectedDates };
  const value = { first: dayOf(first.year, first.month, first.date), last: dayOf(last.year, last.month, last.date) };
  return value.first <= value.last ? { value } : { expected: `${expectedDates}; the first day comes first` };
}

/** One date, for a day with hours of its own. */
export function readDay(text: string): Read<Day> {
  const date = dateOf(text);
  return date?.year === undefined ? { expected: 'a date such as 2026-12-23' } : { value: dayOf(date.year, date.month, date.date) };
}

export function readMoment(text: string): Read<Moment> {
  const [left = '', right = '', more] = text.trim().split(/[ T]+/);
  const [date, minutes] = [dateOf(left), clockOf(right)];
  if (date?.year === undefined || minutes === undefined || more !== undefined) return { expected: expectedMoment };
  return { value: { day: dayOf(date.year, date.month, date.date), minutes } };
}

const order = ({ month, date }: { readonly month: number; readonly date: number }): number => month * 32 + date;

/** Is the day one of those? A yearly range may pass the turn of the year. */
export function isAmong(dates: Dates, day: Day, { month, date }: { readonly month: number; readonly date: number }): boolean {
  if (!('yearly' in dates)) return dates.first <= day && day <= dates.last;
  const [first, last, here] = [order(dates.first), order(dates.last), order({ month, date })];
  return first <= last ? first <= here && here <= last : here >= first || here <= last;
}
