import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Chooser } from '../../src/boot/chooser.js';
import { serveBoot } from '../../src/boot/serve.js';
import { createLog } from '../../src/log.js';
import { packageFile } from '../../src/paths.js';
import { fromDebian } from '../debian.js';
import { classroom, dedicated } from './given-boot.js';
import { HandClock, type Room, room, until } from './given-server.js';

const can =
  process.getuid?.() === 0 &&
  fromDebian('python3', 'python3-minimal') &&
  fromDebian('/usr/lib/ipxe/undionly.kpxe', 'ipxe') &&
  fromDebian('/usr/lib/PXELINUX/pxelinux.0', 'pxelinux');
const port = 28_646 + (process.pid % 20_000);
const boot = '/proc/sys/kernel/random/boot_id';

/** The whole boot server as it runs, and the program that ships with the root, its paths led into a folder; mounting is a line in a file there. */
describe.skipIf(!can)('the boot server and the presence of a host', () => {
  let stop: (() => Promise<void>) | undefined;
  afterEach(async () => stop?.());

  async function begin(usual: typeof classroom): Promise<{ at: Room; clock: HandClock; chooser: Chooser }> {
    const clock = new HandClock();
    const ended = new AbortController();
    const at = await room(['127.0.0.1'], clock, { server: '127.0.0.1', network: '127.0.0.0/8', port, boot: usual });
    const served = serveBoot({
      server: at.server,
      clock,
      log: createLog('silent'),
      authorizedKeys: () => Promise.resolve('ssh-ed25519 AAAA admin\n'),
      signal: ended.signal,
    });
    const passing = setInterval(() => clock.pass(50), 2);
    stop = async () => {
      ended.abort();
      await served;
      clearInterval(passing);
    };
    return { at, clock, chooser: new Chooser(at.server, clock, 'a test') };
  }

  const menu = (at: Room): string => readFileSync(join(at.folder, 'boot/current/tftp/127.0.0.1/boot.ipxe'), 'utf8');
  const exports = (at: Room): string => readFileSync(join(at.folder, 'boot/current/ganesha.conf'), 'utf8');
  const exported = (at: Room): boolean => exports(at).includes('EXPORT {');
  const bootsDom0 = (at: Room): boolean => menu(at).includes('root/xen');

  /** Runs the shipped program with the host.conf that is published now. */
  function presence(at: Room) {
    const own = join(at.folder, 'host');
    mkdirSync(join(own, 'run/domus'), { recursive: true });
    mkdirSync(join(own, 'etc'), { recursive: true });
    writeFileSync(join(own, 'run/host.conf'), readFileSync(join(at.folder, 'boot/current/tftp/127.0.0.1/host.conf')));
    writeFileSync(join(own, 'run/sshd.pid'), `${process.pid}\n`); // its sshd runs already
    writeFileSync(join(own, 'cmdline'), 'console=hvc0 domus.net=127.0.0.1/8 domus.server=127.0.0.1 domus.bridge=xenbr0\n');
    const served = join(at.folder, 'boot/current/ganesha.conf'); // as a real one, it mounts what is exported
    const busybox = `#!/bin/sh\necho "$6" | cut -d: -f2 >'${own}/what'; grep -qF "$(cat '${own}/what')" '${served}' || exit 1; echo "$@" >>'${own}/did'\n`;
    writeFileSync(join(own, 'busybox'), busybox, { mode: 0o755 });
    writeFileSync(join(own, 'console'), '');
    const shown = `${own}/console`;
    const source = readFileSync(packageFile('host', 'dom0', 'presence'), 'utf8')
      .replaceAll('/proc/cmdline', `${own}/cmdline`)
      .replaceAll('/run/host.conf', `${own}/run/host.conf`)
      .replaceAll("'/run/domus/'", `'${own}/run/domus/'`)
      .replaceAll('/etc/domus', `${own}/etc`)
      .replaceAll('/dev/console', shown)
      .replaceAll('/bin/busybox', `${own}/busybox`);
    writeFileSync(join(own, 'presence'), source);
    let child = spawn('python3', ['-I', '-S', join(own, 'presence')], { stdio: 'inherit' });
    const text = (name: string): string => (existsSync(join(own, name)) ? readFileSync(join(own, name), 'utf8') : '');
    const end = (): boolean => child.kill('SIGKILL');
    const restart = (): void => {
      end();
      child = spawn('python3', ['-I', '-S', join(own, 'presence')], { stdio: 'inherit' });
    };
    return { text, end, restart };
  }

  test('a boot of one room’s PC, from the choice to the classroom', async () => {
    const { at, chooser } = await begin(classroom);
    await until(() => existsSync(join(at.folder, 'boot/current')), 'published');
    expect(bootsDom0(at) || exported(at)).toBe(false);
    await chooser.choose('post01', 'dom0', new AbortController().signal); // resolves when it is published
    expect(bootsDom0(at)).toBe(true);
    expect(exports(at)).toContain('roots/v1/root');
    expect(exports(at)).not.toMatch(/images|overlays/); // not before its secret was shown
    await until(() => at.server.door().then(() => true), 'the door');
    const dom0 = presence(at);
    await until(async () => (await at.server.records.seen('post01'))?.up === true, 'up');
    await until(() => !bootsDom0(at), 'the menu is back on the classroom');
    expect(exported(at)).toBe(true);
    expect(dom0.text('run/domus/host_key')).toBe((await at.server.records.key('post01'))?.private);
    expect(dom0.text('run/domus/authorized_keys')).toBe('ssh-ed25519 AAAA admin\n');
    expect(JSON.parse(dom0.text('run/domus/runner.json'))).toMatchObject({
      deployment: 'physics',
      images: `${at.folder}/images`,
      reboot: ['/usr/sbin/reboot'],
    });
    expect(dom0.text('did')).toBe(
      `mount -t nfs -o ro,vers=4.1,proto=tcp,hard,addr=127.0.0.1 127.0.0.1:${at.folder}/images ${at.folder}/images\nmount -t nfs -o rw,vers=4.1,proto=tcp,hard,addr=127.0.0.1 127.0.0.1:${at.folder}/overlays/post01 ${at.folder}/overlays\n`,
    );
    const word = dom0.text('run/domus/word');
    dom0.restart(); // as init does: it comes back by its word, and nothing is given twice
    await until(async () => (await at.server.records.seen('post01'))?.lost !== undefined, 'its line is lost');
    await until(async () => (await at.server.records.seen('post01'))?.lost === undefined, 'it is back');
    expect(exported(at)).toBe(true);
    expect(dom0.text('run/domus/word')).toBe(word);
    expect(dom0.text('console').match(/is up/g)).toHaveLength(1);
    dom0.end();
    await until(() => !exported(at), 'the store is closed');
    expect(bootsDom0(at)).toBe(false);
  }, 60_000);

  test('one that boots Dom0 for good gets its key when it was woken, and an idle address gets nothing', async () => {
    const { at, clock, chooser } = await begin(dedicated);
    await until(() => existsSync(join(at.folder, 'boot/current')) && bootsDom0(at), 'it boots Dom0 unasked');
    expect(exported(at)).toBe(false);
    await chooser.choose('post01', 'dom0', new AbortController().signal); // as who wakes it does
    expect(exports(at)).toContain('roots/v1/root');
    clock.pass(15 * 60_000);
    await until(() => !exported(at), 'its window is over, the store closed');
    await chooser.choose('post01', 'dom0', new AbortController().signal);
    const first = presence(at);
    await until(async () => (await at.server.records.seen('post01'))?.up === true, 'up');
    const secret = (await at.server.records.choice('post01'))?.secret ?? '';
    first.end();
    await until(() => !exported(at), 'the store is closed');
    expect((await at.server.records.choice('post01'))?.secret).toBe(secret); // no other came by itself
    expect(bootsDom0(at)).toBe(true);
    expect(readFileSync(boot, 'utf8').trim()).toBe((await at.server.records.seen('post01'))?.boot);
  }, 60_000);

  test('a damaged record of one host, or of the roots, keeps no store open', async () => {
    const { at, chooser } = await begin(classroom);
    await until(() => existsSync(join(at.folder, 'boot/current')), 'published');
    await chooser.choose('post01', 'dom0', new AbortController().signal);
    const dom0 = presence(at);
    await until(async () => (await at.server.records.seen('post01'))?.up === true, 'up');
    await until(() => exports(at).includes('overlays'), 'open');
    writeFileSync(join(at.folder, 'roots/v1/root.json'), '{'); // nothing can be published
    writeFileSync(join(at.folder, 'state/boot/seen/post01'), '{');
    writeFileSync(join(at.folder, 'state/boot/choice/post01'), '{');
    await until(() => !exported(at), 'the store is closed all the same');
    dom0.end();
  }, 60_000);

  test('a host that is gone is shut out, though that cannot be written down', async () => {
    const { at, chooser } = await begin(classroom);
    await until(() => existsSync(join(at.folder, 'boot/current')), 'published');
    await chooser.choose('post01', 'dom0', new AbortController().signal);
    const dom0 = presence(at);
    await until(async () => (await at.server.records.seen('post01'))?.up === true, 'up');
    await until(() => exports(at).includes('overlays'), 'open');
    const { records } = at.server;
    const put = records.putSeen.bind(records);
    records.putSeen = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    dom0.end();
    await until(() => !exported(at), 'the store is closed');
    expect((await records.seen('post01'))?.lost).toBeUndefined();
    records.putSeen = put;
    await until(async () => (await records.seen('post01'))?.lost?.how === 'gone', 'written down when there is room');
    expect(exported(at)).toBe(false);
  }, 60_000);

  test('a changed configuration is followed without a restart', async () => {
    const clock = new HandClock();
    const ended = new AbortController();
    const at = await room(['127.0.0.1'], clock, { server: '127.0.0.1', network: '127.0.0.0/8', port });
    const fresh = { ...at.server.parts, settings: { ...at.server.parts.settings, xen: ['ucode=scan'] } };
    const news = [undefined, fresh];
    const reload = () => Promise.resolve(news.shift());
    const served = serveBoot({ server: at.server, clock, log: createLog('silent'), authorizedKeys: () => Promise.resolve(''), reload, signal: ended.signal });
    const passing = setInterval(() => clock.pass(50), 2);
    stop = async () => {
      ended.abort();
      await served;
      clearInterval(passing);
    };
    await until(() => news.length === 0, 'asked');
    await new Chooser(at.server, clock, 'a test').choose('post01', 'dom0', new AbortController().signal);
    expect(menu(at)).toContain('ucode=scan');
  }, 60_000);
});
