import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { Operations } from '../../src/daemon/operations.js';
import { readRecord } from '../../src/debug/record.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import { noRows } from '../../src/model/rows.js';
import { busyDay } from '../api/scene.js';

const fence = { deployment: 'lab', journal: 'j', epoch: 1, life: 'l' };

/** What beside the daemon there is, in an empty state folder. */
async function given(more: Partial<Config> = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), 'domus-operations-'));
  const read = await loadConfig(new URL('../../domus.example.yaml', import.meta.url).pathname);
  if (!read.ok) throw new Error('the example is broken');
  const config: Config = { ...read.config, stateDir, ...more };
  const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
  return { stateDir, journal, config, operations: new Operations({ config, journal, clock: systemClock, log: silentLog, version: '1' }) };
}

describe('what watches the daemon', () => {
  it('touches nothing before the daemon leads: a second daemon leaves the history of the first alone', async () => {
    const { stateDir, operations } = await given();
    await operations.close();
    expect(existsSync(join(stateDir, 'history.sqlite'))).toBe(false);
  });

  it('serves metrics, history and the last tick', async () => {
    const { operations, journal } = await given();
    await operations.begin(noRows(), fence);
    const { beside = [], history } = operations.served();
    const page = async (path: string): Promise<string> => (await beside.find((each) => each.path === path)?.answer())?.text ?? '';
    await expect(page('/debug/record')).rejects.toMatchObject({ code: 'not-ready' });
    operations.follow(busyDay());
    operations.ticked(12);
    const { fence: reign } = await journal.lease('lab', 'l');
    await operations.journal.commit({ changes: [], events: [], durable: true }, reign);
    expect(await page('/metrics')).toMatch(/domus_journal_commit_duration_seconds_count\{durable="true"\} 1[\s\S]*domus_jobs_waiting\{environment="grid"\} 1/);
    expect(readRecord(await page('/debug/record'))).toMatchObject({ version: '1', revision: 7 });
    expect(history?.series({ since: 0, until: 60_000, stepMs: 60_000 }).at).toEqual([0]);
    expect(beside.map(({ path, may }) => [path, may])).toEqual([
      ['/metrics', 'known'],
      ['/debug/record', 'operator'],
    ]);
    await operations.close();
  });

  it('goes on without a part that cannot be had', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'domus-operations-')), 'a-file');
    writeFileSync(file, '');
    const { operations } = await given({ stateDir: join(file, 'below'), metrics: { address: '203.0.113.7', port: 9 } });
    await operations.begin(noRows(), fence);
    operations.follow(busyDay());
    expect(operations.served().history).toBeUndefined();
    expect(operations.served().beside).toHaveLength(2);
    await operations.close();
  });

  it('passes every other call of the journal through', async () => {
    const { operations, journal } = await given();
    await journal.ask({ id: 'r', kind: 'freeze', subject: '', who: 'x', why: '', at: 1, expiresAt: 2, state: 'open' });
    expect((await operations.journal.requests(0)).map(({ id }) => id)).toEqual(['r']);
    expect((await operations.journal.load()).requests.has('r')).toBe(true);
    await operations.close();
  });
});
