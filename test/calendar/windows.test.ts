import { describe, expect, it } from 'vitest';
import { instantOf, isZone, writeDay } from '../../src/calendar/civil.js';
import { troubleOf } from '../../src/calendar/icalendar.js';
import { type CalendarSpec, hoursOf } from '../../src/calendar/windows.js';
import { readDates, readDay, readDays, readHours, readMoment } from '../../src/calendar/words.js';
import { closesAt, nextWindow, windowAt } from '../../src/model/calendar.js';

const hour = 3_600_000;
const day = 24 * hour;
const value = <T>(read: { readonly value: T } | { readonly expected: string }): T => {
  if ('expected' in read) throw new Error(read.expected);
  return read.value;
};

/** As a site writes it. */
interface Written {
  readonly zone?: string;
  readonly open?: Readonly<Record<string, string>>;
  readonly holidays?: readonly string[];
  readonly holidayFile?: string;
  readonly days?: Readonly<Record<string, string>>;
  readonly reserved?: readonly (readonly [from: string, to: string, name: string])[];
  readonly reservedFile?: string;
}

function calendar({ zone = 'Europe/Berlin', open = { 'mon-fri': '08:00-20:00' }, holidays = [], days = {}, reserved = [], ...files }: Written): CalendarSpec {
  const week = Array.from({ length: 7 }, (_, weekday) =>
    Object.entries(open).flatMap(([names, hours]) => (value(readDays(names)).includes(weekday) ? value(readHours(hours)) : [])),
  );
  return {
    ...{ name: 'campus', zone, week, holidays: holidays.map((text) => value(readDates(text))) },
    holidayFiles: files.holidayFile === undefined ? [] : [{ path: 'holidays.ics', text: files.holidayFile }],
    days: Object.entries(days).map(([text, hours]) => ({ day: value(readDay(text)), hours: value(readHours(hours)) })),
    reserved: reserved.map(([from, to, name]) => ({ from: value(readMoment(from)), to: value(readMoment(to)), name })),
    reservedFiles: files.reservedFile === undefined ? [] : [{ path: 'bookings.ics', text: files.reservedFile }],
  };
}

const list = (length: number): string => Array.from({ length }, (_, at) => at).join(',');

/** In local time, by a way of telling it that the calendar does not use. */
function local(at: number, zone = 'Europe/Berlin'): string {
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return text;
}
const shown = (spec: CalendarSpec, from: string, to: string): readonly string[] =>
  hoursOf(spec, Date.parse(`${from}Z`), Date.parse(`${to}Z`)).windows.map(
    ({ kind, since, until, name }) => `${kind} ${local(since, spec.zone)} ${local(until, spec.zone)}${name === '' ? '' : ` ${name}`}`,
  );
const ics = (...lines: readonly string[]): string => ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: readonly string[]): readonly string[] => ['BEGIN:VEVENT', `UID:${lines.join('')}`, ...lines, 'END:VEVENT'];

describe('opening hours', () => {
  it('are those of the day of the week, in local time', () => {
    expect(shown(calendar({ open: { 'mon-fri': '08:00-20:00', sat: '09:00-12:00, 13:00-15:00' } }), '2026-06-05', '2026-06-08T12:00')).toEqual([
      'open 2026-06-05 08:00 2026-06-05 20:00',
      'open 2026-06-06 09:00 2026-06-06 12:00',
      'open 2026-06-06 13:00 2026-06-06 15:00',
      'open 2026-06-08 08:00 2026-06-08 14:00', // cut off where nothing more was asked
    ]);
  });

  it('keep their local time when summer time begins and ends, and are as long as the clock says', () => {
    const all = calendar({ open: { 'sun-sat': '08:00-20:00' } });
    for (const [from, to] of [
      ['2026-03-28', '2026-03-31'],
      ['2026-10-24', '2026-10-27'],
    ] as const) {
      const windows = hoursOf(all, Date.parse(`${from}T00:00Z`), Date.parse(`${to}T00:00Z`)).windows;
      expect(windows.map(({ since, until }) => [local(since).slice(11), local(until).slice(11)])).toEqual(Array(3).fill(['08:00', '20:00']));
    }
    const [before, after] = hoursOf(all, Date.parse('2026-03-28T00:00Z'), Date.parse('2026-03-30T00:00Z')).windows;
    expect((after?.since ?? 0) - (before?.since ?? 0)).toBe(23 * hour);
  });

  it('over the night of a change are open for whatever the clock may have meant', () => {
    const night = calendar({ open: { 'sun-sat': '02:30-02:45' } });
    const spring = hoursOf(night, Date.parse('2026-03-29T00:00Z'), Date.parse('2026-03-29T12:00Z')).windows[0];
    expect([spring?.since, spring?.until]).toEqual([Date.parse('2026-03-29T00:30Z'), Date.parse('2026-03-29T01:45Z')]);
    const autumn = hoursOf(night, Date.parse('2026-10-24T20:00Z'), Date.parse('2026-10-25T12:00Z')).windows[0];
    expect([autumn?.since, autumn?.until]).toEqual([Date.parse('2026-10-25T00:30Z'), Date.parse('2026-10-25T01:45Z')]);
  });

  it('may pass midnight, and last whole days', () => {
    expect(shown(calendar({ open: { fri: '22:00-02:00', sun: '00:00-24:00' } }), '2026-06-05T12:00', '2026-06-08')).toEqual([
      'open 2026-06-05 22:00 2026-06-06 02:00',
      'open 2026-06-07 00:00 2026-06-08 00:00',
    ]);
    expect(shown(calendar({ open: { fri: '22:00-02:00' } }), '2026-06-05T23:30', '2026-06-06T12:00')).toEqual(['open 2026-06-06 01:30 2026-06-06 02:00']);
  });

  it('agree with the clocks of many zones, on every day of a year', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Santiago', 'UTC']) {
      const windows = hoursOf(calendar({ zone, open: { 'sun-sat': '08:00-20:00' } }), Date.UTC(2026, 0, 2), Date.UTC(2027, 0, 1)).windows.slice(1, -1);
      expect(windows.length).toBeGreaterThan(360);
      expect(new Set(windows.map(({ since, until }) => `${local(since, zone).slice(11)} ${local(until, zone).slice(11)}`))).toEqual(new Set(['08:00 20:00']));
    }
  });
});

describe('holidays', () => {
  it('close the room on a day, on a range of days, and every year', () => {
    const spec = calendar({ holidays: ['2026-06-04', '2026-06-09/2026-06-10', '12-24/01-01'] });
    const days = (from: string, to: string) => shown(spec, from, to).map((line) => line.slice(13, 15));
    expect(days('2026-06-01', '2026-06-13')).toEqual(['01', '02', '03', '05', '08', '11', '12']);
    expect(days('2026-12-22', '2027-01-05')).toEqual(['22', '23', '04']);
    expect(days('2027-12-22', '2028-01-05')).toEqual(['22', '23', '03', '04']);
  });

  it('are overruled by a day with hours of its own', () => {
    const spec = calendar({ holidays: ['2026-06-01/2026-06-30'], days: { '2026-06-05': '10:00-11:00', '2026-07-01': 'closed' } });
    expect(shown(spec, '2026-05-31', '2026-07-02T12:00')).toEqual(['open 2026-06-05 10:00 2026-06-05 11:00', 'open 2026-07-02 08:00 2026-07-02 14:00']);
  });

  it('come from an iCalendar file: whole days, times of day, series with exceptions, cancelled ones', () => {
    const file = ics(
      ...event('DTSTART;VALUE=DATE:20260604', 'DTEND;VALUE=DATE:20260605', 'SUMMARY:Corpus Christi'),
      ...event('DTSTART;VALUE=DATE:20260605', 'SUMMARY:a day without an end'),
      ...event('DTSTART:20260608T100000Z', 'DTEND:20260608T110000Z', 'SUMMARY:staff meeting'),
      ...event('DTSTART;VALUE=DATE:20260609', 'RRULE:FREQ=WEEKLY;COUNT=3', 'EXDATE;VALUE=DATE:20260616', 'SUMMARY:Tuesdays'),
      ...event('DTSTART;VALUE=DATE:20260610', 'STATUS:CANCELLED', 'SUMMARY:not at all'),
    );
    expect(shown(calendar({ holidayFile: file }), '2026-06-03T20:00', '2026-06-11T20:00')).toEqual([
      'open 2026-06-08 08:00 2026-06-08 12:00',
      'open 2026-06-08 13:00 2026-06-08 20:00',
      'open 2026-06-10 08:00 2026-06-10 20:00',
      'open 2026-06-11 08:00 2026-06-11 20:00',
    ]);
    const tuesdays = shown(calendar({ holidayFile: file, open: { tue: '08:00-20:00' } }), '2026-06-07', '2026-07-01').map((line) => line.slice(13, 15));
    expect(tuesdays).toEqual(['16', '30']);
  });
});

describe('what is booked', () => {
  it('goes before the opening hours, and keeps its name', () => {
    const spec = calendar({ reserved: [['2026-06-05 18:00', '2026-06-05 23:00', 'exam']] });
    expect(shown(spec, '2026-06-05', '2026-06-06')).toEqual(['open 2026-06-05 08:00 2026-06-05 18:00', 'reserved 2026-06-05 18:00 2026-06-05 23:00 exam']);
  });

  it('comes from an iCalendar file in its own zone, in the zone it describes, or in the calendar’s', () => {
    const described = [
      ...['BEGIN:VTIMEZONE', 'TZID:Campus', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0300', 'TZOFFSETTO:+0300', 'END:STANDARD'],
      'END:VTIMEZONE',
    ];
    const file = ics(
      ...described,
      ...event('DTSTART;TZID=America/New_York:20260606T060000', 'DTEND;TZID=America/New_York:20260606T070000', 'SUMMARY:by name'),
      ...event('DTSTART;TZID=Campus:20260606T180000', 'DTEND;TZID=Campus:20260606T190000', 'SUMMARY:described'),
      ...event('DTSTART:20260606T210000', 'DTEND:20260606T220000', 'SUMMARY:floating\\, with a\\nline'),
    );
    expect(shown(calendar({ reservedFile: file }), '2026-06-06', '2026-06-07')).toEqual([
      'reserved 2026-06-06 12:00 2026-06-06 13:00 by name',
      'reserved 2026-06-06 17:00 2026-06-06 18:00 described',
      'reserved 2026-06-06 21:00 2026-06-06 22:00 floating, with a line',
    ]);
  });

  it('that overlaps stays in order', () => {
    const spec = calendar({
      open: {},
      reserved: [
        ['2026-06-05 10:00', '2026-06-05 14:00', 'a'],
        ['2026-06-05 12:00', '2026-06-05 16:00', 'b'],
        ['2026-06-05 13:00', '2026-06-05 13:30', 'c'],
      ],
    });
    expect(shown(spec, '2026-06-05', '2026-06-06')).toEqual(['reserved 2026-06-05 10:00 2026-06-05 14:00 a', 'reserved 2026-06-05 14:00 2026-06-05 16:00 b']);
  });
});

describe('the windows of a pool', () => {
  const hours = hoursOf(
    calendar({ reserved: [['2026-06-05 20:00', '2026-06-05 22:00', 'exam']] }),
    Date.parse('2026-06-05T00:00Z'),
    Date.parse('2026-06-12T00:00Z'),
  );
  const at = (text: string) => instantOf('Europe/Berlin', value(readMoment(text)).day, value(readMoment(text)).minutes, 'early');
  it('are found by an instant', () => {
    expect(windowAt(hours, at('2026-06-05 07:59'))).toBeUndefined();
    expect(windowAt(hours, at('2026-06-05 08:00'))?.kind).toBe('open');
    expect(windowAt(hours, at('2026-06-05 20:00'))?.name).toBe('exam');
    expect(windowAt(hours, at('2026-06-05 22:00'))).toBeUndefined();
    expect(closesAt(hours, at('2026-06-05 12:00'))).toBe(at('2026-06-05 22:00'));
    expect(closesAt(hours, at('2026-06-06 12:00'))).toBeUndefined();
    expect(nextWindow(hours, at('2026-06-05 12:00'))?.name).toBe('exam');
    expect(nextWindow(hours, at('2026-06-05 23:00'))?.since).toBe(at('2026-06-08 08:00'));
    expect(nextWindow(hours, at('2026-06-11 12:00'))).toBeUndefined();
  });
});

describe('what is written', () => {
  it.each([
    [readHours, ['8-20', '08:00', '08:00-08:00', '25:00-26:00', '08:60-09:00', '24:00-25:00', '08:00-09:00-10:00', '']],
    [readDays, ['', 'monday', 'mon-fri-sat', 'mon;tue']],
    [readDates, ['', '2026-13-01', '2026-02-30', '2026-12-24/01-06', '2027-01-06/2026-12-24', 'xmas', '02-30']],
    [readDay, ['12-24', 'x']],
    [readMoment, ['2026-07-03', '18:00', '2026-07-03 25:00', '2026-07-03 18:00 x']],
  ] as const)('is refused where it means nothing', (read, texts) => {
    for (const text of texts) expect(read(text), text).toHaveProperty('expected');
  });
  it('names days that go round the week', () => {
    expect(value(readDays('fri-mon,wed'))).toEqual([5, 6, 0, 1, 3]);
  });
  it('knows the zones of this machine', () => {
    expect(['Europe/Berlin', 'UTC', 'Mars/Base', ''].map(isZone)).toEqual([true, true, false, false]);
    expect(writeDay(0)).toBe('1970-01-01');
  });
  it('tells what is wrong with an iCalendar file', () => {
    const trouble = (text: string) => troubleOf(text, 'Europe/Berlin');
    expect(trouble(ics(...event('DTSTART:20260606T210000', 'DTEND:20260606T220000')))).toBeUndefined();
    expect(trouble('hello')).toBeDefined();
    expect(trouble('')).toBeDefined();
    expect(trouble('BEGIN:VCARD\r\nEND:VCARD\r\n')).toContain('VCALENDAR');
    expect(trouble(ics(...event('SUMMARY:when?')))).toContain('DTSTART');
    expect(trouble(ics(...event('DTSTART;TZID=Mars/Base:20260606T210000', 'DTEND;TZID=Mars/Base:20260606T220000')))).toContain('Mars/Base');
    expect(
      trouble(
        ics(...event('DTSTART:20260606T210000', 'DTEND:20260606T220000'), ...event('SUMMARY:often', 'DTSTART;VALUE=DATE:20260606', 'RRULE:FREQ=SECONDLY')),
      ),
    ).toBe('event "often" (line 9): it repeats SECONDLY: days are the shortest that an event may repeat by');
    expect(day).toBe(86_400_000);
  });

  it.each([
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31', undefined], // its first day only
    ['FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30', /neither BYMONTHDAY/],
    ['FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30', undefined],
    ['FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31', undefined],
    ['FREQ=DAILY;INTERVAL=1000000000;BYMONTH=2;BYMONTHDAY=31', undefined],
    [`FREQ=DAILY;BYHOUR=${list(24)};BYMINUTE=${list(60)};BYSECOND=${list(60)}`, /too many to go through/],
    ['FREQ=MINUTELY;COUNT=5', /repeats MINUTELY/],
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29', undefined],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', undefined],
    ['FREQ=MONTHLY;BYDAY=5MO', undefined],
    ['FREQ=WEEKLY;UNTIL=20270101T000000Z', undefined],
  ] as const)('%s comes to an end, whatever it says', (rule, trouble) => {
    const text = ics(...event('SUMMARY:bomb', 'DTSTART:20260606T210000', 'DTEND:20260606T220000', `RRULE:${rule}`));
    const found = troubleOf(text, 'Europe/Berlin');
    if (trouble === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(trouble);
    // and where it was let in all the same, it ends, too
    expect(shown(calendar({ open: {}, reservedFile: found === undefined ? text : ics() }), '2026-07-01', '2026-07-20').length).toBeLessThan(30);
  });

  it('refuses a file of more events, or of more repetitions, than anybody would go through', () => {
    const many = Array.from({ length: 5001 }, (_, at) => ['BEGIN:VEVENT', `UID:${at}`, 'DTSTART;VALUE=DATE:20260606', 'END:VEVENT']).flat();
    expect(troubleOf(ics(...many), 'UTC')).toBe('5001 events, and 5000 are the most');
    const rare = Array.from({ length: 50 }, (_, at) => event(`SUMMARY:${at}`, 'DTSTART;VALUE=DATE:19000101', 'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR')).flat();
    expect(troubleOf(ics(...rare), 'UTC')).toMatch(/^event "\d": its repetitions are too many to go through \(more than 100000 steps\)$/);
  });

  it('follows a series for as long as it goes on: daily since 1970, every third day, every second week', () => {
    const since1970 = (rule: string, first = '19700101', name = '') =>
      shown(
        calendar({ zone: 'UTC', open: {}, reservedFile: ics(...event(`SUMMARY:${name}`, `DTSTART;VALUE=DATE:${first}`, `RRULE:${rule}`)) }),
        '2026-07-01',
        '2026-07-20',
      ).map((line) => line.slice(9, 19));
    expect(since1970('FREQ=DAILY')).toHaveLength(19);
    const every = (days: number, weekday?: number) =>
      Array.from({ length: 19 }, (_, at) => Date.UTC(2026, 6, 1 + at))
        .filter((at) => (weekday === undefined ? (at / day) % days === 0 : new Date(at).getUTCDay() === weekday))
        .map((at) => new Date(at).toISOString().slice(0, 10));
    expect(since1970('FREQ=DAILY;INTERVAL=3')).toEqual(every(3));
    expect(since1970('FREQ=WEEKLY')).toEqual(every(7)); // 1970 began on a Thursday
    expect(since1970('FREQ=WEEKLY;INTERVAL=2')).toEqual(every(14));
    expect(since1970('FREQ=DAILY;COUNT=20700')).toHaveLength(19);
    expect(since1970('FREQ=DAILY;COUNT=20000')).toEqual([]);
    expect(since1970('FREQ=WEEKLY;BYDAY=TU')).toEqual(every(0, 2));
  });

  it('gives an exception to its own series only', () => {
    const daily = (uid: string, ...lines: readonly string[]) => ['BEGIN:VEVENT', `UID:${uid}`, `SUMMARY:${uid}`, ...lines, 'END:VEVENT'];
    const text = ics(
      ...daily('a', 'DTSTART:20260701T080000Z', 'DTEND:20260701T090000Z', 'RRULE:FREQ=DAILY;COUNT=2'),
      ...daily('b', 'DTSTART:20260701T080000Z', 'DTEND:20260701T100000Z', 'RRULE:FREQ=DAILY;COUNT=2'),
      ...daily('b', 'RECURRENCE-ID:20260702T080000Z', 'DTSTART:20260702T200000Z', 'DTEND:20260702T210000Z'),
    );
    expect(shown(calendar({ zone: 'UTC', open: {}, reservedFile: text }), '2026-07-01', '2026-07-04')).toEqual([
      'reserved 2026-07-01 08:00 2026-07-01 09:00 a',
      'reserved 2026-07-01 09:00 2026-07-01 10:00 b',
      'reserved 2026-07-02 08:00 2026-07-02 09:00 a',
      'reserved 2026-07-02 20:00 2026-07-02 21:00 b',
    ]);
  });
});
