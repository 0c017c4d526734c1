import { spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { Changes } from '../../src/api/changes/changes.js';
import { listen, socketPath } from '../../src/api/listen.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { silentLog } from '../../src/log.js';
import { busyDay, givenAccess } from './scene.js';

const nobody = 65534;
const asRoot = process.getuid?.() === 0;

/** Runs test/api/caller.mjs as another user and returns what it printed, one JSON value a line. */
function call(uid: number, socket: string, ...steps: string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'caller.mjs'), String(uid), socket, ...steps], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += bytes;
  });
  return new Promise((resolve) => {
    child.once('close', () =>
      resolve(
        said
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
      ),
    );
  });
}

describe('the two sockets', () => {
  let runDir: string;
  let closers: (() => Promise<void>)[];
  const open = async (group?: string, clock: Clock = systemClock): Promise<void> => {
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: systemClock });
    const doors = await listen(
      {
        present: busyDay,
        changes: new Changes(clock, '0.1.0'),
        ...givenAccess(clock),
        journal,
        requestArrived: () => undefined,
        reload: async () => ({ ok: true, problems: [], differences: [] }),
        clock,
        log: silentLog,
        version: '0.1.0',
      },
      { runDir, ...(group === undefined ? {} : { group }) },
    );
    closers.push(() => doors.close());
  };

  beforeEach(() => {
    runDir = mkdtempSync(join(tmpdir(), 'domus-run-'));
    closers = [];
    return async () => {
      for (const close of closers) await close();
    };
  });

  const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

  it('opens the status door to everybody and the control door to nobody else, without a group', async () => {
    await open();
    expect(modeOf(socketPath(runDir, 'status'))).toBe('666');
    expect(modeOf(socketPath(runDir, 'control'))).toBe('600');
    expect(modeOf(join(runDir, 'whoami'))).toBe('1733');
    expect(modeOf(runDir)).toBe('755');
  });

  it.runIf(asRoot)('gives the control door to the group', async () => {
    await open('daemon');
    expect(modeOf(socketPath(runDir, 'control'))).toBe('660');
    expect(lstatSync(socketPath(runDir, 'control')).gid).toBe(1);
  });

  it('refuses a group that does not exist, and a folder where another daemon listens', async () => {
    await expect(open('no-such-group-here')).rejects.toThrow('there is no group "no-such-group-here"');
    await open();
    await expect(open()).rejects.toThrow('another process listens');
  });

  it('takes over the sockets that a dead daemon left behind', async () => {
    writeFileSync(socketPath(runDir, 'status'), '');
    mkdirSync(join(runDir, 'whoami'));
    writeFileSync(join(runDir, 'whoami', 'left-over'), '');
    await open();
    expect(readdirSync(join(runDir, 'whoami'))).toEqual([]);
    expect(await call(process.getuid!(), socketPath(runDir, 'status'), 'get:status')).toEqual([expect.objectContaining({ deployment: 'lab' })]);
  });

  it.runIf(asRoot)('keeps an ordinary user out of the control door, and hides others jobs from him', async () => {
    await open();
    expect(await call(nobody, socketPath(runDir, 'control'), 'get:status')).toEqual([{ failed: 'EACCES' }]);
    const [jobs] = await call(nobody, socketPath(runDir, 'status'), 'get:jobs');
    expect(JSON.stringify(jobs)).not.toMatch(/anna|bob/);
  });

  it('proves root by an empty file, once, and removes it', async () => {
    await open();
    const [first, again] = await call(process.getuid!(), socketPath(runDir, 'status'), 'challenge', 'make', 'get:jobs', 'get:jobs');
    expect(JSON.stringify(first)).toMatch(/bob-secret-name/);
    expect(again).toMatchObject({ error: { code: 'identity-failed' } });
    expect(readdirSync(join(runDir, 'whoami'))).toEqual([]);
  });

  it.runIf(asRoot)('proves an ordinary user as himself: he sees no more than his own', async () => {
    chmodSync(runDir, 0o755);
    await open();
    const [jobs] = await call(nobody, socketPath(runDir, 'status'), 'challenge', 'make', 'get:jobs');
    expect(jobs).toMatchObject({ total: 5 });
    expect(JSON.stringify(jobs)).not.toMatch(/anna|bob/);
  });

  it.runIf(asRoot).each([
    ['a hard link to a file of root', 'link'],
    ['a symbolic link to a file of root', 'symlink'],
    ['a file with contents', 'fill'],
    ['a folder', 'folder'],
    ['no file at all', 'nothing'],
  ])('takes %s for no proof', async (_, how) => {
    chmodSync(runDir, 0o755);
    await open();
    writeFileSync(join(runDir, 'roots-own-file'), '');
    const [answer] = await call(how === 'link' ? 0 : nobody, socketPath(runDir, 'status'), 'challenge', how, 'get:jobs');
    expect(answer).toMatchObject({ error: { code: 'identity-failed' } });
  });

  it('takes a file that was there before the challenge for no proof', async () => {
    await open(undefined, { ...systemClock, wall: () => systemClock.wall() + 5000 });
    writeFileSync(join(runDir, 'old'), ''); // five seconds older than any challenge of that clock
    const [answer] = await call(process.getuid!(), socketPath(runDir, 'status'), 'challenge', 'rename', 'get:jobs');
    expect(answer).toMatchObject({ error: { code: 'identity-failed' } });
  });
});
