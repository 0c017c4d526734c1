import { expect, it } from 'vitest';
import { type CalendarSpec, hoursOf } from '../../src/calendar/windows.js';
import { readDates, readDay, readHours, readMoment } from '../../src/calendar/words.js';
import { windowAt } from '../../src/model/calendar.js';
import { Random } from '../../src/sim/random.js';
import { day, hour, lives, minute, monday, room } from './classroom-given.js';

const value = <T>(read: { readonly value: T } | { readonly expected: string }): T => {
  if ('expected' in read) throw new Error(read.expected);
  return read.value;
};
const usual = value(readHours('08:00-20:00'));

/** A university's year in Berlin: summer time from 29 March to 25 October. */
const campus: CalendarSpec = {
  ...{ name: 'campus', zone: 'Europe/Berlin', holidayFiles: [], reservedFiles: [] },
  week: [[], usual, usual, usual, usual, usual, value(readHours('09:00-13:00'))],
  holidays: ['2026-04-03/2026-04-06', '05-01', '2026-05-14', '10-03', '12-24/01-01'].map((text) => value(readDates(text))),
  days: [{ day: value(readDay('2026-12-23')), hours: value(readHours('08:00-12:00')) }],
  reserved: [
    { from: value(readMoment('2026-03-29 04:00')), to: value(readMoment('2026-03-29 06:00')), name: 'the night of the change' },
    { from: value(readMoment('2026-07-03 20:00')), to: value(readMoment('2026-07-03 23:00')), name: 'exam' },
  ],
};

it('a year with summer time and holidays: every opening is met, no job is put back, and the room works at night', { timeout: 900_000 }, async () => {
  const days = 365;
  const hours = hoursOf(campus, monday, monday + (days + 7) * day);
  const quarter = 15 * minute;
  const rehearsal = room({
    hosts: 2,
    environment: { seats: 4, maxWalltimeMs: 3 * hour },
    classroom: { leaveLimitMs: 25 * minute, comeLimitMs: 25 * minute, quietMs: quarter },
  } as Parameters<typeof room>[0]);
  const { policy } = rehearsal;
  const intervals = {
    ...policy.intervals,
    tickMs: quarter,
    batchPollMs: 10 * minute,
    hostPollMs: quarter,
    momSilentMs: 30 * minute,
    joinLimitMs: hour,
    schedulerCycleMs: quarter,
  };
  const grid = { ...policy.environments['grid'], idleMs: hour, bootDeadlineMs: hour };
  rehearsal.policy = { ...policy, intervals, windows: { lab: hours }, environments: { grid } } as typeof policy;
  const life = await rehearsal.begin();
  const random = new Random(7);
  const missed: string[] = [];
  let [opened, nights] = [0, 0];
  for (const window of hours.windows) {
    if (window.since > monday + days * day) break;
    // an hour after the room has closed, people have gone home, and jobs arrive that keep their word
    const wait = window.since - rehearsal.clock.now();
    if (wait > 6 * hour) {
      await rehearsal.pass(Math.min(2 * hour, wait / 3));
      nights++;
      for (let job = 0; job < 3; job++) {
        const minutes = Math.round(random.between(20, 170));
        const walltime = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:00`;
        rehearsal.submit(['-q', 'grid', '-l', `walltime=${walltime}`], `sleep ${Math.round(minutes * 60 * (random.between(500, 950) / 1000))}\n`);
      }
    }
    await rehearsal.pass(window.since - rehearsal.clock.now());
    opened++;
    if (lives(rehearsal) !== 'classroom classroom') missed.push(`${new Date(window.since).toISOString()}: ${lives(rehearsal)}`);
    await rehearsal.pass(window.until - rehearsal.clock.now());
    expect(windowAt(hours, rehearsal.clock.now() - 1)).toBeDefined();
  }
  const runs = rehearsal.core.facts().jobs.flatMap((job) => job.runs.map((run) => run.why));
  expect(missed).toEqual([]);
  expect(opened).toBeGreaterThan(280);
  expect(nights).toBeGreaterThan(280);
  expect(rehearsal.core.facts().completed).toBe(nights * 3);
  expect(runs.filter((why) => why !== 'completed' && why !== undefined)).toEqual([]);
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  life?.stop();
});
