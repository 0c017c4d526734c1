import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hoursOf } from '../../src/calendar/windows.js';
import { readHours, readMoment } from '../../src/calendar/words.js';
import { readAhead } from '../../src/cli/instant.js';
import type { Present } from '../../src/model/present.js';
import { busyDay } from '../api/scene.js';
import { givenAt } from '../given-present.js';
import { type Desk, openDesk } from './desk.js';

const value = <T>(read: { readonly value: T } | { readonly expected: string }): T => {
  if ('expected' in read) throw new Error(read.expected);
  return read.value;
};
const day = 86_400_000;

/** The busy day in a room that is open from 8 to 20 on weekdays, with an exam, and a maintenance. */
function roomDay(): Present {
  const present = busyDay();
  const usual = value(readHours('08:00-20:00'));
  const hours = hoursOf(
    {
      ...{ name: 'campus', zone: 'Europe/Berlin', holidays: [], holidayFiles: [], days: [], reservedFiles: [] },
      week: [[], usual, usual, usual, usual, usual, []],
      reserved: [{ from: value(readMoment('2026-01-06 20:00')), to: value(readMoment('2026-01-07 01:00')), name: 'exam' }],
    },
    givenAt - day,
    givenAt + 60 * day,
  );
  const [host = ''] = present.world.hosts.keys();
  const row = { id: 'm-1', of: host, hosts: [host], who: 'ada', why: 'new memory', at: givenAt, due: givenAt + 3_600_000, until: givenAt + day };
  const rows = { ...present.world.rows, maintenances: new Map([[row.id, row]]) };
  return { ...present, policy: { ...present.policy, windows: { lab: hours } }, world: { ...present.world, rows } };
}

describe('domus calendar', () => {
  let desk: Desk;
  const present = roomDay();
  beforeEach(async () => {
    desk = await openDesk(undefined, {}, () => present);
  });
  afterEach(async () => desk.close());

  it('shows two weeks, who owns the room when, in the time of its own zone', async () => {
    const { exit, out, err } = await desk.type('calendar');
    expect([exit, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe('lab (Europe/Berlin)');
    expect(lines.filter((line) => / lab /.test(line))).toHaveLength(14);
    expect(out).toMatch(/Mon 2026-01-05 {2}lab {3}open 08:00-20:00 +00:00-08:00, 20:00-24:00/);
    expect(out).toMatch(/Tue 2026-01-06 {2}lab {3}open 08:00-20:00, reserved 20:00-24:00 \(exam\) +00:00-08:00/);
    expect(out).toMatch(/Wed 2026-01-07 {2}lab {3}reserved 00:00-01:00 \(exam\), open 08:00-20:00 +01:00-08:00, 20:00-24:00/);
    expect(out).toMatch(/Sat 2026-01-10 {2}lab {3}closed +00:00-24:00/);
    expect(out).toMatch(/m-1 .*ada .*new memory/);
    expect((await desk.type('calendar --days 3')).out.split('\n').filter((line) => / lab /.test(line))).toHaveLength(3);
    expect((await desk.type('calendar --days 99')).exit).toBe(2);
    expect(JSON.parse((await desk.type('calendar --json')).out)).toMatchObject({ pools: [{ pool: 'lab', windows: expect.any(Array) }] });
  });

  it('lists and ends maintenances, and asks for one with both its ends', async () => {
    expect((await desk.type('maintain list')).out).toMatch(/m-1 +\S+ +2026/);
    expect((await desk.type('maintain end m-1')).out).toBe('unmaintain of m-1 is done\n');
    const [host = ''] = present.world.hosts.keys();
    expect((await desk.type(`maintain add ${host} --by 2h --until 9h --why memory`)).out).toBe(`maintain of ${host} is done\n`);
    const wish = (await desk.requests()).find(({ kind }) => kind === 'maintain');
    expect(wish).toMatchObject({ subject: host, dueAt: givenAt + 1000 + 2 * 3_600_000, untilAt: givenAt + 1000 + 9 * 3_600_000, why: 'memory' });
    expect(await desk.type(`maintain add ${host} --by 2h`)).toMatchObject({ exit: 2 });
    expect((await desk.type('maintain add nowhere --by 2h --until 9h')).err).toContain('no host or pool is called "nowhere"');
    expect((await desk.type('maintain end m-9')).err).toContain('no maintenance');
  });

  it('says so where no pool has any', async () => {
    const plain = await openDesk();
    expect((await plain.type('calendar')).out).toBe('no pool has a calendar: every room is the cluster’s, always\n');
    expect((await plain.type('maintain list')).out).toBe('no maintenance is planned\n');
    await plain.close();
  });
});

describe('a time ahead', () => {
  const now = new Date(2026, 0, 5, 12, 30).getTime(); // a Monday
  const at = (month: number, date: number, hour: number, minute = 0): number => new Date(2026, month - 1, date, hour, minute).getTime();
  it.each([
    ['18:00', at(1, 5, 18)],
    ['12:00', at(1, 6, 12)],
    ['fri 18:00', at(1, 9, 18)],
    ['Friday 18:00', at(1, 9, 18)],
    ['mon 12:00', at(1, 12, 12)],
    ['2026-07-03 18:00', at(7, 3, 18)],
    ['in 4h', now + 4 * 3_600_000],
    ['90m', now + 90 * 60_000],
  ])('%s', (text, wanted) => {
    expect(readAhead(text, now)).toBe(wanted);
  });
  it.each(['', 'soon', '25:00', '12:60', 'xyz 12:00', '2026-02-30 12:00', '12'])('"%s" is none', (text) => {
    expect(() => readAhead(text, now)).toThrowError(/expected a time ahead/);
  });
});
