import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../src/classify/classify.js';
import { systemClock } from '../../src/clock.js';
import { backupJournal } from '../../src/journal/sqlite/backup.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { mayAct } from '../../src/model/fence.js';
import { because } from '../../src/model/reason.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { typed } from '../cli/desk.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'domus-backup-'));
/** The backup as the only journal of a new state folder. */
function restored(file: string): string {
  const dir = join(folder(), 'state');
  mkdirSync(dir);
  renameSync(file, join(dir, 'journal.sqlite'));
  return dir;
}

describe('a backup of the journal', () => {
  it('is whole although the daemon writes all the time: no half of a commit is in it', async () => {
    const dir = folder();
    const journal = await openSqliteJournal({ dir, clock: systemClock });
    const { fence } = await journal.lease('lab', 'life-1');
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        const freeze = { by: 'w', why: String(n), at: n };
        const event = { at: n, subject: 'domus', kind: 'daemon' as const, reason: because('daemon-stopped', { why: String(n) }) };
        await journal.commit({ changes: [{ table: 'freeze', key: 'freeze', row: freeze }], events: [event], durable: false }, fence);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await systemClock.sleep(30);
    for (const name of ['a', 'b', 'c']) {
      const file = join(folder(), `${name}.sqlite`);
      const backed = await backupJournal(dir, file);
      expect(backed).toMatchObject({ file, epoch: 1, rows: 1 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const copy = await openSqliteJournal({ dir: restored(file), clock: systemClock });
      const row = (await copy.load()).freeze.get('freeze');
      const [last] = await copy.history({ limit: 1 });
      expect(last?.reason.args['why']).toBe(row?.why);
      await copy.close();
    }
    writing = false;
    await writer;
    await journal.close();
  });

  it('overwrites nothing, leaves nothing behind when it fails, and says where there is no journal', async () => {
    const dir = folder();
    await (await openSqliteJournal({ dir, clock: systemClock })).close();
    const file = join(folder(), 'there');
    writeFileSync(file, 'mine');
    await expect(backupJournal(dir, file)).rejects.toMatchObject({ kind: 'exists' });
    await expect(backupJournal(folder(), join(folder(), 'x'))).rejects.toMatchObject({ kind: 'absent' });
    await expect(backupJournal(dir, join(folder(), 'no', 'such', 'folder'))).rejects.toThrow(/a backup of .* to /);
    const broken = folder();
    writeFileSync(join(broken, 'journal.sqlite'), 'no database at all'.repeat(500));
    const target = join(folder(), 'copy');
    await expect(backupJournal(broken, target)).rejects.toMatchObject({ kind: 'garbled' });
    expect(readdirSync(join(target, '..'))).toEqual([]);
  });

  it('is fenced: hosts that obeyed the journal refuse a daemon on its backup, whatever its epoch, until a person says so', async () => {
    const dir = folder();
    const original = await openSqliteJournal({ dir, clock: systemClock });
    const holder = (await original.lease('lab', 'life-1')).fence;
    const file = join(folder(), 'backup');
    await backupJournal(dir, file);
    const copy = await openSqliteJournal({ dir: restored(file), clock: systemClock });
    let fence = (await copy.lease('lab', 'life-2')).fence;
    expect(fence.epoch).toBeGreaterThan(holder.epoch);
    for (let life = 3; life < 9; life++) fence = (await copy.lease('lab', `life-${life}`)).fence;
    expect(mayAct(holder, fence)).toBe(false);
    expect(mayAct(holder, { ...fence, takeOver: true })).toBe(true);
    await Promise.all([original.close(), copy.close()]);
  });

  it('does nothing in a data centre that another journal holds; with --take-over it leads again', async () => {
    const policy = rehearsalPolicy({ environments: { grid: { seats: 2 } }, hosts: 1 });
    const classifier = createClassifier(policy);
    const rehearsal = new Rehearsal({ policy, classify: (job, of) => classifier(job, of.queues) });
    const first = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 7200\n');
    await rehearsal.pass(5 * 60_000);
    const dir = folder();
    await rehearsal.database.backup(join(dir, 'journal.sqlite'));
    const file = join(folder(), 'backup');
    await backupJournal(dir, file);
    first?.stop();
    await rehearsal.pass(60_000);
    const database = new Database(file);
    const journal = () => openSqliteJournal({ database, clock: rehearsal.clock });
    const second = await rehearsal.begin(undefined, await journal());
    rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 7200\n');
    await rehearsal.pass(10 * 60_000);
    const guests = () => [...rehearsal.datacentre.hosts.values()].flatMap((host) => [...host.guests.values()]).length;
    expect([...(second?.present?.world.hosts.values() ?? [])].map(({ blocked }) => blocked?.code)).toEqual(['host-fenced']);
    expect(guests()).toBe(1);
    second?.stop();
    await rehearsal.pass(60_000);
    const third = await rehearsal.begin(undefined, await journal(), { takeOver: true });
    await rehearsal.pass(10 * 60_000);
    expect([...(third?.present?.world.hosts.values() ?? [])].map(({ blocked }) => blocked)).toEqual([undefined]);
    expect(third?.present?.world.strays).toEqual([]);
    third?.stop();
    await rehearsal.pass(60_000);
  });
});

describe('domus backup', () => {
  it('names what it wrote, and refuses to write over it', async () => {
    const top = folder();
    const config = join(top, 'domus.yaml');
    writeFileSync(config, 'state: state\n');
    const journal = await openSqliteJournal({ dir: join(top, 'state'), clock: systemClock });
    await journal.lease('lab', 'life-1');
    const file = join(top, 'backup.sqlite');
    expect(await typed(['backup', file, '--config', config])).toEqual({ exit: 0, err: '', out: `${file}: epoch 1, 0 rows, 0 events\n` });
    expect(existsSync(file)).toBe(true);
    expect(await typed(['backup', file, '--config', config])).toMatchObject({ exit: 1, err: expect.stringContaining('is there already') });
    await journal.close();
  });
});
