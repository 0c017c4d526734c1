import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { weekSchema } from '../../src/api/schema/week.js';
import { type Estimated, WeekDesk, type WeekWork } from '../../src/api/week.js';
import { SqliteHistoryReader } from '../../src/history/reader.js';
import { HistoryStore } from '../../src/history/store.js';
import { silentLog } from '../../src/log.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { givenAt } from '../given-present.js';
import { busyDay, scene } from './scene.js';

const hour = 3_600_000;
const thought = (key: string, since: number, until: number, environment = 'grid') => ({
  ...{ key, kind: 'start' as const, subject: `seat:${key}`, environment, host: 'post11', cores: 2, why: 'job 1 waits' },
  ...{ since: givenAt - 50 * hour + since, until: givenAt - 50 * hour + until },
});
const estimated: Estimated = {
  ...{ since: givenAt - hour, jobs: 3, leftOut: 0, assumed: ['a guess'] },
  site: { boots: 1, hostsOnHours: 1, alwaysOnHours: 2, energyKWh: 1, alwaysOnKWh: 2, switchesHosts: true },
  environments: [{ name: 'grid', jobs: 3, unstarted: 0, longWaits: 0, really: { longWaits: 0 }, machinesAtMost: 1, machineHours: 1 }],
};

function desk(answer: () => Promise<Estimated>) {
  const clock = new VirtualClock(givenAt);
  const store = new HistoryStore(new Database(':memory:'));
  store.state(givenAt - 60 * hour);
  const thoughts = [thought('a', 0, 3000), thought('b', 1000, 4000), thought('c', 5000, 6000), thought('d', 0, 9000, 'bio')];
  store.flush({ minutes: [], runs: { accounts: [], runs: new Map(), counted: new Map() }, starts: [], ends: [], thoughts });
  const asked: WeekWork[] = [];
  const estimator = (work: WeekWork) => {
    asked.push(work);
    return answer();
  };
  const week = new WeekDesk({ history: new SqliteHistoryReader(store.db, () => clock.wall()), estimator, clock, log: silentLog });
  return { week, asked, clock };
}

test('the week tells who would have been started, how many at once, since the history began', async () => {
  const { week } = desk(async () => estimated);
  const { api } = await scene('status', { week });
  const answer = await api.inject('/api/v1/week');
  expect(answer.statusCode).toBe(200);
  expect(weekSchema.parse(answer.json())).toEqual(answer.json());
  expect(answer.json()).toMatchObject({ since: givenAt - 60 * hour, until: givenAt, thoughtsTotal: 4 });
  const [grid, bio] = answer.json().environments;
  expect(grid).toMatchObject({ name: 'grid', decisions: { start: 3 }, mostAtOnce: 2, seen: { started: 0 } });
  expect(bio).toMatchObject({ name: 'bio', decisions: { start: 1 }, mostAtOnce: 1 });
  expect(answer.json().thoughts[0].key).toBe('c');
});

test('an estimate is worked out once for all who ask, of the jobs that wait too, and again after six hours', async () => {
  const { week, asked, clock } = desk(async () => estimated);
  const present = busyDay();
  expect(week.answer(present).estimate.state).toBe('working');
  expect(week.answer(present).estimate.state).toBe('working');
  await new Promise(setImmediate);
  expect(week.answer(present).estimate).toMatchObject({ state: 'done', jobs: 3, assumed: ['a guess'] });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.waiting.map(({ environment, slots }) => [environment, slots])).toEqual([
    ['grid', 2],
    ['bio', 1],
  ]);
  await clock.run(givenAt + 359 * 60_000, () => false);
  week.answer(present);
  expect(asked).toHaveLength(1);
  await clock.run(givenAt + 361 * 60_000, () => false);
  week.answer(present);
  expect(asked).toHaveLength(2);
});

test('one that cannot be worked out says why, and is not tried at every look', async () => {
  const { week, asked } = desk(() => Promise.reject(new Error('too much')));
  const present = busyDay();
  week.answer(present);
  await new Promise(setImmediate);
  expect(week.answer(present).estimate).toEqual({ state: 'failed', at: givenAt, why: 'too much' });
  week.answer(present);
  expect(asked).toHaveLength(1);
});

test('without a history the route says so', async () => {
  const { api } = await scene('status');
  const answer = await api.inject('/api/v1/week');
  expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'not-ready']);
});
