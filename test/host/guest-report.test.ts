import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { parseReport } from '../../plugins/xen/report.js';

const script = join(import.meta.dirname, '../../host/guest-report');
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
