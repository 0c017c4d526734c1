import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { changedPaths, publish, published } from '../../src/boot/publish.js';
import { loaderFiles, treeOf } from '../../src/boot/tree.js';
import { fromDebian } from '../debian.js';
import { choice, host, seen, site } from './given-boot.js';

const loaders =
  fromDebian('/usr/lib/ipxe/undionly.kpxe', 'ipxe') &&
  fromDebian('/usr/lib/PXELINUX/pxelinux.0', 'pxelinux') &&
  fromDebian('/usr/lib/syslinux/modules/bios/mboot.c32', 'syslinux-common');

describe.skipIf(!loaders)('publishing', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'domus-boot-'));
  });
  const booting = () => treeOf(site([host(1, { choice: choice() }), host(2)], { folder }), {});
  const running = () => treeOf(site([host(1, { choice: choice(), seen: seen() }), host(2)], { folder }), {});

  test('what is read back is what was published, and the loaders are there', async () => {
    const changed = await publish(folder, 'physics', booting());
    expect(changed).toEqual([...booting().keys()].sort());
    expect(await published(folder)).toEqual(new Map([...booting()].sort()));
    expect(await publish(folder, 'physics', booting())).toEqual([]);
    for (const [name, source] of loaderFiles) expect(readFileSync(join(folder, 'current/tftp/10.1.0.11', name)).equals(readFileSync(source)), name).toBe(true);
  });

  test('only what differs is told, and old releases go', async () => {
    await publish(folder, 'physics', booting());
    expect(await publish(folder, 'physics', running())).toEqual(changedPaths(booting(), running()));
    for (let n = 0; n < 8; n++) await publish(folder, 'physics', n % 2 === 0 ? booting() : running());
    expect(readdirSync(join(folder, 'releases'))).toHaveLength(5);
  });

  test('whoever reads meanwhile sees all of the old or all of the new', async () => {
    await publish(folder, 'physics', booting());
    const seen = new Set<string>();
    let over = false;
    const reader = (async () => {
      while (!over) {
        const release = readlinkSync(join(folder, 'current'));
        const at = join(folder, release, 'tftp/10.1.0.11');
        seen.add(`${readFileSync(join(at, 'boot.ipxe'), 'utf8').includes('root/xen')} ${readdirSync(at).includes('host.conf')}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let n = 0; n < 6; n++) await publish(folder, 'physics', n % 2 === 0 ? running() : booting());
    over = true;
    await reader;
    expect([...seen].sort()).toEqual(['false false', 'true true']);
  });

  test('what a crash left half done is no hindrance, and is not served', async () => {
    await publish(folder, 'physics', booting());
    mkdirSync(join(folder, 'releases/.00000002/tftp'), { recursive: true });
    writeFileSync(join(folder, 'releases/.00000002/tftp/half'), '');
    symlinkSync('releases/.00000002', join(folder, 'current.new'));
    expect(await published(folder)).toEqual(new Map([...booting()].sort()));
    await publish(folder, 'physics', running());
    expect(readlinkSync(join(folder, 'current'))).toBe('releases/00000002');
    expect(await published(folder)).toEqual(new Map([...running()].sort()));
  });

  test("another deployment's folder is left as it is", async () => {
    await publish(folder, 'physics', booting());
    await expect(publish(folder, 'chemistry', running())).rejects.toThrow(/was not published by deployment chemistry/);
    expect(await published(folder)).toEqual(new Map([...booting()].sort()));
  });

  test('the script that dnsmasq runs marks who was handed a file, and nothing else', async () => {
    await publish(folder, 'physics', booting());
    const script = join(folder, 'asked-for');
    expect(statSync(script).mode & 0o777).toBe(0o755);
    const { execFileSync } = await import('node:child_process');
    for (const args of [
      ['tftp', '9', '10.1.0.11', '/x'],
      ['add', 'mac', '10.1.0.12', 'x'],
      ['tftp', '9', '../../etc', '/x'],
      ['tftp', '9', '', '/x'],
    ])
      execFileSync(script, args);
    expect(readdirSync(join(folder, 'asked'))).toEqual(['10.1.0.11']);
  });
});
