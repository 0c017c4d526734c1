import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bootFiles, sha256Of } from '../../src/boot/roots.js';
import { bootServerOf, followConfig } from '../../src/cli/boot-parts.js';
import { overlayOf } from '../../src/cli/image.js';
import type { Clock } from '../../src/clock.js';
import { gridText } from '../config/files.js';
import { fromDebian } from '../debian.js';
import { typed } from './desk.js';

const can =
  fromDebian('/usr/lib/ipxe/undionly.kpxe', 'ipxe') && fromDebian('/usr/lib/PXELINUX/pxelinux.0', 'pxelinux') && fromDebian('ssh-keygen', 'openssh-client');
const noon = Date.UTC(2026, 10, 21, 12);

const config = (folder: string): string => `deployment: physics
batch: {torque: {driver: torque}}
state: ${folder}/state
store: {images: ${folder}/images, overlays: ${folder}/overlays}
ssh: {privateKey: ${folder}/key, knownHosts: ${folder}/state/boot/known_hosts}
boot: {server: 10.1.0.1, network: 10.1.0.0/24, folder: ${folder}/boot, roots: ${folder}/roots, dhcp: chain, oneFileSystem: true}
pools:
  lab:
    boot: {usual: classroom}
    defaults: {cores: 8, memory: 16GiB}
    hosts:
      post[01-02]: {address: 10.1.0.11-10.1.0.12, mac: "52:54:00:00:00:11-52:54:00:00:00:12"}
      post03: {address: 10.1.0.13}
seats: {grid: {names: "grid-[01-08].example.org", addresses: 10.1.2.1-10.1.2.8}}
`;

async function putRoot(folder: string, version: string): Promise<void> {
  mkdirSync(join(folder, 'roots', version, 'boot'), { recursive: true });
  const boot: Record<string, string> = {};
  for (const name of bootFiles) {
    writeFileSync(join(folder, 'roots', version, 'boot', name), `${name} of ${version}`);
    boot[name] = await sha256Of(join(folder, 'roots', version, 'boot', name));
  }
  const root = {
    version,
    sum: 'a'.repeat(64),
    kernel: '6.1',
    xen: 'xen-4.17',
    files: 1,
    sizeMB: 170,
    builtAt: noon + (version === 'v2' ? 1 : 0),
    packages: [],
    boot,
  };
  writeFileSync(join(folder, 'roots', version, 'root.json'), JSON.stringify(root));
}

describe.skipIf(!can)('domus boot', () => {
  let folder = '';
  let now = noon;
  const clock: Clock = { wall: () => now, mono: () => now, sleep: () => Promise.resolve() };
  const type = (line: string) => typed([...line.split(' '), '--config', join(folder, 'domus.yaml')], {}, clock);
  const told = async (line: string): Promise<string> => (await type(line)).out.replace(/ +/g, ' ');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'domus-boot-cli-'));
    for (const part of ['images', 'overlays', 'state', 'environments']) mkdirSync(join(folder, part));
    writeFileSync(join(folder, 'domus.yaml'), config(folder));
    writeFileSync(join(folder, 'environments/grid.yaml'), gridText());
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  });

  test('says what would be published, then publishes it, then that nothing differs', async () => {
    const before = await type('boot diff');
    expect(before.exit).toBe(1);
    expect(before.out).toContain('tftp/10.1.0.11/boot.ipxe\n');
    expect(await told('boot publish')).toMatch(/^\d+ file\(s\) published below /);
    expect(await type('boot diff')).toMatchObject({ exit: 0, out: 'what is published is what it should be\n' });
    expect(await told('boot publish')).toBe('nothing changed\n');
  });

  test('complains where hosts write on the disk of images and roots, until that is accepted', async () => {
    const whole = readFileSync(join(folder, 'domus.yaml'), 'utf8');
    writeFileSync(join(folder, 'domus.yaml'), whole.replace(', oneFileSystem: true', ''));
    expect((await type('boot publish')).err).toContain(`WARNING: hosts write to ${folder}/overlays, and on the same file system are images (${folder}/images)`);
    expect(await told('boot check post01')).toContain(`PROBLEM hosts write to ${folder}/overlays`);
    writeFileSync(join(folder, 'domus.yaml'), whole);
    expect((await type('boot publish')).err).toBe('');
    expect(await told('boot check post01')).not.toContain('PROBLEM hosts write');
  });

  test('boot serve follows the configuration when it changes, and keeps the former where it is no good', async () => {
    const file = join(folder, 'domus.yaml');
    const whole = readFileSync(file, 'utf8');
    const follow = followConfig(file, (await bootServerOf(file, clock)).config, clock);
    expect([await follow.changed(), await follow.changed()]).toEqual([undefined, undefined]);
    writeFileSync(file, whole.replace('dhcp: chain', 'dhcp: own'));
    expect((await follow.changed())?.settings.dhcp).toBe('own');
    expect(await follow.changed()).toBeUndefined();
    writeFileSync(file, 'no: configuration\n');
    await expect(follow.changed()).rejects.toThrow(/problem/);
    expect(follow.config().boot?.dhcp).toBe('own');
    writeFileSync(file, whole);
    expect((await follow.changed())?.settings.dhcp).toBe('chain');
  });

  test("a machine's disk is looked for in its host's own folder, then where it was without a boot server", async () => {
    const look = (host: string) => overlayOf({ host, guestName: 'domus-x-1' }, undefined, join(folder, 'domus.yaml'));
    expect(await look('post01')).toBe(join(folder, 'overlays/domus-x-1.qcow2'));
    mkdirSync(join(folder, 'overlays/post01'), { recursive: true });
    writeFileSync(join(folder, 'overlays/post01/domus-x-1.qcow2'), '');
    expect(await look('post01')).toBe(join(folder, 'overlays/post01/domus-x-1.qcow2'));
    expect(await look('post02')).toBe(join(folder, 'overlays/domus-x-1.qcow2'));
  });

  test('shows hosts with a card, and them only', async () => {
    expect(await told('boot list')).toBe(
      'host address runs boots next store window root\npost01 10.1.0.11 classroom classroom closed - -\npost02 10.1.0.12 classroom classroom closed - -\n',
    );
    expect(await type('boot check post03')).toMatchObject({ exit: 1, err: expect.stringContaining('post03 does not boot from the network: it has no mac') });
    expect(await told('boot check post01')).toContain('PROBLEM there is no root for it');
  });

  test('hands out a root, opens one host, and shows its secret to nobody', async () => {
    await putRoot(folder, 'v1');
    expect((await type('boot root use v9')).exit).toBe(1);
    expect((await type('boot root use v1')).exit).toBe(0);
    const { out, exit } = await type('boot enrol post01');
    expect(exit).toBe(0);
    expect(out.replace(/ +/g, ' ')).toMatch(/post01 10\.1\.0\.11 booting dom0 once open until 2026-\S+ \S+ v1\n/);
    expect(out).toMatch(/its key: ssh-ed25519 AAAA/);
    const secret = JSON.parse(readFileSync(join(folder, 'state/boot/choice/post01'), 'utf8')).secret as string;
    for (const line of ['boot list', 'boot list --json', 'boot check post01 --json', 'boot choose post01 dom0 --json'])
      expect((await type(line)).out).not.toContain(secret);
    writeFileSync(join(folder, 'boot/current/tftp/10.1.0.11/host.conf'), '');
    expect((await type('boot diff')).out).not.toContain(secret);
    writeFileSync(join(folder, 'boot/current/tftp/10.1.0.11/host.conf'), 'root=/other\n');
    expect((await type('boot check post01')).exit).toBe(1);
    expect((await type('boot publish')).exit).toBe(0);
    expect((await type('boot check post01')).exit).toBe(0);
  });

  test('a window that passes unused is a problem that a person is told', async () => {
    now += 16 * 60_000;
    expect(await told('boot list')).toContain('post01 10.1.0.11 classroom classroom closed - v1');
    expect(await told('boot check post01')).toMatch(/PROBLEM \d+ published file\(s\) are stale[\s\S]*PROBLEM Dom0 was chosen, and it did not show its secret/);
    await type('boot choose post01 classroom');
    expect((await type('boot check post01')).exit).toBe(0);
  });

  test('a root that was changed on the server is found', async () => {
    writeFileSync(join(folder, 'roots/v1/boot/xen'), 'another');
    expect(await told('boot check post01')).toMatch(/PROBLEM \S+\/v1\/boot\/xen is not what was built/);
    await putRoot(folder, 'v1');
    expect((await type('boot check post01')).exit).toBe(0);
  });

  test('a key is the same until somebody wants another', async () => {
    const known = (): string => readFileSync(join(folder, 'state/boot/known_hosts'), 'utf8').split('\n')[0] ?? '';
    const first = known();
    expect(first).toMatch(/^10\.1\.0\.11,post01 ssh-ed25519 AAAA/);
    await type('boot enrol post01');
    expect(known()).toBe(first);
    await type('boot enrol post01 --new-key');
    expect(known()).not.toBe(first);
  });

  test('roots: to another one by one, and back', async () => {
    await putRoot(folder, 'v2');
    await type('boot root use v2');
    expect(await told('boot root list')).toMatch(/v1 .* 170 6\.1 - post0[12] before\nv2 .* 170 6\.1 - post0[12] wanted\n/);
    expect((await type('boot root remove v1')).err).toContain('root v1 is in use');
    await type('boot root rollback');
    expect(await told('boot root list')).toMatch(/v1 .* - post01 post02 wanted\nv2 .* - - before\n/);
  });

  test('prints what the administrator of another DHCP server pastes', async () => {
    const { out } = await type('boot chain');
    expect(out).toMatch(
      /=== isc-dhcpd\.conf[\s\S]*host post01 \{ hardware ethernet 52:54:00:00:00:11; fixed-address 10\.1\.0\.11; \}[\s\S]*=== kea-dhcp4\.json[\s\S]*=== dnsmasq-other\.conf/,
    );
  });

  test('says so where no boot server is configured', async () => {
    const text = readFileSync(join(folder, 'domus.yaml'), 'utf8');
    writeFileSync(join(folder, 'domus.yaml'), text.replace(/^boot: .*\n/m, '').replace(/^ {4}boot: .*\n/m, ''));
    expect(await type('boot publish')).toMatchObject({ exit: 1, err: expect.stringContaining('describes no boot server') });
    writeFileSync(join(folder, 'domus.yaml'), text);
  });
});
