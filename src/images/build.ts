import { createHash } from 'node:crypto';
import { copyFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { summed } from './checksums.js';
import { convert, debootstrap, makeDisk, sizeOf } from './commands.js';
import { lockedFolder } from './lock.js';
import { diskFile, type Manifest, pieceBytes } from './manifest.js';
import { asPlaceFailure, ownFolder } from './place.js';
import type { Recipe } from './recipe.js';
import type { ImageStore } from './store.js';
import { clean, kernelOf, layOverlays, packagesOf, runInside, textInside } from './tree.js';
import type { Workshop } from './workshop.js';

const minutesMs = 60_000;
const mebibyte = 1024 * 1024;
/** What ext4 takes for itself beside the files, measured at 414 MiB in 30,000 files; and a little to begin with. */
const systemShare = 1.2;
const systemMiB = 96;

export interface Made {
  readonly how: Manifest['how'];
  readonly from: string;
  readonly disk?: number | undefined;
  readonly compress: boolean;
  readonly recipe?: string;
  readonly kernel?: string | undefined;
  readonly ramdisk?: string | undefined;
}

type Facts = Omit<Manifest, 'v' | 'name' | 'version' | 'madeAt'>;

/** A file system id that is the same for the same image version. */
export function systemId(name: string, version: string): string {
  const hex = createHash('sha256').update(`domus image ${name} ${version}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export async function sums(folder: string, files: readonly string[], signal: AbortSignal): Promise<Manifest['files']> {
  const all: Manifest['files'] = [];
  for (const file of files) all.push(await summed(folder, file, signal));
  return all;
}

/** Makes disk, kernel and ramdisk in `folder` out of a finished tree; the tree is emptied meanwhile of what only one machine may have. */
export async function diskOf(shop: Workshop, tree: string, scratch: string, folder: string, id: string, made: Made): Promise<Facts> {
  const { kernel, ramdisk, release } = await kernelOf(tree, made);
  const status = await textInside(tree, 'var/lib/dpkg/status');
  await clean(tree);
  await copyFile(await realpath(join(tree, kernel)), join(folder, 'vmlinuz'));
  if (ramdisk !== undefined) await copyFile(await realpath(join(tree, ramdisk)), join(folder, 'initrd.img'));
  const used = Number.parseInt((await shop.run(sizeOf(tree), 10 * minutesMs)).stdout.toString(), 10);
  const diskMiB = made.disk ?? Math.ceil(((used / mebibyte) * systemShare + systemMiB) / 64) * 64;
  const raw = join(scratch, 'disk.raw');
  shop.say(`making a file system of ${diskMiB}MiB`);
  await shop.run(makeDisk(tree, raw, diskMiB, id), 30 * minutesMs);
  await shop.run(convert('raw', raw, join(folder, diskFile), 'qcow2', made.compress), 60 * minutesMs);
  await rm(raw);
  const files = await sums(folder, [diskFile, 'vmlinuz', ...(ramdisk === undefined ? [] : ['initrd.img'])], shop.signal);
  return {
    how: made.how,
    from: made.from.slice(-500),
    diskMiB,
    pieceBytes,
    files,
    ...(release === undefined ? {} : { kernel: release.slice(0, 100) }),
    ...(made.recipe === undefined ? {} : { recipe: made.recipe }),
    ...(status === undefined ? {} : { packages: [...packagesOf(status)].slice(0, 20_000) }),
  };
}

/** Has `work` go on in a folder of this machine's own disk that nobody else has; nothing of it stays. */
export async function inScratch<T>(parent: string, name: string, clock: Clock, work: (scratch: string) => Promise<T>): Promise<T> {
  const what = `work on image ${name} in ${parent}`;
  try {
    await ownFolder(parent);
    const lock = await lockedFolder(parent, name, what, clock.wall());
    try {
      return await work(lock.folder);
    } finally {
      await lock.release();
    }
  } catch (thrown) {
    throw asPlaceFailure(thrown, what);
  }
}

/** Builds a version of a recipe's image. It waits for `publish`. Raises Failure; where it fails, or is cut off, nothing of it is in the store. */
export function build(store: ImageStore, shop: Workshop, clock: Clock, recipe: Recipe, workIn: string, wanted: string | undefined): Promise<Manifest> {
  return store.add(recipe.name, wanted, (folder, version) =>
    inScratch(workIn, recipe.name, clock, async (scratch) => {
      const tree = join(scratch, 'tree');
      shop.say(`${recipe.name} ${version}: unpacking ${recipe.suite} (${recipe.variant}) with ${recipe.everyPackage.length} packages`);
      await shop.run(debootstrap(recipe, tree), 120 * minutesMs);
      await layOverlays(shop, tree, recipe.layers, scratch);
      await runInside(shop, tree, recipe.commands);
      return diskOf(shop, tree, scratch, folder, systemId(recipe.name, version), { ...recipe, how: 'build', from: recipe.file, recipe: recipe.sum });
    }),
  );
}
