import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Journal, Lease } from '../../src/journal/contract.js';
import { historySql } from '../../src/journal/sqlite/history.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { because } from '../../src/model/reason.js';
import { VirtualClock } from '../../src/sim/clock.js';

describe('a journal that is damaged, full or of another program', () => {
  let database: Database.Database;
  let journal: Journal;
  let lease: Lease;
  const clock = new VirtualClock();

  beforeEach(async () => {
    database = new Database(':memory:');
    journal = await openSqliteJournal({ database, clock });
    lease = await journal.lease('lab', 'life');
  });
  const plant = (table: string, json: string): unknown => database.prepare('INSERT INTO rows VALUES (?, ?, ?)').run(table, 'KEY', json);

  it.each([
    ['machines', '{"id":', /row machines\/KEY is no JSON/],
    ['machines', '[]', /row machines\/KEY is no record/],
    ['generations', '3', /row generations\/KEY is no record/],
    ['starts', '[1,"2"]', /row starts\/KEY is no numbers/],
    ['forgotten', '{}', /row forgotten\/KEY is no text/],
    ['unheard-of', '{}', /row unheard-of\/KEY of a table that is not known/],
  ])('names the row of %s that cannot be read (%s)', async (table, json, sentence) => {
    plant(table, json);
    await expect(journal.load()).rejects.toMatchObject({ kind: 'garbled', message: expect.stringMatching(sentence) });
  });

  it('names the request and the event that cannot be read', async () => {
    database.prepare(`INSERT INTO requests VALUES ('r9', 'open', NULL, 'x')`).run();
    await expect(journal.requests(0)).rejects.toMatchObject({ kind: 'garbled', message: expect.stringContaining('requests/r9') });
    database.prepare(`INSERT INTO events VALUES (7, 1, 'domus', 'daemon', 'x')`).run();
    await expect(journal.history({ limit: 1 })).rejects.toMatchObject({ kind: 'garbled', message: expect.stringContaining('event 7') });
  });

  it('says full when the disk is full, keeps what was there, and goes on when there is room', async () => {
    await journal.commit({ changes: [{ table: 'generations', key: 'a', row: { number: 1 } }], events: [], durable: true }, lease.fence);
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages}`);
    const much = { table: 'forgotten', key: 'b', row: 'x'.repeat(100_000) } as const;
    await expect(journal.commit({ changes: [much], events: [], durable: true }, lease.fence)).rejects.toMatchObject({ kind: 'full' });
    expect((await journal.load()).generations.get('a')?.number).toBe(1);
    database.pragma('max_page_count = 100000');
    await journal.commit({ changes: [much], events: [], durable: true }, lease.fence);
    expect((await journal.load()).forgotten.size).toBe(1);
  });

  it('refuses the layout of a newer program', async () => {
    database.pragma('user_version = 999');
    await expect(openSqliteJournal({ database, clock })).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('newer') });
  });

  it('says so when the file is no database', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'domus-journal-'));
    writeFileSync(join(dir, 'journal.sqlite'), 'hello'.repeat(1000));
    await expect(openSqliteJournal({ dir, clock })).rejects.toMatchObject({ kind: 'garbled' });
  });

  it('makes a backup that opens as a journal', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'domus-journal-'));
    const source = await openSqliteJournal({ dir, clock });
    const { fence } = await source.lease('lab', 'life');
    await source.commit({ changes: [{ table: 'generations', key: 'a', row: { number: 5 } }], events: [], durable: false }, fence);
    const copy = mkdtempSync(join(tmpdir(), 'domus-journal-'));
    await source.backup(join(copy, 'journal.sqlite'));
    await source.close();
    const restored = await openSqliteJournal({ dir: copy, clock });
    expect((await restored.load()).generations.get('a')?.number).toBe(5);
    await restored.close();
  });

  it('reads every kind of history along an index, without sorting', () => {
    const parts = [{ subject: 'machine:a' }, { kind: 'deed' as const }, { since: 1 }, { until: 9 }, { before: 4 }];
    for (let mask = 0; mask < 1 << parts.length; mask++) {
      const query = Object.assign({ limit: 50 }, ...parts.filter((_, i) => mask & (1 << i))) as Parameters<typeof historySql>[0];
      const { sql, values } = historySql(query);
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
      const text = plan.map((row) => row.detail).join('; ');
      expect(text).toMatch(
        query.subject ? /SEARCH events USING INDEX events_subject/ : query.kind ? /SEARCH events USING INDEX events_kind/ : /USING INDEX events_at/,
      );
      expect(text, sql).not.toMatch(/TEMP B-TREE/);
    }
  });

  it('gives at most a thousand events at once', async () => {
    const events = Array.from({ length: 1200 }, (_, at) => ({ at, subject: 'domus', kind: 'daemon' as const, reason: because('daemon-stopped', {}) }));
    await journal.commit({ changes: [], events, durable: false }, lease.fence);
    expect(await journal.history({ limit: 5000 })).toHaveLength(1000);
    expect(await journal.trim(2000)).toBe(1200);
  });
});
