import { chmod, lstat, readdir, realpath, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import { versionOrder } from '../model/versions.js';
import { inside, layOver, pack } from './commands.js';
import { isThere, namesIn, textOf } from './place.js';
import type { Workshop } from './workshop.js';

const minutesMs = 60_000;

/** Raises Failure `refused` where an overlay would write through a link that leads out of the tree. */
async function guardInside(tree: string, overlay: string): Promise<void> {
  const top = await realpath(tree);
  for (const entry of await readdir(overlay, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name).slice(overlay.length + 1);
    const there = await realpath(join(tree, path)).catch(() => undefined); // not there yet: it will be made below one that is
    if (there !== undefined && there !== top && !there.startsWith(`${top}/`)) {
      throw new Failure('refused', `overlay ${overlay}: /${path} is a link in the image that leads elsewhere (/var/run is one: write to /run)`);
    }
  }
}

/** Lays folders over the tree, root's. */
export async function layOverlays(shop: Workshop, tree: string, layers: readonly string[], scratch: string): Promise<void> {
  for (const layer of layers) {
    await guardInside(tree, layer);
    const archive = join(scratch, 'overlay.tar');
    await shop.run(pack(layer, archive), 10 * minutesMs);
    await shop.run(layOver(archive, tree), 10 * minutesMs);
    await rm(archive);
  }
}

/** Runs the recipe's commands in the tree; no daemon of it is started meanwhile. */
export async function runInside(shop: Workshop, tree: string, commands: readonly (readonly string[])[]): Promise<void> {
  if (commands.length === 0) return;
  const policy = join(tree, 'usr/sbin/policy-rc.d');
  const ours = !(await isThere(policy));
  if (ours) {
    await writeFile(policy, '#!/bin/sh\nexit 101\n');
    await chmod(policy, 0o755);
  }
  try {
    for (const argv of commands) {
      shop.say(`in the image: ${argv.join(' ')}`);
      await shop.run(inside(tree, argv), 60 * minutesMs);
    }
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

/** What one machine must not have in common with another, and what nobody needs. */
const emptied = ['tmp', 'var/tmp', 'var/cache/apt', 'var/lib/apt/lists', 'run'];
const removed = ['etc/hostname', 'root/.bash_history', 'var/lib/dbus/machine-id', 'var/lib/systemd/random-seed'];

/** The folder of a path in a tree is really in that tree: no link on the way leads out of it. */
async function isInside(tree: string, path: string): Promise<boolean> {
  const folder = await realpath(dirname(join(tree, path))).catch(() => undefined); // absent: nothing is there
  return folder !== undefined && `${folder}/`.startsWith(`${await realpath(tree)}/`);
}

/** Text of a plain file of the tree; undefined where there is none, or a link leads elsewhere. */
export async function textInside(tree: string, path: string): Promise<string | undefined> {
  if (!(await isInside(tree, path))) return undefined;
  return (await lstat(join(tree, path)).catch(() => undefined))?.isFile() === true ? await textOf(join(tree, path)) : undefined;
}

/** Removes host keys, the machine's id, caches; nothing is followed out of the tree. */
export async function clean(tree: string): Promise<void> {
  const within = async (path: string): Promise<boolean> =>
    (await lstat(join(tree, path)).catch(() => undefined))?.isDirectory() === true && (await isInside(tree, join(path, 'in it')));
  for (const path of emptied) {
    if (await within(path)) for (const name of await namesIn(join(tree, path))) await rm(join(tree, path, name), { recursive: true, force: true });
  }
  for (const path of removed) if (await isInside(tree, path)) await rm(join(tree, path), { force: true });
  if (await within('etc/ssh')) {
    for (const name of (await namesIn(join(tree, 'etc/ssh'))).filter((n) => /^ssh_host_.*_key(\.pub)?$/.test(n))) await rm(join(tree, 'etc/ssh', name));
  }
  const id = join(tree, 'etc/machine-id');
  if ((await isInside(tree, 'etc/machine-id')) && (await lstat(id).catch(() => undefined))?.isFile() === true) await truncate(id, 0); // systemd makes one at each boot
}

export interface Kernel {
  /** In the tree, from its root. */
  readonly kernel: string;
  readonly ramdisk: string | undefined;
  readonly release: string | undefined;
}

/** The newest kernel among the names of /boot, and the ramdisk that goes with it. */
export function newestKernel(boot: readonly string[]): Kernel | undefined {
  const kernels = boot.filter((name) => /^vmlinu[xz]-/.test(name)).sort((a, b) => versionOrder(b, a));
  const kernel = kernels[0] ?? boot.find((name) => name === 'vmlinuz');
  if (kernel === undefined) return undefined;
  const release = /^vmlinu[xz]-(.+)$/.exec(kernel)?.[1];
  const ramdisks = release === undefined ? ['initrd.img', 'initrd'] : [`initrd.img-${release}`, `initramfs-${release}.img`, `initrd-${release}`];
  const ramdisk = ramdisks.find((name) => boot.includes(name));
  return { kernel: `boot/${kernel}`, ramdisk: ramdisk === undefined ? undefined : `boot/${ramdisk}`, release };
}

/** Why a kernel cannot be booted as PVH from a Xen disk; undefined where it can, or where its configuration is not there. */
export function unfit(config: string | undefined, ramdisk: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  const set = (key: string): string | undefined => new RegExp(`^${key}=([ym])$`, 'm').exec(config)?.[1];
  if (set('CONFIG_PVH') === undefined && set('CONFIG_XEN_PVH') === undefined) return 'it was built without CONFIG_PVH';
  const disk = set('CONFIG_XEN_BLKDEV_FRONTEND');
  if (disk === undefined) return 'it was built without CONFIG_XEN_BLKDEV_FRONTEND';
  return disk === 'm' && ramdisk === undefined ? 'its disk driver xen-blkfront is a module, and there is no ramdisk' : undefined;
}

/** Kernel and ramdisk of a tree: the named ones, or the newest. Raises Failure `refused` where a guest could not boot with it. */
export async function kernelOf(tree: string, named: { readonly kernel?: string | undefined; readonly ramdisk?: string | undefined }): Promise<Kernel> {
  const found = newestKernel(await namesIn(join(tree, 'boot')));
  const kernel = named.kernel?.slice(1) ?? found?.kernel;
  if (kernel === undefined) throw new Failure('refused', 'the image has no kernel in /boot: add linux-image-cloud-amd64 to its packages, or say kernel');
  const release = /vmlinu[xz]-([^/]+)$/.exec(kernel)?.[1] ?? (named.kernel === undefined ? found?.release : undefined);
  const ramdisk = named.ramdisk?.slice(1) ?? (named.kernel === undefined ? found?.ramdisk : undefined);
  for (const file of [kernel, ramdisk]) {
    if (file === undefined) continue;
    const real = await realpath(join(tree, file)).catch(() => undefined); // absent: said below
    if (real === undefined || !real.startsWith(`${await realpath(tree)}/`)) throw new Failure('refused', `the image has no file /${file}`);
  }
  const why = unfit(release === undefined ? undefined : await textInside(tree, `boot/config-${release}`), ramdisk);
  if (why !== undefined) throw new Failure('refused', `no guest boots with /${kernel}: ${why} (Debian's linux-image-cloud-amd64 does, with initramfs-tools)`);
  return { kernel, ramdisk, release };
}

/** The installed packages of a dpkg status file, `NAME VERSION`, in order. */
export function packagesOf(status: string): readonly string[] {
  const field = (stanza: string, key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
  const installed = status.split(/\n\n+/).filter((stanza) => field(stanza, 'Status').endsWith(' installed'));
  return installed.map((stanza) => `${field(stanza, 'Package')} ${field(stanza, 'Version')}`.slice(0, 200)).sort();
}
