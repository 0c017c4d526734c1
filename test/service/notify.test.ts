import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import type { Finished, Shell } from '../../src/drivers/shell.js';
import { silentLog } from '../../src/log.js';
import { ServiceManager, watchdogEveryMs } from '../../src/service/notify.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { fromDebian } from '../debian.js';

const unit = new URL('../../systemd/domus.service', import.meta.url).pathname;
const real = fromDebian('systemd-notify', 'systemd') && fromDebian('python3', 'python3');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A service manager's end: a real datagram socket, and what came through it. */
async function notifySocket() {
  const path = join(mkdtempSync(join(tmpdir(), 'domus-notify-')), 'socket');
  const program = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(65536, 4096)
    for _, kind, fd in ancillary:
        if kind == socket.SCM_RIGHTS: os.close(int.from_bytes(fd[:4], sys.byteorder))
    for line in data.decode().split('\\n'): print(line, flush=True)
`;
  const child = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const heard = async (word: string): Promise<string> => {
    for (let round = 0; round < 1000 && !said.includes(word); round++) await systemClock.sleep(10);
    if (!said.includes(word)) throw new Error(`never heard ${word}, only: ${said}`);
    return said;
  };
  await heard('bound');
  return { path, heard };
}

describe.skipIf(!real)('a real service manager', () => {
  it('hears that the daemon is ready, reloads and stops', async () => {
    const { path, heard } = await notifySocket();
    const before = process.env['NOTIFY_SOCKET'];
    process.env['NOTIFY_SOCKET'] = path;
    try {
      const manager = new ServiceManager({
        ...{ env: process.env, shell: execaShell(systemClock), clock: systemClock, log: silentLog, tickedAt: () => 0, patienceMs: () => 1 },
      });
      await manager.ready('leads, epoch 3');
      expect(await heard('STATUS=leads, epoch 3')).toContain('READY=1');
      await manager.reloading();
      await heard('RELOADING=1');
      await manager.stopping();
      await heard('STOPPING=1');
    } finally {
      if (before === undefined) delete process.env['NOTIFY_SOCKET'];
      else process.env['NOTIFY_SOCKET'] = before;
    }
  });

  it('takes the unit file, and finds it well hardened', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'domus-unit-')), 'domus.service');
    const text = readFileSync(unit, 'utf8');
    writeFileSync(file, text.replace('/usr/bin/node /opt/domus/dist/src/cli/main.js', process.execPath).replace('User=domus', 'User=root'));
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect([verified.status, verified.stderr.split('\n').filter((line) => line.includes('domus.service'))]).toEqual([0, []]);
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=30', '--no-pager', file], { encoding: 'utf8' });
    expect([rated.status, rated.stdout.match(/Overall exposure level.*?: ([\d.]+)/)?.[1]]).toEqual([0, expect.any(String)]);
  });
});

describe('the watchdog', () => {
  /** A manager in virtual time, and what it said. */
  function given(env: Record<string, string>, tickedAt: () => number | undefined) {
    const clock = new VirtualClock(0);
    const said: string[] = [];
    const shell = {
      run: async (argv: readonly string[]): Promise<Finished> => {
        said.push(`${clock.now() / 1000} ${argv.slice(1).join(' ')}`);
        return { exit: 0, stdout: Buffer.alloc(0), stderr: '' };
      },
    } as unknown as Shell;
    return { clock, said, manager: new ServiceManager({ env, shell, clock, log: silentLog, tickedAt, patienceMs: () => 100_000 }) };
  }
  const watched = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '120000000' };

  it('is fed twice as often as it wants, while the loop ticks, and starves when the loop hangs', async () => {
    let ticked: number | undefined;
    const { clock, said, manager } = given(watched, () => ticked);
    const end = new AbortController();
    const story = manager.watch(end.signal);
    for (const at of [30_000, 90_000, 150_000, 200_000]) clock.at(at, () => (ticked = at));
    await clock.run(500_000);
    expect(said).toEqual([0, 60, 120, 180, 240, 300].map((at) => `${at} WATCHDOG=1`));
    end.abort();
    await story;
  });

  it('is left alone where there is none, and nothing is said where nobody listens', async () => {
    const end = new AbortController();
    for (const env of [{ NOTIFY_SOCKET: '/run/x' }, { WATCHDOG_USEC: '1000000' }, {}]) {
      const { said, manager } = given(env as Record<string, string>, () => 0);
      await manager.watch(end.signal);
      if (!('NOTIFY_SOCKET' in env)) await manager.ready('x');
      expect(said).toEqual([]);
    }
  });

  it.each([
    ['120000000', 60_000],
    ['1', 100],
    ['x', undefined],
    ['0', undefined],
    ['', undefined],
  ])('%s us means every %s ms', (usec, ms) => {
    expect(watchdogEveryMs({ WATCHDOG_USEC: usec })).toBe(ms);
  });
});
