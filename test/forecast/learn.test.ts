import { describe, expect, it } from 'vitest';
import { Diary } from '../../src/forecast/diary.js';
import { type PastHour, type PlaceInWeek, usualHours } from '../../src/forecast/learn.js';
import { usualAt } from '../../src/model/forecast.js';

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday, Greenwich. */
const monday = Date.UTC(2026, 0, 5);
const place: PlaceInWeek = (at) => ({ weekday: new Date(at).getUTCDay(), hour: new Date(at).getUTCHours() });
/** Every hour of so many days from `from` on. */
const past = (from: number, days: number, hostsAt: (at: number) => number): readonly PastHour[] =>
  Array.from({ length: days * 24 }, (_, at) => ({ at: from + at * hour, hosts: hostsAt(from + at * hour) }));
const atNine = (at: number): number => (place(at).hour === 9 ? 3 : 0);

describe('what is usual', () => {
  it('is the middle of the same weekday and hour of past weeks: neither a holiday nor a burst moves it', () => {
    const weeks = [0, 1, 2, 3, 4].flatMap((week) =>
      past(monday + week * 7 * day, 7, (at) => (place(at).weekday !== 1 ? 0 : week === 1 ? 0 : week === 3 ? 40 : atNine(at))),
    );
    const next = monday + 35 * day;
    expect(usualHours(weeks, place, next, 24)).toEqual([{ since: next + 9 * hour, until: next + 10 * hour, hosts: 3, when: 'Mondays 09:00' }]);
    expect(usualHours(weeks, place, next + day, 24)).toEqual([]);
  });

  it('is that of working days, or weekends, while the past is young, and nothing while it is younger still', () => {
    const young = past(monday, 3, atNine);
    expect(usualHours(young, place, monday + 3 * day, 24)).toMatchObject([{ since: monday + 3 * day + 9 * hour, hosts: 3, when: 'working days 09:00' }]);
    expect(usualHours(young, place, monday + 5 * day, 24)).toEqual([]);
    expect(usualHours(past(monday, 2, atNine), place, monday + 2 * day, 24)).toEqual([]);
  });

  it('begins its lead before the hour, and is the larger of two', () => {
    const hours = [
      { since: 0, until: hour, hosts: 1, when: 'a' },
      { since: hour, until: 2 * hour, hosts: 3, when: 'b' },
    ];
    expect([0, hour - 10 * 60_000, hour, 2 * hour].map((at) => usualAt(hours, at, 10 * 60_000)?.when)).toEqual(['a', 'b', 'b', undefined]);
  });

  it('of a replay is learned from the busiest ten minutes of each hour', () => {
    const diary = new Diary(monday + hour / 2);
    diary.note(2, monday + hour / 2);
    diary.note(4, monday + 1.5 * hour);
    diary.note(0, monday + 3.25 * hour);
    expect(diary.hours(0)).toEqual([
      { at: monday, hosts: 2 },
      { at: monday + hour, hosts: 4 },
      { at: monday + 2 * hour, hosts: 4 },
      { at: monday + 3 * hour, hosts: 4 },
    ]);
    expect(diary.hours(monday + hour)).toHaveLength(3);
  });
});
