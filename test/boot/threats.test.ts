import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chooser } from '../../src/boot/chooser.js';
import { systemClock } from '../../src/clock.js';
import { fromDebian } from '../debian.js';
import { seen } from './given-boot.js';
import { type Room, room, until } from './given-server.js';

/** A network of its own: `srv` has the boot server's address, `pc1` and `pc2` those of two hosts, `pc3` one that is nobody's, as whatever system they run would have them. */
const id = `t${process.pid}`;
const space = { srv: `${id}srv`, pc1: `${id}pc1`, pc2: `${id}pc2`, pc3: `${id}pc3` } as const;
const ip = (...args: string[]): number | null => spawnSync('ip', args).status;
const inside = (who: keyof typeof space, ...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync('timeout', ['20', 'ip', 'netns', 'exec', space[who], ...argv], { encoding: 'utf8' });
  return { ok: status === 0, said: `${stdout}${stderr}` };
};
function network(): boolean {
  if (process.getuid?.() !== 0 || !fromDebian('ip', 'iproute2') || ip('netns', 'add', space.srv) !== 0) return false;
  const server = (...args: string[]) => inside('srv', 'ip', ...args).ok;
  let fine =
    server('link', 'set', 'lo', 'up') &&
    server('link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0') &&
    server('addr', 'add', '10.99.0.1/24', 'dev', 'br0') &&
    server('link', 'set', 'br0', 'up');
  for (const [at, who] of (['pc1', 'pc2', 'pc3'] as const).entries()) {
    const [near, far] = [`${id}${at}n`, `${id}${at}f`];
    fine &&= ip('netns', 'add', space[who]) === 0 && ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far) === 0;
    fine &&= ip('link', 'set', near, 'netns', space.srv) === 0 && ip('link', 'set', far, 'netns', space[who]) === 0;
    fine &&=
      server('link', 'set', near, 'master', 'br0', 'up') &&
      inside(who, 'ip', 'addr', 'add', `10.99.0.1${at + 1}/24`, 'dev', far).ok &&
      inside(who, 'ip', 'link', 'set', far, 'up').ok;
  }
  return fine;
}

const packages = [
  ['ganesha.nfsd', 'nfs-ganesha'],
  ['/usr/lib/ganesha/libfsalvfs.so', 'nfs-ganesha-vfs'],
  ['nfs-cp', 'libnfs-utils'],
  ['dnsmasq', 'dnsmasq-base'],
  ['/usr/lib/ipxe/undionly.kpxe', 'ipxe'],
  ['/usr/lib/PXELINUX/pxelinux.0', 'pxelinux'],
  ['tftp', 'tftp-hpa'],
] as const;
const fsal = (): boolean => existsSync('/usr/lib/ganesha/libfsalvfs.so') || existsSync('/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so');
const installed = packages.map(([program, pkg]) => (pkg === 'nfs-ganesha-vfs' && fsal()) || fromDebian(program, pkg)).every(Boolean);
const can = installed && network();
if (!can) process.stderr.write('NOT tested: attacks on the real NFS and TFTP servers (needs root, network namespaces and Debian packages)\n');

describe.skipIf(!can)('from a PC in classroom mode with the address of its host', () => {
  let at: Room;
  const started: ReturnType<typeof spawn>[] = [];
  const chooser = () => new Chooser(at.server, systemClock, 'a test');
  const url = (path: string): string => `nfs://10.99.0.1${at.folder}/${path}?version=4`;
  const root = (host: number): string => `overlays/post0${host}`;
  const served = (): string => readFileSync(join(at.folder, 'boot/current/ganesha.conf'), 'utf8');
  const log = (name: string): string => (existsSync(join(at.folder, name)) ? readFileSync(join(at.folder, name), 'utf8') : '');
  /** Publishes, and waits until the real server has read what changed. */
  const publish = async (): Promise<void> => {
    const reread = (): number => log('ganesha.log').split('Reread exports complete').length;
    const before = reread();
    const { changed, told } = await at.server.publish();
    if (!changed.includes('ganesha.conf')) return;
    expect(told).toContain('ganesha was told');
    await until(() => reread() > before, 'ganesha read its exports');
  };
  const isDom0 = async (host: number, boot = host): Promise<void> => {
    const name = `post0${host}`;
    await chooser().write(name, 'dom0');
    const choice = (await at.server.records.choice(name))?.id ?? '';
    await at.server.records.putSeen(name, seen({ choice, boot: `00000000-0000-4000-8000-00000000000${boot}` }));
    await publish();
  };
  const isClassroom = async (host: number): Promise<void> => {
    const name = `post0${host}`;
    await chooser().write(name, 'classroom');
    const was = await at.server.records.seen(name);
    if (was !== undefined) await at.server.records.putSeen(name, { ...was, lost: { at: systemClock.wall(), how: 'gone' } });
    await publish();
  };

  beforeAll(async () => {
    at = await room(['10.99.0.11', '10.99.0.12'], systemClock, { server: '10.99.0.1', network: '10.99.0.0/24', interface: 'br0' });
    writeFileSync(join(at.folder, 'images/disk.qcow2'), 'an image');
    for (const n of [1, 2]) {
      mkdirSync(join(at.folder, root(n)), { recursive: true });
      writeFileSync(join(at.folder, root(n), 'grid-01.qcow2'), `disk of a machine on post0${n}`);
    }
    const memory = ['/run/ganesha', '/var/lib/nfs/ganesha']; // of the test's own: another server may run on this machine
    for (const folder of memory) {
      mkdirSync(folder, { recursive: true });
      mkdirSync(join(at.folder, 'memory', folder), { recursive: true });
    }
    await at.server.publish();
    const start = (...argv: string[]): void => {
      started.push(spawn('ip', ['netns', 'exec', space.srv, ...argv], { stdio: 'ignore' }));
    };
    const ganesha = ['-f', join(at.folder, 'boot/current/ganesha.conf'), '-L', join(at.folder, 'ganesha.log'), '-p', join(at.folder, 'boot/ganesha.pid'), '-F'];
    const binds = memory.map((folder) => `mount --bind '${at.folder}/memory${folder}' ${folder}`).join(' && ');
    start('sh', '-c', `${binds} && exec ganesha.nfsd "$@"`, 'sh', ...ganesha);
    start('dnsmasq', '-k', '--user=root', '-C', join(at.folder, 'boot/current/dnsmasq.conf'));
    await until(
      () =>
        log('ganesha.log').includes('NFS SERVER INITIALIZED') && log('ganesha.log').includes('NOT IN GRACE') && existsSync(join(at.folder, 'boot/dnsmasq.pid')),
      'the servers',
    ).catch((thrown) => Promise.reject(new Error(`${String(thrown)}: ${log('ganesha.log').slice(-2000)} ${readdirSync(join(at.folder, 'boot')).join(' ')}`)));
  }, 60_000);

  afterAll(() => {
    for (const name of ['ganesha.pid', 'dnsmasq.pid']) {
      const file = join(at.folder, 'boot', name);
      if (existsSync(file)) process.kill(Number(readFileSync(file, 'utf8')));
    }
    for (const each of started) each.kill();
    for (const name of Object.values(space)) ip('netns', 'del', name);
  });

  test('the server takes the whole rendered configuration without a complaint', async () => {
    await isDom0(1);
    expect(inside('pc1', 'nfs-ls', url('images'))).toMatchObject({ ok: true });
    expect(log('ganesha.log').replace(/^.*RADOS.*$/gm, '')).not.toMatch(/CONFIG :(CRIT|MAJ|WARN)|syntax/i);
    await isClassroom(1);
  });

  test('nothing of the store can be read, listed or written', async () => {
    expect(served()).not.toContain('EXPORT {');
    const own = join(at.folder, 'evil');
    writeFileSync(own, 'evil');
    for (const path of ['images', 'overlays', root(1), root(2), 'roots/v1/root', 'state', 'state/boot/key', 'boot'])
      expect([path, inside('pc1', 'nfs-ls', url(path)).ok]).toEqual([path, false]);
    for (const path of ['images/disk.qcow2', `${root(1)}/grid-01.qcow2`, 'state/boot/key/post01']) {
      expect([path, inside('pc1', 'nfs-cat', url(path)).ok]).toEqual([path, false]);
      expect([path, inside('pc1', 'nfs-cp', own, url(path)).ok]).toEqual([path, false]);
    }
    expect(readFileSync(join(at.folder, 'images/disk.qcow2'), 'utf8')).toBe('an image');
  });

  test('while another host is Dom0 too', async () => {
    await isDom0(2);
    expect(inside('pc2', 'nfs-ls', url(root(2))).ok).toBe(true);
    for (const path of ['images', root(1), root(2)]) expect([path, inside('pc1', 'nfs-ls', url(path)).ok]).toEqual([path, false]);
  });

  test('as Dom0 a host reads images and writes its own disks, and nothing else (this test could fail)', async () => {
    await isDom0(1);
    expect(inside('pc1', 'nfs-ls', url('images')).ok).toBe(true);
    const own = join(at.folder, 'mine');
    writeFileSync(own, 'mine');
    expect(inside('pc1', 'nfs-cat', url('images/disk.qcow2')).said).toContain('an image');
    expect(inside('pc1', 'nfs-cp', own, url('images/disk.qcow2')).ok).toBe(false);
    expect(inside('pc1', 'nfs-cp', own, url('images/new.qcow2')).ok).toBe(false);
    expect(inside('pc1', 'nfs-cp', own, url(`${root(1)}/new.qcow2`)).ok).toBe(true);
    expect(inside('pc1', 'nfs-cp', own, url(`${root(2)}/grid-01.qcow2`)).ok).toBe(false);
    expect(inside('pc1', 'nfs-cat', url(`${root(2)}/grid-01.qcow2`)).ok).toBe(false);
    expect(readdirSync(join(at.folder, 'images'))).toEqual(['disk.qcow2']);
    expect(readFileSync(join(at.folder, root(1), 'new.qcow2'), 'utf8')).toBe('mine');
    expect(readFileSync(join(at.folder, root(2), 'grid-01.qcow2'), 'utf8')).toContain('post02');
  });

  test('a host that is only told to boot Dom0 reads its root, and neither images nor disks', async () => {
    await isClassroom(1);
    await chooser().write('post01', 'dom0', { anew: true });
    await publish();
    expect(inside('pc1', 'nfs-ls', url('roots/v1/root')).ok).toBe(true);
    const own = join(at.folder, 'early');
    writeFileSync(own, 'early');
    expect(inside('pc1', 'nfs-cp', own, url(`${root(1)}/grid-01.qcow2`)).ok).toBe(false);
    for (const path of ['images', root(1), root(2)]) expect([path, inside('pc1', 'nfs-ls', url(path)).ok]).toEqual([path, false]);
    await isDom0(1);
  });

  test('and the store closes again when its Dom0 is gone', async () => {
    await isClassroom(1);
    expect(inside('pc1', 'nfs-ls', url('images')).ok).toBe(false);
    expect(inside('pc1', 'nfs-ls', url(root(1))).ok).toBe(false);
    expect(inside('pc2', 'nfs-ls', url(root(2))).ok).toBe(true);
  });

  test('a file that was open stays open for nobody', async () => {
    writeFileSync(join(at.folder, 'images/large'), Buffer.alloc(32 << 20));
    await isDom0(1);
    const reader = spawn('ip', ['netns', 'exec', space.pc1, 'nfs-cat', url('images/large')], { stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(reader);
    const chunks = reader.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let bytes = (await chunks.next()).value?.length ?? 0;
    await isClassroom(1);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) bytes += next.value.length;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(16 << 20);
  });

  test('TFTP hands out no secret, no other host’s files, and takes nothing', async () => {
    const here = mkdtempSync(join(tmpdir(), 'domus-tftp-'));
    const fetch = (who: 'pc1' | 'pc2' | 'pc3', file: string): string => {
      const to = join(here, `${who}-${file.replaceAll('/', '_')}`);
      inside(who, 'tftp', '-m', 'binary', '10.99.0.1', '-c', 'get', file, to);
      return existsSync(to) ? readFileSync(to, 'utf8') : '';
    };
    await isClassroom(2);
    await chooser().write('post02', 'dom0');
    await publish();
    const secret = (await at.server.records.choice('post02'))?.secret ?? '?';
    expect(fetch('pc2', 'host.conf')).toContain('door=');
    // an address without a folder reads the whole tree (dnsmasq falls back to it): there is no secret in it
    expect(fetch('pc3', '10.99.0.12/host.conf')).toContain('host=post02');
    for (const path of await readdir(join(at.folder, 'boot/current'), { recursive: true, withFileTypes: true }))
      if (path.isFile()) expect([path.name, readFileSync(join(path.parentPath, path.name), 'utf8').includes(secret)]).toEqual([path.name, false]);
    expect(fetch('pc1', 'boot.ipxe')).toContain("post01: the classroom's own system");
    for (const path of [
      'host.conf',
      '../10.99.0.12/host.conf',
      '/10.99.0.12/host.conf',
      `${at.folder}/boot/current/tftp/10.99.0.12/host.conf`,
      `${at.folder}/state/boot/key/post01`,
      '/etc/passwd',
      'root/../../../../state/boot/door.json',
    ])
      expect([path, fetch('pc1', path)]).toEqual([path, '']);
    appendFileSync(join(here, 'evil'), 'evil');
    inside('pc1', 'tftp', '-m', 'binary', '10.99.0.1', '-c', 'put', join(here, 'evil'), 'boot.ipxe');
    expect(fetch('pc1', 'boot.ipxe')).toContain("post01: the classroom's own system");
    expect(readdirSync(join(at.folder, 'boot/asked')).sort()).toEqual(['10.99.0.11', '10.99.0.12', '10.99.0.13']); // whom it concerns is looked up there
  });
});
