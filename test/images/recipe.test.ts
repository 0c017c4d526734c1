import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { debootstrap, inside } from '../../src/images/commands.js';
import { readRecipe } from '../../src/images/recipe.js';
import { newestKernel, packagesOf, unfit } from '../../src/images/tree.js';
import { packageFile } from '../../src/paths.js';
import { folder, givenRecipe } from './given.js';

describe('a recipe', () => {
  test('tells every problem at once, with its place', async () => {
    const file = givenRecipe(folder(), 'suite: bookworm; rm -rf\npakages: [a]\ncommands: [[]]\ndisk: 4\npackages: ["--force"]\n');
    const told = await readRecipe(file).then(
      () => '',
      (thrown: Error) => thrown.message.replaceAll(file, 'F'),
    );
    expect(told).toContain('F:1:8: suite: found "bookworm; rm -rf", expected Debian\'s code name, such as bookworm');
    expect(told).toContain('F:2:1: pakages: found unknown key');
    expect(told).toContain('did you mean packages?');
    expect(told).toContain('F:3:12: commands.0: found an empty list');
    expect(told).toContain('F:4:7: disk: found "4", expected a unit');
    expect(told).toContain('F:5:12: packages.0: found "--force", expected the name of a Debian package');
  });

  test('takes packages of lists and overlays beside it, and its sum changes with what it puts in', async () => {
    const at = folder();
    const file = givenRecipe(at, 'packageLists: [more.txt]\npackages: [zstd, kmod]\noverlays: [site]\nrootfs: false\n');
    writeFileSync(join(at, 'more.txt'), '# ours\nkmod\nnfs-common # homes\n\n');
    const first = await readRecipe(file);
    expect(first).toMatchObject({ name: 'tiny', everyPackage: ['kmod', 'nfs-common', 'zstd'], layers: [join(at, 'site')] });
    writeFileSync(join(at, 'site/etc/site.conf'), 'site=2\n');
    expect((await readRecipe(file)).sum).not.toBe(first.sum);
    writeFileSync(join(at, 'more.txt'), 'kmod\n$(reboot)\n');
    await expect(readRecipe(file)).rejects.toThrow(/more\.txt:2: "\$\(reboot\)" is not the name of a Debian package/);
  });

  test("that comes with Domus is whole, and has the guest's own part", async () => {
    const recipe = await readRecipe(packageFile('recipes', 'worker.yaml'));
    expect(recipe.layers).toEqual([packageFile('rootfs')]);
    expect(debootstrap(recipe, '/w/tree')).toEqual(expect.arrayContaining(['mmdebstrap', '--variant=minbase', 'bookworm', '/w/tree']));
  });

  test("runs its commands with words, no shell, and nothing of this machine's environment", () => {
    const argv = inside('/w/tree', ['touch', 'a b; c']);
    expect(argv.slice(-2)).toEqual(['touch', 'a b; c']);
    expect(argv).toEqual(expect.arrayContaining(['unshare', '--mount', '--pid', '--root=/w/tree', 'env', '-i']));
  });
});

describe('kernels', () => {
  test.each([
    [
      ['vmlinuz-6.1.0-9-amd64', 'vmlinuz-6.1.0-56-amd64', 'initrd.img-6.1.0-9-amd64'],
      { kernel: 'boot/vmlinuz-6.1.0-56-amd64', ramdisk: undefined, release: '6.1.0-56-amd64' },
    ],
    [['vmlinuz-5', 'initramfs-5.img'], { kernel: 'boot/vmlinuz-5', ramdisk: 'boot/initramfs-5.img', release: '5' }],
    [['vmlinuz', 'initrd.img'], { kernel: 'boot/vmlinuz', ramdisk: 'boot/initrd.img', release: undefined }],
    [['grub'], undefined],
  ])('of %j the newest is %j', (names, expected) => {
    expect(newestKernel(names)).toEqual(expected);
  });

  test.each([
    ['CONFIG_PVH=y\nCONFIG_XEN_BLKDEV_FRONTEND=m', 'boot/initrd', undefined],
    ['CONFIG_PVH=y\nCONFIG_XEN_BLKDEV_FRONTEND=m', undefined, 'is a module, and there is no ramdisk'],
    ['CONFIG_PVH=y\nCONFIG_XEN_BLKDEV_FRONTEND=y', undefined, undefined],
    ['CONFIG_PVH=y', 'boot/initrd', 'without CONFIG_XEN_BLKDEV_FRONTEND'],
    ['# CONFIG_PVH is not set', 'boot/initrd', 'without CONFIG_PVH'],
    [undefined, undefined, undefined],
  ])('with the configuration %j and ramdisk %s: %s', (config, ramdisk, expected) => {
    const said = unfit(config, ramdisk);
    if (expected === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(expected);
  });
});

test('packages are those that are installed, with their versions', () => {
  const status =
    'Package: b\nStatus: install ok installed\nVersion: 2\n\nPackage: a\nStatus: install ok installed\nVersion: 1:1\n\nPackage: c\nStatus: deinstall ok config-files\nVersion: 3\n';
  expect(packagesOf(status)).toEqual(['a 1:1', 'b 2']);
});
