import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { plugin } from '../../../plugins/dnsmasq/index.js';
import { systemClock } from '../../../src/clock.js';
import { Failure } from '../../../src/drivers/failure.js';
import type { NameEntry, Names } from '../../../src/drivers/names.js';
import { silentLog } from '../../../src/log.js';

const one: NameEntry = { name: 'grid-01.example.org', address: '10.0.0.1', mac: '00:16:3e:00:00:01' };
const two: NameEntry = { name: 'grid-02', address: 'fd00::2', mac: '00:16:3E:00:00:02' };
const signal = new AbortController().signal;
let folder: string;

function open(settings: Record<string, unknown> = {}): Names {
  const read = plugin.config.safeParse({ dhcpFile: join(folder, 'dhcp'), hostsFile: join(folder, 'hosts'), deployment: 'demo', ...settings });
  if (!read.success) throw new Error(JSON.stringify(read.error.issues));
  const shell = { run: () => Promise.reject(new Error('no shell')), stream: () => ({}) as never };
  return plugin.create(read.data, { clock: systemClock, log: silentLog, shell });
}
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const kindOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof Failure ? thrown.kind : String(thrown)),
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domus-dnsmasq-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

it('writes reservations and names in the form of dnsmasq, sorted, with a header that names the deployment', async () => {
  expect(await open().publish([two, one], signal)).toBe(true);
  const header = '# Written by Domus (deployment demo). Changes made here are overwritten.\n';
  expect(text('dhcp')).toBe(`${header}00:16:3e:00:00:01,10.0.0.1,grid-01\n00:16:3e:00:00:02,[fd00::2],grid-02\n`);
  expect(text('hosts')).toBe(`${header}10.0.0.1\tgrid-01.example.org grid-01\nfd00::2\tgrid-02\n`);
  expect(readdirSync(folder).sort()).toEqual(['dhcp', 'hosts']);
});

it('reads back what it published, whole names too', async () => {
  const names = open();
  await names.publish([one, two], signal);
  expect(await names.published(signal)).toEqual([one, { ...two, mac: '00:16:3e:00:00:02' }]);
});

it('has published nothing where no file is', async () => {
  expect(await open().published(signal)).toEqual([]);
});

it('says that nothing changed when the same entries come in another order', async () => {
  const names = open();
  await names.publish([one, two], signal);
  expect(await names.publish([two, one], signal)).toBe(false);
  expect(await names.publish([one], signal)).toBe(true);
  expect(await names.published(signal)).toEqual([one]);
});

it('keeps the last of several sets published at once', async () => {
  const names = open();
  await Promise.all([names.publish([one], signal), names.publish([one, two], signal), names.publish([two], signal)]);
  expect((await names.published(signal)).map((e) => e.name)).toEqual(['grid-02']);
});

it.each<[string, Partial<NameEntry>]>([
  ['a name with a new line', { name: 'a\n10.0.0.9 evil' }],
  ['a name with a comma', { name: 'a,set:known' }],
  ['a name with a blank', { name: 'a b' }],
  ['a name that starts with -', { name: '-a' }],
  ['an empty name', { name: '' }],
  ['a name with an empty label', { name: 'a..b' }],
  ['a name too long', { name: `${'a.'.repeat(130)}a` }],
  ['an address that is a name', { address: 'localhost' }],
  ['an address out of range', { address: '10.0.0.256' }],
  ['an address with a leading zero', { address: '10.0.0.01' }],
  ['an address with two ::', { address: 'fd00::1::2' }],
  ['an address with too few groups', { address: 'fd00:1:2' }],
  ['an address with a zone', { address: 'fe80::1%eth0' }],
  ['an address with a new line', { address: '10.0.0.1\n' }],
  ['a MAC too short', { mac: '00:16:3e:00:01' }],
  ['a MAC with an id', { mac: 'id:*' }],
  ['a multicast MAC', { mac: '01:16:3e:00:00:01' }],
])('refuses %s and leaves the files as they were', async (_, hostile) => {
  const names = open();
  await names.publish([two], signal);
  const before = [text('dhcp'), text('hosts')];
  expect(await kindOf(names.publish([two, { ...one, ...hostile }], signal))).toBe('refused');
  expect([text('dhcp'), text('hosts')]).toEqual(before);
});

it.each(['name', 'address', 'mac'] as const)('refuses two entries with the same %s', async (field) => {
  const other = { name: 'grid-03', address: '10.0.0.3', mac: '00:16:3e:00:00:03' };
  expect(await kindOf(open().publish([one, { ...other, [field]: one[field].toUpperCase() }], signal))).toBe('refused');
});

it.each([
  ["a person's file", 'dhcp', '00:16:3e:11:11:11,10.0.0.99,printer\n'],
  ["another deployment's file", 'hosts', '# Written by Domus (deployment other). Changes made here are overwritten.\n'],
])('does not overwrite %s', async (_, file, content) => {
  writeFileSync(join(folder, file), content);
  expect(await kindOf(open().publish([one], signal))).toBe('refused');
  expect(text(file)).toBe(content);
});

it('says absent when the folder is not there, without leaving anything', async () => {
  expect(await kindOf(open({ hostsFile: join(folder, 'none', 'hosts') }).publish([one], signal))).toBe('absent');
  expect(readdirSync(folder)).toEqual([]);
});

it('tells the process of the pid file once for each change, and again until it could', async () => {
  const said = join(folder, 'said');
  const script = `process.on('SIGHUP', () => require('fs').appendFileSync(${JSON.stringify(said)}, 'x')); setInterval(() => {}, 1000); console.log('up')`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const comm = readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim();
  const pidFile = join(folder, 'pid');
  const names = open({ pidFile, process: comm });

  expect(await kindOf(names.publish([one], signal))).toBe('absent'); // not running yet: no pid file
  writeFileSync(pidFile, `${child.pid}\n`);
  expect(await names.publish([one], signal)).toBe(false);
  await expect.poll(() => existsSync(said) && readFileSync(said, 'utf8')).toBe('x');
  expect(await names.publish([one], signal)).toBe(false);
  expect(await names.publish([one, two], signal)).toBe(true);
  await expect.poll(() => readFileSync(said, 'utf8')).toBe('xx');
});

it('never signals a process that is not dnsmasq', async () => {
  writeFileSync(join(folder, 'pid'), `${process.pid}\n`);
  let signalled = false;
  const heard = (): void => {
    signalled = true;
  };
  process.on('SIGHUP', heard);
  onTestFinished(() => void process.off('SIGHUP', heard));
  expect(await kindOf(open({ pidFile: join(folder, 'pid') }).publish([one], signal))).toBe('absent');
  await new Promise((resolve) => setImmediate(resolve));
  expect(signalled).toBe(false);
});

it('does not begin when it was cancelled', async () => {
  expect(await kindOf(open().publish([one], AbortSignal.abort()))).toBe('cancelled');
  expect(readdirSync(folder)).toEqual([]);
});
