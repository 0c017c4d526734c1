import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { parseReport } from '../../plugins/xen/report.js';

const script = join(import.meta.dirname, '../../rootfs/usr/local/sbin/guest-report');
const uuid = '11111111-0000-4000-8000-000000000001';
let folder: string;

function program(path: string, body: string): void {
  writeFileSync(join(folder, path), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, path), 0o755);
}
const environment = (): NodeJS.ProcessEnv => ({
  PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
  DOMUS_CMDLINE: join(folder, 'cmdline'),
  DOMUS_CHECKS: join(folder, 'checks'),
  DOMUS_EVERY: '0.05',
});
const written = (): string => (existsSync(join(folder, 'written')) ? readFileSync(join(folder, 'written'), 'utf8') : '');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domus-guest-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'checks'));
  writeFileSync(join(folder, 'cmdline'), `root=/dev/xvda quiet domus.report=xenstore:data/domus domus.uuid=${uuid} domus.checks=users,home\n`);
  program('bin/xenstore-write', `[ "$1" = data/domus ] && printf %s "$2" > ${folder}/written; echo x >> ${folder}/times`);
  program('checks/users', 'exit 0');
});

it('reports a guest whose checks have passed as ready, and ends', () => {
  program('checks/home', 'echo mounted');
  expect(spawnSync(script, { env: environment() }).status).toBe(0);
  expect(parseReport(written(), uuid)).toEqual({ ready: true, checks: { users: 'ok', home: 'ok' } });
});

it('makes a secret of this boot where the daemon may be asked, and tells its sum alone', () => {
  program('checks/home', 'exit 0');
  mkdirSync(join(folder, 'etc'));
  writeFileSync(join(folder, 'etc', 'ask'), '10.0.0.1 8642\n');
  const env = { ...environment(), DOMUS_ETC: join(folder, 'etc'), DOMUS_RUN: join(folder, 'run') };
  expect(spawnSync(script, { env }).status).toBe(0);
  const token = readFileSync(join(folder, 'run', 'token'), 'utf8');
  expect(token).toMatch(/^[0-9a-f]{48}\n$/);
  expect(statSync(join(folder, 'run', 'token')).mode & 0o777).toBe(0o600);
  expect(parseReport(written(), uuid).asks).toBe(createHash('sha256').update(token.trim()).digest('hex'));
  expect(written()).not.toContain(token.trim());
  expect(spawnSync(script, ['once'], { env }).status).toBe(0);
  expect(readFileSync(join(folder, 'run', 'token'), 'utf8')).toBe(token);
});

it('says which check fails and why, until it passes', async () => {
  program('checks/home', `[ -e ${folder}/mounted ] || { printf 'mount.nfs: "/home" \\\\ denied\\nmore\\n' >&2; exit 1; }`);
  const child = spawn(script, { env: environment(), stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await expect.poll(written, { timeout: 10_000 }).not.toBe('');
  expect(parseReport(written(), uuid)).toEqual({ ready: false, checks: { users: 'ok', home: 'failed: mount.nfs:  /home    denied' } });
  writeFileSync(join(folder, 'mounted'), '');
  expect(await ended).toBe(0);
  expect(parseReport(written(), uuid).ready).toBe(true);
  expect(readFileSync(join(folder, 'times'), 'utf8')).toBe('x\nx\n');
});

it('is not ready without the program of a check', async () => {
  const child = spawn(script, { env: environment(), stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(written, { timeout: 10_000 }).not.toBe('');
  expect(parseReport(written(), uuid)).toMatchObject({ ready: false, checks: { home: expect.stringContaining('no program') } });
});

it('does nothing in a guest that is not of Domus', () => {
  writeFileSync(join(folder, 'cmdline'), 'root=/dev/xvda quiet\n');
  expect(spawnSync(script, { env: environment() }).status).toBe(2);
  expect(written()).toBe('');
});
