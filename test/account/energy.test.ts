import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { energyOf, type RecordedPower } from '../../src/account/energy.js';
import { energyCsv, energyRemarks, knownText } from '../../src/account/energy-figures.js';
import type { EnvironmentStep, HostHour, PoolStep } from '../../src/history/contract.js';
import { migrateHistory } from '../../src/history/schema.js';
import { historyFile, openHistoryStore } from '../../src/history/store.js';
import { typed } from '../cli/desk.js';
import { givenAt } from '../given-present.js';

const hour = 3_600_000;
const kWh = 3_600_000;
const pool = (more: Partial<PoolStep>): PoolStep => ({
  ...{ at: givenAt, name: 'lab', coveredMs: hour, on: 2 * hour, off: 2 * hour, unknown: 0, coresOn: 0, busyCores: 0 },
  ...{ joules: 1 * kWh, alwaysOnJoules: 4 * kWh, measured: hour, configured: 3 * hour, assumed: 0, wakeWaits: 0.5 * hour },
  ...more,
});
const host = (name: string, joules: number): HostHour => ({
  ...{ at: givenAt, name, on: hour, off: 0, unknown: 0, joules, alwaysOnJoules: joules, measured: 0, configured: hour, assumed: 0 },
});
const recorded: RecordedPower = {
  pools: [
    pool({}),
    pool({ at: givenAt + hour, on: 4 * hour, off: 0, joules: 4 * kWh }),
    pool({ name: 'rack', off: 0, joules: 4 * kWh, wakeWaits: 0, unknown: hour }),
  ],
  hosts: [host('post02', 2 * kWh), host('post01', kWh)],
  environments: [{ at: givenAt, name: 'grid', started: 10, waitMs: 5 * hour } as EnvironmentStep],
};
const query = { since: givenAt, until: givenAt + 2 * hour, now: givenAt + 2 * hour, dayOf: (at: number) => (at < givenAt + hour ? 'Monday' : 'Tuesday') };

describe('the account of energy', () => {
  it('tells by pool what was used, saved against always on, how the watts were known, and what it cost in waiting', () => {
    const report = energyOf(recorded, { ...query, by: 'pool' });
    expect(report.rows.map(({ name, usedKWh, savedKWh, savedShare, waitedHours }) => [name, usedKWh, savedKWh, savedShare, waitedHours])).toEqual([
      ['lab', 5, 3, 3 / 8, 1],
      ['rack', 4, 0, 0, 0],
    ]);
    expect(report.total).toMatchObject({ usedKWh: 9, alwaysOnKWh: 12, known: { measured: 0.25, configured: 0.75, assumed: 0 } });
    expect(report.waiting).toEqual({ hours: 1, jobsStarted: 10, perJobMs: 360_000, allHours: 5 });
    expect(energyRemarks(report)).toEqual([
      expect.stringMatching(/^how the watts were known, by the time of hosts: 25 % read from .*; 75 % by the watts that the configuration gives$/),
      'waiting: jobs waited 1 hours while a host was switched on for them, 6 min for each of the 10 that started (5 hours in all, for whatever reason)',
      'hosts were silent for 1 hours: these are in no figure of energy',
    ]);
  });

  it('tells by day and by host', () => {
    expect(energyOf(recorded, { ...query, by: 'day' }).rows.map(({ name, usedKWh }) => [name, usedKWh])).toEqual([
      ['Monday', 5],
      ['Tuesday', 4],
    ]);
    const byHost = energyOf(recorded, { ...query, by: 'host' });
    expect(byHost.rows.map(({ name, usedKWh, waitedHours }) => [name, usedKWh, waitedHours])).toEqual([
      ['post01', 1, undefined],
      ['post02', 2, undefined],
    ]);
    expect(energyCsv(byHost).split('\r\n')[1]).toBe('post01,1,1,0,0,1,0,0,,0');
  });

  it.each([
    [{ measured: 1, configured: 0, assumed: 0 }, 'measured'],
    [{ measured: 0.2, configured: 0.8, assumed: 0 }, 'configured 80 %, measured 20 %'],
    [undefined, undefined],
  ])('says of %o: %s', (known, text) => expect(knownText(known)).toBe(text));

  it('hosts’ hours are kept, read by the command, and a history of the version before is brought up to date', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'energy-'));
    const { store } = openHistoryStore(folder, givenAt);
    const sums = { on: 30_000, off: 30_000, unknown: 0, joules: 100, alwaysOnJoules: 200, measured: 0, configured: 0, assumed: 60_000 };
    const minutes = [0, 60_000].map((ms) => ({ at: givenAt + ms, environments: new Map(), pools: new Map(), hosts: new Map([['post01', sums]]) }));
    const none = { runs: { accounts: [], runs: new Map(), counted: new Map() }, starts: [], ends: [], thoughts: [] };
    store.flush({ minutes, ...none });
    store.flush({ minutes: minutes.slice(0, 1), ...none });
    expect(store.db.prepare('SELECT * FROM host_hours').all()).toEqual([
      {
        at: Math.floor(givenAt / hour) * hour,
        name: 'post01',
        on: 90_000,
        off: 90_000,
        unknown: 0,
        joules: 300,
        alwaysOnJoules: 600,
        measured: 0,
        configured: 0,
        assumed: 180_000,
      },
    ]);
    expect(store.trim(givenAt + 70 * 24 * hour)).toBe(1);
    store.close();
    const old = new Database(historyFile(folder));
    old.exec('DROP TABLE host_hours; ALTER TABLE pool_steps DROP COLUMN measured; ALTER TABLE pool_steps DROP COLUMN configured;');
    old.exec('ALTER TABLE pool_steps DROP COLUMN assumed; ALTER TABLE pool_steps DROP COLUMN wakeWaits; PRAGMA user_version = 2');
    migrateHistory(old);
    expect(old.prepare('SELECT measured, wakeWaits FROM pool_steps').all()).toEqual([]);
    old.close();
    const { exit, err } = await typed(['--config', join(folder, 'none.yaml'), 'energy']);
    expect([exit, err]).toEqual([1, expect.stringContaining('it says where the history lies')]);
  });
});
