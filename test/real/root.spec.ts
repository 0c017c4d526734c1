import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildRoot, largestRootMB } from '../../src/boot/build.js';
import { builtRoots, damagedBootFiles, sha256Of } from '../../src/boot/roots.js';
import type { Root } from '../../src/boot/site.js';
import { systemClock } from '../../src/clock.js';
import { execaShell } from '../../src/drivers/execa-shell.js';
import { packageFile } from '../../src/paths.js';
import { fromDebian } from '../debian.js';

const packages = [
  ['mmdebstrap', 'mmdebstrap'],
  ['mksquashfs', 'squashfs-tools'],
  ['busybox', 'busybox-static'],
  ['cpio', 'cpio'],
  ['zstd', 'zstd'],
  ['depmod', 'kmod'],
] as const;
const can = process.getuid?.() === 0 && packages.map(([program, name]) => fromDebian(program, name)).every(Boolean);

/** Built for real, twice: minutes, and a mirror of Debian. */
describe.skipIf(!can)('the Dom0 root', () => {
  const roots = mkdtempSync(join(tmpdir(), 'domus-root-'));
  afterAll(() => rmSync(roots, { recursive: true, force: true }));
  const build = (version: string): Promise<Root> =>
    buildRoot(execaShell(systemClock), {
      ...{ roots, version, script: packageFile('host', 'dom0', 'build'), suite: 'bookworm' },
      ...{ date: Date.UTC(2026, 0, 1), signal: new AbortController().signal },
    });
  let first: Root | undefined;
  let second: Root | undefined;
  const tree = join(roots, 'unpacked');
  const text = (path: string): string => readFileSync(join(tree, path), 'utf8');

  test('is built twice from its lists', async () => {
    first = await build('one');
    second = await build('two');
    expect((await builtRoots(roots)).map(({ version }) => version).sort()).toEqual(['one', 'two']);
    expect(readdirSync(join(roots, 'one')).sort()).toEqual(['boot', 'root', 'root.json']);
    spawnSync('unsquashfs', ['-q', '-n', '-d', tree, join(roots, 'one/root/root.squashfs')]);
  });

  test('and is the same, byte by byte', async () => {
    expect({ ...second, version: 'one' }).toEqual(first);
    for (const name of ['root/root.squashfs', 'boot/xen', 'boot/xen.efi', 'boot/vmlinuz', 'boot/initrd.img'])
      expect([name, await sha256Of(join(roots, 'one', name))]).toEqual([name, await sha256Of(join(roots, 'two', name))]);
    expect(first?.sum).toBe(await sha256Of(join(roots, 'one/root/root.squashfs')));
    if (first !== undefined) expect(await damagedBootFiles(roots, first)).toEqual([]);
  });

  test('is small, and says what it is made of', () => {
    expect(first?.sizeMB).toBeLessThan(largestRootMB);
    expect(statSync(join(roots, 'one/root/root.squashfs')).size).toBeLessThan(80 << 20);
    expect(first?.packages).toEqual([...(first?.packages ?? [])].sort());
    for (const name of ['xen-hypervisor-4.17-amd64', 'xen-utils-4.17', 'qemu-utils', 'openssh-server'])
      expect(
        first?.packages.some((each) => each.startsWith(`${name}=`)),
        name,
      ).toBe(true);
  });

  test('holds no secret: no private key, no password, no host key, no machine id, no administrator', () => {
    const found = spawnSync('grep', ['-rIlE', '-----BEGIN [A-Z ]*PRIVATE KEY-----(\\s*$|\\\\n)', tree], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
    expect(readdirSync(join(tree, 'etc/ssh')).filter((name) => name.includes('host_'))).toEqual([]);
    expect(
      text('etc/passwd')
        .split('\n')
        .filter((line) => /^[^:]*:[^*x:]/.test(line)),
    ).toEqual([]);
    for (const path of ['etc/shadow', 'etc/machine-id', 'root/.ssh']) expect([path, existsSync(join(tree, path))]).toEqual([path, false]);
  });

  test('has a Dom0 of fixed size, without what would start guests or log people in', () => {
    expect(text('etc/xen/xl.conf')).toMatch(/^autoballoon="off"$/m);
    for (const path of ['etc/init.d', 'etc/systemd', 'etc/default/xendomains', 'etc/xen/auto', 'usr/lib/systemd'])
      expect([path, existsSync(join(tree, path))]).toEqual([path, false]);
    expect(text('usr/lib/domus/init')).not.toMatch(/getty|respawn:.*(sh|login)\b/);
    expect(text('etc/ssh/sshd_config')).toMatch(/PasswordAuthentication no[\s\S]*KbdInteractiveAuthentication no/);
  });

  test('carries the runner as it is here, and what the runner needs', () => {
    expect(text('usr/lib/domus/domus-runner.py')).toBe(readFileSync(packageFile('host', 'domus-runner'), 'utf8'));
    const { status, stderr } = spawnSync(
      'chroot',
      [tree, '/usr/bin/python3', '-I', '-S', '-c', 'import fcntl, hashlib, json, select, socket, ssl, stat, subprocess'],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    // compiled, as hosts run it; without a configuration it says which file it misses
    const runner = spawnSync('chroot', [tree, '/usr/bin/python3', '-I', '-S', '/usr/lib/domus/domus-runner'], { encoding: 'utf8' });
    expect(runner.stderr).toMatch(/domus-runner\.py[\s\S]*\/etc\/domus\/runner\.json/);
    for (const program of ['usr/sbin/xl', 'usr/bin/qemu-img', 'usr/sbin/sshd', 'usr/sbin/ethtool', 'usr/bin/xenstore-read'])
      expect([program, existsSync(join(tree, program))]).toEqual([program, true]);
  });
});
