import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Chooser } from '../../src/boot/chooser.js';
import { BootServer } from '../../src/boot/server.js';
import type { Clock } from '../../src/clock.js';
import type { Shell } from '../../src/drivers/shell.js';
import { lockLeadership } from '../../src/journal/sqlite/leader-lock.js';
import { fromDebian } from '../debian.js';
import { noon } from './given-boot.js';
import { room } from './given-server.js';

const loaders =
  fromDebian('/usr/lib/ipxe/undionly.kpxe', 'ipxe') &&
  fromDebian('/usr/lib/PXELINUX/pxelinux.0', 'pxelinux') &&
  fromDebian('/usr/lib/syslinux/modules/bios/mboot.c32', 'syslinux-common');
const clock: Clock = { wall: () => noon, mono: () => 0, sleep: () => Promise.resolve() };

/** A boot server for the kernel's NFS server; `exportfs` ends as it is told. */
async function served(): Promise<{ readonly server: BootServer; readonly folder: string; readonly told: () => number; fails(yes: boolean): void }> {
  const { server, folder } = await room(['10.1.0.11'], clock, { nfs: 'kernel' });
  let [calls, exit] = [0, 0];
  const run: Shell['run'] = async () => {
    calls++;
    return { exit, stdout: Buffer.alloc(0), stderr: exit === 0 ? '' : 'no such thing' };
  };
  return {
    server: new BootServer({ ...server.parts, shell: { run } as Shell }),
    folder,
    told: () => calls,
    fails: (yes) => {
      exit = yes ? 1 : 0;
    },
  };
}

describe.skipIf(!loaders)('the NFS server is told of exports', () => {
  test('until it has heard, and then only of what changes, or when it is asked for', async () => {
    const { server, told, fails } = await served();
    await server.publish();
    await server.publish();
    expect(told()).toBe(1);
    await new Chooser(server, clock, 'a test').write('post01', 'dom0');
    fails(true);
    await expect(server.publish()).rejects.toThrow('exportfs -ra: no such thing');
    expect(await server.records.publishedChoices()).toEqual({}); // nobody is told that this choice is published
    await expect(server.publish()).rejects.toThrow('exportfs -ra');
    fails(false);
    expect((await server.publish()).changed).toEqual([]);
    expect([told(), Object.keys(await server.records.publishedChoices())]).toEqual([4, ['post01']]);
    await server.publish();
    expect(told()).toBe(4);
    await server.publish({ again: true });
    expect(told()).toBe(5);
  });

  test('by one publisher at a time, whoever died before', async () => {
    const { server } = await served();
    await server.publish();
    const other = lockLeadership(join(server.parts.settings.folder, 'publishing.lock'));
    await expect(server.publish()).rejects.toMatchObject({ kind: 'busy' });
    other?.release();
    expect((await server.publish()).changed).toEqual([]);
  });
});
