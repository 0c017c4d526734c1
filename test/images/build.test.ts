import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { build } from '../../src/images/build.js';
import { fromMachine, importImage } from '../../src/images/import.js';
import type { Manifest } from '../../src/images/manifest.js';
import { readRecipe } from '../../src/images/recipe.js';
import type { ImageStore } from '../../src/images/store.js';
import { fromDebian } from '../debian.js';
import { fakeDebootstrap, folder, givenRecipe, never, openStore, workshopOf } from './given.js';

const tools: readonly (readonly [string, string])[] = [
  ['qemu-img', 'qemu-utils'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['debugfs', 'e2fsprogs'],
  ['sfdisk', 'fdisk'],
  ['busybox', 'busybox-static'],
];
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('NOT tested: images are built by root only\n');
const able = isRoot && tools.every(([program, pkg]) => fromDebian(program, pkg));

/** What a file of an ext4 image says; undefined where it is not there. */
function inDisk(store: ImageStore, { name, version }: Manifest, path: string): string | undefined {
  const raw = join(folder(), 'look.raw');
  const at = existsSync(join(store.root, name, version)) ? join(store.root, name, version) : join(store.root, '.staged', name, version);
  execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', join(at, 'disk.qcow2'), raw]);
  const { stdout, stderr } = spawnSync('debugfs', ['-R', `cat ${path}`, raw], { encoding: 'utf8' });
  return /File not found/.test(stderr) ? undefined : stdout;
}

const tiny = async (at = folder(), text?: string) => readRecipe(givenRecipe(at, text));
const withFake = (program: string) => (argv: readonly string[]) => {
  const at = argv.indexOf('mmdebstrap');
  return at < 0 ? argv : [program, argv.at(-1) ?? ''];
};
async function built(more = '', text?: string): Promise<{ readonly store: ImageStore; readonly manifest: Manifest; readonly work: string }> {
  const [store, work, at] = [openStore(), folder(), folder()];
  const manifest = await build(store, workshopOf(withFake(fakeDebootstrap(at, more))), systemClock, await tiny(at, text), work, undefined);
  return { store, manifest, work };
}

describe.skipIf(!able)('building', () => {
  test("makes disk, newest kernel and ramdisk of tree, overlay and commands, and forgets what is one machine's", async () => {
    const { store, manifest, work } = await built();
    expect(manifest).toMatchObject({ name: 'tiny', version: '20261121.1', how: 'build', kernel: '6.1.0-56-cloud-amd64', packages: ['busybox 1:1.35'] });
    const at = join(store.root, '.staged/tiny/20261121.1');
    expect(readFileSync(join(at, 'vmlinuz'), 'utf8')).toBe('kernel 6.1.0-56-cloud-amd64\n');
    expect(readFileSync(join(at, 'initrd.img'), 'utf8')).toBe('ramdisk 6.1.0-56-cloud-amd64\n');
    expect(inDisk(store, manifest, '/etc/site.conf')).toBe('site=1\n');
    expect(inDisk(store, manifest, '/usr/sbin/ours')).toBe('#!/bin/sh\n'); // the link /sbin stayed a link
    expect(inDisk(store, manifest, '/etc/commanded')).toBe('');
    expect(inDisk(store, manifest, '/etc/machine-id')).toBe('');
    for (const gone of ['/etc/ssh/ssh_host_rsa_key', '/tmp/left', '/usr/sbin/policy-rc.d']) expect(inDisk(store, manifest, gone)).toBeUndefined();
    expect(readdirSync(work).filter((name) => !name.endsWith('.lock'))).toEqual([]);
    await store.publish('tiny', '20261121.1', never);
    expect(await store.check('tiny', '20261121.1', never)).toEqual(manifest);
  });

  test.each([
    ['a command that fails', '', 'rootfs: false\ncommands: [[cat, /no/such/file]]\n', /cat|env|unshare.*status 1.*No such file/s],
    ['a system without a kernel', 'rm "$tree"/boot/vmlinuz*', undefined, /no kernel in \/boot: add linux-image-cloud-amd64/],
    ['a kernel that Xen cannot boot', 'echo >"$tree/boot/config-6.1.0-56-cloud-amd64"', undefined, /built without CONFIG_PVH/],
    [
      'a debootstrap that fails',
      'echo "E: Unable to locate package nonesuch" >&2; exit 100',
      undefined,
      /mmdebstrap ended with status 100: E: Unable to locate package nonesuch/,
    ],
    ['a disk too small', '', 'rootfs: false\ndisk: 1MiB\n', /mkfs\.ext4 ended with status/],
  ])('%s is told, and nothing is left', async (_, more, text, expected) => {
    const [store, work, at] = [openStore(), folder(), folder()];
    const work1 = build(store, workshopOf(withFake(fakeDebootstrap(at, more))), systemClock, await tiny(at, text), work, undefined);
    await expect(work1).rejects.toThrow(expected);
    expect(await store.list()).toEqual([]);
    expect([...readdirSync(work), ...readdirSync(join(store.root, '.work'))].filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  test('an overlay cannot write through a link that leads out of the image', async () => {
    const at = folder();
    const recipe = await tiny(at);
    mkdirSync(join(at, 'site/var/run/evil'), { recursive: true });
    const program = fakeDebootstrap(at);
    await expect(build(openStore(), workshopOf(withFake(program)), systemClock, recipe, folder(), undefined)).rejects.toThrow(
      '/var/run is a link in the image',
    );
    expect(existsSync('/run/evil')).toBe(false);
  });

  test('an interrupted build leaves nothing that is seen, and the next one succeeds', async () => {
    const [store, work, at] = [openStore(), folder(), folder()];
    const ended = new AbortController();
    const program = fakeDebootstrap(at, 'echo begun >"$tree/begun"; [ -e "$0.again" ] || { touch "$0.again"; exec sleep 60; }');
    const first = build(store, workshopOf(withFake(program), ended.signal), systemClock, await tiny(at), work, undefined);
    first.catch(() => undefined); // asked below
    while (!existsSync(join(work, 'tiny/tree/begun'))) await new Promise((turn) => setImmediate(turn));
    ended.abort();
    await expect(first).rejects.toThrow(/cancelled/);
    expect(await store.list()).toEqual([]);
    expect((await build(store, workshopOf(withFake(program)), systemClock, await tiny(at), work, undefined)).version).toBe('20261121.1');
  });
});

const small = folder();
const mounted = able && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]).status === 0;
afterAll(() => {
  if (mounted) execFileSync('umount', [small]);
});
describe.skipIf(!mounted)('a store that is full', () => {
  test('is told, keeps what it has, and takes the build when there is room again', async () => {
    const store = openStore(join(small));
    const kept = await store.add('tiny', '1', async (at) => {
      writeFileSync(join(at, 'disk.qcow2'), 'small');
      return { how: 'import', from: 'x', diskMiB: 1, pieceBytes: 1, files: [{ name: 'disk.qcow2', bytes: 5, sha256: '0'.repeat(64), pieces: [] }] };
    });
    writeFileSync(join(small, 'filler'), Buffer.alloc(5 * 1024 * 1024));
    const at = folder();
    const program = fakeDebootstrap(at, 'head -c 3000000 /dev/urandom >"$tree/large"');
    const go = async () => build(store, workshopOf(withFake(program)), systemClock, await tiny(at), folder(), '2');
    await expect(go()).rejects.toMatchObject({ kind: 'full' });
    expect((await store.list()).map((v) => v.version)).toEqual([kept.version]);
    execFileSync('rm', [join(small, 'filler')]);
    expect((await go()).version).toBe('2');
  });
});

describe.skipIf(!able)('importing', () => {
  const importing = (store: ImageStore, file: string, more: object = {}) =>
    importImage(store, workshopOf(), systemClock, { file, name: 'old', compress: false, ...more }, folder());
  const diskOf = ({ store, manifest }: Awaited<ReturnType<typeof built>>): string => join(store.root, '.staged', manifest.name, manifest.version, 'disk.qcow2');

  test('takes a qcow2 and a raw disk, told apart by their first bytes, with the kernel from their own /boot', async () => {
    const made = await built();
    const raw = join(folder(), 'disk');
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', diskOf(made), raw]);
    for (const file of [diskOf(made), raw]) {
      const store = openStore();
      const manifest = await importing(store, file);
      expect(manifest).toMatchObject({ how: 'import', kernel: '6.1.0-56-cloud-amd64', diskMiB: made.manifest.diskMiB });
      expect(readFileSync(join(store.root, '.staged/old/20261121.1/vmlinuz'), 'utf8')).toBe('kernel 6.1.0-56-cloud-amd64\n');
      expect(inDisk(store, manifest, '/etc/site.conf')).toBe('site=1\n');
    }
  });

  test('takes a disk with partitions: the kernel comes from the largest Linux one', async () => {
    const made = await built();
    const [part, raw] = [join(folder(), 'part'), join(folder(), 'disk')];
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', diskOf(made), part]);
    execFileSync('truncate', ['-s', `${made.manifest.diskMiB + 2}M`, raw]);
    execFileSync('sfdisk', ['-q', raw], { input: `label: dos\nstart=2048, size=${made.manifest.diskMiB * 2048}, type=83\n` });
    execFileSync('dd', [`if=${part}`, `of=${raw}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
    const store = openStore();
    expect(await importing(store, raw)).toMatchObject({ kernel: '6.1.0-56-cloud-amd64', diskMiB: made.manifest.diskMiB + 2 });
  });

  test('takes an archive of a whole system', async () => {
    const at = folder();
    execFileSync(fakeDebootstrap(at), [join(at, 'tree')]);
    execFileSync('tar', ['-C', join(at, 'tree'), '-czf', join(at, 'system.tgz'), '.']);
    const store = openStore();
    const manifest = await importing(store, join(at, 'system.tgz'), { disk: 64 });
    expect(manifest).toMatchObject({ diskMiB: 64, kernel: '6.1.0-56-cloud-amd64', packages: ['busybox 1:1.35'] });
    expect(inDisk(store, manifest, '/etc/ssh/ssh_host_rsa_key')).toBeUndefined();
  });

  test('an archive whose folders are links to this machine’s changes and reads nothing here', async () => {
    const [at, here] = [folder(), folder()];
    mkdirSync(join(here, 'etc/ssh'), { recursive: true });
    mkdirSync(join(here, 'dpkg'));
    for (const name of ['machine-id', 'hostname', 'ssh/ssh_host_rsa_key']) writeFileSync(join(here, 'etc', name), 'ours\n');
    writeFileSync(join(here, 'dpkg/status'), 'Package: ours\nStatus: install ok installed\nVersion: 1\n');
    execFileSync(fakeDebootstrap(at), [join(at, 'tree')]);
    for (const path of ['etc', 'var/lib/dpkg']) execFileSync('rm', ['-r', join(at, 'tree', path)]);
    symlinkSync(join(here, 'etc'), join(at, 'tree/etc'));
    symlinkSync(join(here, 'dpkg'), join(at, 'tree/var/lib/dpkg'));
    execFileSync('tar', ['-C', join(at, 'tree'), '-cf', join(at, 'system.tar'), '.']);
    const manifest = await importing(openStore(), join(at, 'system.tar'), { disk: 64 });
    for (const name of ['machine-id', 'hostname', 'ssh/ssh_host_rsa_key']) expect(readFileSync(join(here, 'etc', name), 'utf8')).toBe('ours\n');
    expect(manifest.packages).toBeUndefined();
  });

  test('refuses a disk that stands on another file, one without a kernel, and what is no disk', async () => {
    const made = await built();
    const at = folder();
    const thin = join(at, 'thin.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/shadow', '-F', 'raw', thin, '1M']);
    await expect(importing(openStore(), thin)).rejects.toThrow('stands on "/etc/shadow"');
    writeFileSync(join(at, 'noise'), Buffer.alloc(1 << 20, 7));
    await expect(importing(openStore(), join(at, 'noise'))).rejects.toThrow('give --kernel and --ramdisk');
    writeFileSync(join(at, 'kernel'), 'k');
    expect((await importing(openStore(), join(at, 'noise'), { kernel: join(at, 'kernel') })).files.map((f) => f.name)).toEqual(['disk.qcow2', 'vmlinuz']);
    writeFileSync(join(at, 'short'), 'x');
    await expect(importing(openStore(), join(at, 'short'))).rejects.toThrow('1 bytes: that is no disk');
    symlinkSync(diskOf(made), join(at, 'link'));
    await expect(importing(openStore(), join(at, 'nowhere'))).rejects.toThrow('nowhere cannot be read (ENOENT)');
  });

  test("a stopped machine's disk becomes a version, wherever its base stood, without what was only its own", async () => {
    const made = await built();
    await made.store.publish('tiny', made.manifest.version, never);
    const base = join(made.store.root, 'tiny', made.manifest.version, 'disk.qcow2');
    const [changed, overlay] = [join(folder(), 'raw'), join(folder(), 'domus-x-1.qcow2')];
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', base, changed]);
    const put = (path: string, text: string): void => {
      writeFileSync(`${changed}.text`, text);
      execFileSync('debugfs', ['-w', '-R', `write ${changed}.text ${path}`, changed], { stdio: 'ignore' });
    };
    put('/etc/installed', 'by hand\n');
    put('/etc/hostname', 'grid-07\n');
    put('/etc/ssh/ssh_host_ed25519_key', 'its own\n');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', overlay]);
    execFileSync('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'qcow2', changed, overlay]);
    execFileSync('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-b', '/as/hosts/see/it.qcow2', '-F', 'qcow2', overlay]);
    const evil = join(folder(), 'evil.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${base}.secret,data_file_raw=on`, evil, '1M']);
    const link = join(folder(), 'link.qcow2');
    symlinkSync(overlay, link);
    for (const [file, why] of [
      [evil, /keeps its data in another file/],
      [link, /is a link/],
    ] as const) {
      const given = { machine: 'grid-07#1', overlay: file, image: { name: 'tiny', version: made.manifest.version } };
      await expect(fromMachine(made.store, workshopOf(), systemClock, given, { name: 'tiny', compress: false }, folder())).rejects.toThrow(why);
    }
    await expect(importing(openStore(), evil)).rejects.toThrow(/keeps its data in another file/);
    const stopped = { machine: 'grid-07#1', overlay, image: { name: 'tiny', version: made.manifest.version } };
    const manifest = await fromMachine(made.store, workshopOf(), systemClock, stopped, { name: 'tiny', compress: true }, folder());
    expect(manifest).toMatchObject({ how: 'from-machine', from: 'grid-07#1', version: '20261121.2', kernel: '6.1.0-56-cloud-amd64' });
    expect(inDisk(made.store, manifest, '/etc/installed')).toBe('by hand\n');
    for (const gone of ['/etc/hostname', '/etc/ssh/ssh_host_ed25519_key']) expect(inDisk(made.store, manifest, gone)).toBeUndefined();
    expect(inDisk(made.store, manifest, '/etc/machine-id')).toBe('');
  });
});
