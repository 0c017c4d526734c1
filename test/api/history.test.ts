import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { historySchema } from '../../src/api/schema/history.js';
import { SqliteHistoryReader } from '../../src/history/reader.js';
import { HistoryStore } from '../../src/history/store.js';
import { givenAt } from '../given-present.js';
import { scene } from './scene.js';

const history = () => {
  const store = new HistoryStore(new Database(':memory:'));
  return new SqliteHistoryReader(store.db, () => givenAt);
};

test('the history is read behind both doors, with a column for every step of the last day', async () => {
  for (const door of ['status', 'control'] as const) {
    const { api } = await scene(door, { history: history() });
    const answer = await api.inject('/api/v1/history');
    expect(answer.statusCode).toBe(200);
    expect(historySchema.parse(answer.json())).toEqual(answer.json());
    expect(answer.json()).toMatchObject({ stepMs: 60_000, environments: {}, pools: {}, site: { hostsOn: Array(1440).fill(null) } });
    const week = await api.inject(`/api/v1/history?since=${givenAt - 7 * 86_400_000}`);
    expect(week.json()).toMatchObject({ stepMs: 600_000 });
  }
});

test.each(['stepMs=1000', 'since=5&until=5', 'since=never', 'who=anna', 'since=0&stepMs=60000'])('%s is refused with a sentence', async (query) => {
  const { api } = await scene('status', { history: history() });
  const answer = await api.inject(`/api/v1/history?${query}`);
  expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'invalid']);
});
