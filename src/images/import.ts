import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../clock.js';
import { Failure } from '../drivers/failure.js';
import { diskOf, inScratch, systemId } from './build.js';
import { chain, convert, unpack } from './commands.js';
import { type Boots, bootFilesOf, diskSize, forget, formatOf, keepDisk } from './disk.js';
import { ownCopy, refuseUnsafe } from './header.js';
import type { Manifest } from './manifest.js';
import { inMiB, isThere, needRoom } from './place.js';
import type { ImageStore } from './store.js';
import type { Workshop } from './workshop.js';

const hoursMs = 3_600_000;

export interface Imported {
  readonly file: string;
  readonly name: string;
  readonly version?: string | undefined;
  /** Absent: told by its first bytes. */
  readonly format?: 'raw' | 'qcow2' | 'tar' | undefined;
  /** Files here that go beside the disk; absent: taken from its /boot. */
  readonly kernel?: string | undefined;
  readonly ramdisk?: string | undefined;
  /** Of a tar's root disk. */
  readonly disk?: number | undefined;
  readonly compress: boolean;
}

async function givenBoots(given: Imported, folder: string): Promise<Boots | undefined> {
  if (given.kernel === undefined) {
    if (given.ramdisk !== undefined) throw new Failure('refused', '--ramdisk goes with --kernel');
    return undefined;
  }
  for (const [file, as] of [
    [given.kernel, 'vmlinuz'],
    [given.ramdisk, 'initrd.img'],
  ] as const) {
    if (file === undefined) continue;
    if (!(await isThere(file))) throw new Failure('absent', `${file} is not there`);
    await copyFile(file, join(folder, as));
  }
  return { kernel: 'vmlinuz', ramdisk: given.ramdisk === undefined ? undefined : 'initrd.img', release: undefined };
}

/** Makes a version of a disk or of an archive of a whole system. It waits for `publish`. Raises Failure; where it fails nothing of it is in the store. */
export async function importImage(store: ImageStore, shop: Workshop, clock: Clock, given: Imported, workIn: string): Promise<Manifest> {
  const file = resolve(given.file);
  const format = given.format ?? (await formatOf(file));
  return store.add(given.name, given.version, (folder, version) =>
    inScratch(workIn, given.name, clock, async (scratch) => {
      shop.say(`${given.name} ${version}: importing ${file} (${format})`);
      const made = { how: 'import', from: file, compress: given.compress } as const;
      if (format === 'tar') {
        if (given.kernel !== undefined) throw new Failure('refused', 'the kernel of an archive is the one in its /boot: --kernel is for disks');
        const tree = join(scratch, 'tree');
        await mkdir(tree);
        await shop.run(unpack(file, tree), 2 * hoursMs);
        return diskOf(shop, tree, scratch, folder, systemId(given.name, version), { ...made, disk: given.disk });
      }
      if (format === 'qcow2') await refuseUnsafe(file);
      const bytes = await diskSize(shop, file, format);
      shop.say(`a disk of ${inMiB(bytes)}`);
      const raw = join(scratch, 'disk.raw');
      await shop.run(convert(format, file, raw, 'raw', false), 2 * hoursMs);
      const boots = (await givenBoots(given, folder)) ?? (await bootFilesOf(shop, raw, folder));
      return keepDisk(shop, raw, folder, boots, made);
    }),
  );
}

/** A stopped machine, by its files as this machine sees them. */
export interface Stopped {
  readonly machine: string;
  readonly overlay: string;
  readonly image: { readonly name: string; readonly version: string };
}

/** Makes a version of what a stopped machine has on its disk, without what was only its own. Raises Failure. */
export async function fromMachine(
  store: ImageStore,
  shop: Workshop,
  clock: Clock,
  stopped: Stopped,
  as: { readonly name: string; readonly version?: string | undefined; readonly compress: boolean },
  workIn: string,
): Promise<Manifest> {
  const base = join(store.folderOf(stopped.image.name, stopped.image.version), 'disk.qcow2');
  for (const path of [stopped.overlay, base])
    if (!(await isThere(path))) throw new Failure('absent', `${path} is not there: --overlays and --store say where this machine sees the store`);
  return store.add(as.name, as.version, (folder, version) =>
    inScratch(workIn, as.name, clock, async (scratch) => {
      shop.say(`${as.name} ${version}: from machine ${stopped.machine}`);
      const raw = join(scratch, 'disk.raw');
      const { size } = await stat(stopped.overlay);
      await needRoom(scratch, size + 64 * 1024 * 1024, 'a copy of its disk');
      const overlay = join(scratch, 'overlay.qcow2');
      await ownCopy(stopped.overlay, overlay, shop.signal); // its host may write the original at any moment
      await shop.run(convert('qcow2', chain(overlay, base), raw, 'raw', false), 2 * hoursMs);
      if (!(await forget(shop, raw))) shop.say('its file system is none that can be read here: host keys and machine id stay in it');
      const boots = await bootFilesOf(shop, raw, folder);
      return keepDisk(shop, raw, folder, boots, { how: 'from-machine', from: stopped.machine, compress: as.compress });
    }),
  );
}
