import type { UsualHour } from '../model/forecast.js';

/** How many hosts' worth of cores of a pool had work in the busiest ten minutes of one hour of the past, broken numbers included (2.5 hosts' cores were busy). */
export interface PastHour {
  /** Start of the hour, epoch ms. */
  readonly at: number;
  readonly hosts: number;
}

/** Where an instant lies in the week, where people are: 0 (Sunday) to 6, and 0 to 23. */
export type PlaceInWeek = (at: number) => { readonly weekday: number; readonly hour: number };

const hourMs = 3_600_000;
/** What is looked at within an hour: shorter peaks are over before a host is up. */
export const peakMs = 600_000;

/** Hours with the largest of what their ten minutes tell. */
export function peaks(steps: Iterable<PastHour>): readonly PastHour[] {
  const byHour = new Map<number, number>();
  for (const { at, hosts } of steps) {
    const hour = Math.floor(at / hourMs) * hourMs;
    byHour.set(hour, Math.max(byHour.get(hour) ?? 0, hosts));
  }
  return [...byHour].map(([at, hosts]) => ({ at, hosts }));
}

/** So many weeks of the same weekday and hour are enough; else so many days of the same kind. */
const enoughWeeks = 2;
const enoughDays = 3;

const names = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays'];
const isWeekend = (weekday: number): boolean => weekday === 0 || weekday === 6;

const push = (map: Map<string, number[]>, key: string, value: number): void => {
  const there = map.get(key);
  if (there === undefined) map.set(key, [value]);
  else there.push(value);
};

/** The middle of them: one holiday, or one burst, does not move it. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * What is usual in each of the `hours` hours from `from` on: the median of the same weekday and hour of past weeks; of a
 * younger past, of the same hour on days of the same kind (working days, weekends). Hours of which too little is known,
 * and those that need nothing, are left out. Pure.
 */
export function usualHours(past: readonly PastHour[], placeOf: PlaceInWeek, from: number, hours: number): readonly UsualHour[] {
  const byWeek = new Map<string, number[]>();
  const byKind = new Map<string, number[]>();
  for (const { at, hosts } of past) {
    const { weekday, hour } = placeOf(at);
    push(byWeek, `${weekday} ${hour}`, hosts);
    push(byKind, `${isWeekend(weekday)} ${hour}`, hosts);
  }
  const first = Math.floor(from / hourMs) * hourMs;
  return Array.from({ length: hours }, (_, number) => first + number * hourMs).flatMap((since) => {
    const { weekday, hour } = placeOf(since);
    const weeks = byWeek.get(`${weekday} ${hour}`) ?? [];
    const days = byKind.get(`${isWeekend(weekday)} ${hour}`) ?? [];
    const clock = `${String(hour).padStart(2, '0')}:00`;
    const [values, when] =
      weeks.length >= enoughWeeks
        ? [weeks, `${names[weekday]} ${clock}`]
        : days.length >= enoughDays
          ? [days, `${isWeekend(weekday) ? 'weekends' : 'working days'} ${clock}`]
          : [[], ''];
    const hosts = Math.round(median(values));
    return values.length > 0 && hosts > 0 ? [{ since, until: since + hourMs, hosts, when }] : [];
  });
}
