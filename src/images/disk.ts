import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../drivers/failure.js';
import { sums } from './build.js';
import { convert, debug, diskInfo, partitions, repair } from './commands.js';
import { diskFile, type Manifest, pieceBytes } from './manifest.js';
import { newestKernel } from './tree.js';
import type { Workshop } from './workshop.js';

const minutesMs = 60_000;
const mebibyte = 1024 * 1024;

const info = z.object({
  format: z.string(),
  'virtual-size': z.number().positive(),
  'backing-filename': z.string().optional(),
  'format-specific': z.object({ data: z.object({ 'data-file': z.string().optional() }).optional() }).optional(),
});

/** What qemu-img says of a disk that is one file. Raises Failure `refused` for one that names other files: an imported disk must not make us read them. */
export async function diskSize(shop: Workshop, file: string, format: 'raw' | 'qcow2'): Promise<number> {
  const { stdout } = await shop.run(diskInfo(file, format), minutesMs);
  const read = info.safeParse(JSON.parse(stdout.toString()));
  if (!read.success) throw new Failure('garbled', `qemu-img info ${file}: its answer cannot be read`);
  const other = read.data['backing-filename'] ?? read.data['format-specific']?.data?.['data-file'];
  if (other !== undefined)
    throw new Failure('refused', `${file} is no whole disk, it stands on ${JSON.stringify(other)}: make one of it first (qemu-img convert)`);
  return read.data['virtual-size'];
}

const table = z.object({
  partitiontable: z.object({
    sectorsize: z.int().positive().default(512),
    partitions: z.array(z.object({ start: z.int().nonnegative(), size: z.int().positive(), type: z.string() })).default([]),
  }),
});
/** Of Linux file systems, in both kinds of partition table. */
const linux = /^(83|0FC63DAF-8483-4772-8E79-3D69D8477DE4|4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709)$/i;

/** Where the largest Linux file system of a raw disk begins, bytes; 0 where the disk has no partitions. */
export async function systemOffset(shop: Workshop, raw: string): Promise<number> {
  const { exit, stdout } = await shop.run(partitions(raw), minutesMs, [0, 1]);
  if (exit !== 0) return 0;
  const read = table.safeParse(JSON.parse(stdout.toString()));
  if (!read.success) throw new Failure('garbled', `sfdisk ${raw}: its answer cannot be read`);
  const { sectorsize, partitions: found } = read.data.partitiontable;
  const [largest] = found.filter(({ type }) => linux.test(type)).sort((a, b) => b.size - a.size);
  return (largest?.start ?? 0) * sectorsize;
}

/** Names in a folder of an ext file system that is in a file. */
async function listIn(shop: Workshop, raw: string, offset: number, folder: string): Promise<readonly string[]> {
  const { stdout } = await shop.run(debug(raw, offset, `ls -p ${folder}`, false), minutesMs, [0, 1]);
  return stdout
    .toString()
    .split('\n')
    .flatMap((line) => line.split('/')[5] ?? [])
    .filter((name) => /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$/.test(name));
}

/** Copies a file out of it. Raises Failure `refused` where it is not there. */
async function takeOut(shop: Workshop, raw: string, offset: number, path: string, to: string): Promise<void> {
  await shop.run(debug(raw, offset, `dump /${path} ${to}`, false), 10 * minutesMs);
  const bytes = await stat(to).then(
    (seen) => seen.size,
    () => 0, // debugfs has said why, and made nothing
  );
  if (bytes === 0) throw new Failure('refused', `no file /${path} could be read from the disk's file system`);
}

export interface Boots {
  readonly kernel: string;
  readonly ramdisk: string | undefined;
  readonly release: string | undefined;
}

/** Kernel and ramdisk out of the file system in a raw disk, into `folder`. Raises Failure `refused` where there is none that we can read. */
export async function bootFilesOf(shop: Workshop, raw: string, folder: string): Promise<Boots> {
  const offset = await systemOffset(shop, raw);
  const found = newestKernel(await listIn(shop, raw, offset, '/boot'));
  if (found === undefined) throw new Failure('refused', 'no kernel was found in /boot of an ext file system on that disk: give --kernel and --ramdisk');
  await takeOut(shop, raw, offset, found.kernel, join(folder, 'vmlinuz'));
  if (found.ramdisk !== undefined) await takeOut(shop, raw, offset, found.ramdisk, join(folder, 'initrd.img'));
  return { kernel: 'vmlinuz', ramdisk: found.ramdisk === undefined ? undefined : 'initrd.img', release: found.release };
}

/** What one machine must not have in common with another. */
const own = ['/etc/hostname', '/root/.bash_history', '/var/lib/dbus/machine-id', '/var/lib/systemd/random-seed'];

/** Mends the file system of a machine that was cut off, and takes out what was only its own. False where the disk has none that we can read. */
export async function forget(shop: Workshop, raw: string): Promise<boolean> {
  const offset = await systemOffset(shop, raw);
  const mended = await shop.run(repair(raw, offset), 30 * minutesMs, [0, 1, 2, 3, 8]);
  if (mended.exit > 3) return false;
  const keys = (await listIn(shop, raw, offset, '/etc/ssh')).filter((name) => /^ssh_host_.*_key(\.pub)?$/.test(name)).map((name) => `/etc/ssh/${name}`);
  const there = new Set((await listIn(shop, raw, offset, '/etc')).map((name) => `/etc/${name}`));
  for (const path of [...own, ...keys]) await shop.run(debug(raw, offset, `rm ${path}`, true), minutesMs, [0, 1]);
  if (there.has('/etc/machine-id')) {
    await shop.run(debug(raw, offset, 'rm /etc/machine-id', true), minutesMs);
    await shop.run(debug(raw, offset, 'write /dev/null /etc/machine-id', true), minutesMs, [0, 1]);
  }
  return true;
}

/** A raw disk as the store keeps it, with what belongs to it. */
export async function keepDisk(
  shop: Workshop,
  raw: string,
  folder: string,
  boots: Boots,
  made: { readonly how: Manifest['how']; readonly from: string; readonly compress: boolean },
): Promise<Omit<Manifest, 'v' | 'name' | 'version' | 'madeAt'>> {
  const bytes = await diskSize(shop, raw, 'raw');
  await shop.run(convert('raw', raw, join(folder, diskFile), 'qcow2', made.compress), 120 * minutesMs);
  await rm(raw);
  const names = [diskFile, boots.kernel, ...(boots.ramdisk === undefined ? [] : [boots.ramdisk])];
  return {
    how: made.how,
    from: made.from.slice(-500),
    diskMiB: Math.ceil(bytes / mebibyte),
    pieceBytes,
    files: await sums(folder, names, shop.signal),
    ...(boots.release === undefined ? {} : { kernel: boots.release.slice(0, 100) }),
  };
}

/** What a file is, by its first bytes. Raises Failure. */
export async function formatOf(file: string): Promise<'raw' | 'qcow2' | 'tar'> {
  const seen = await stat(file).catch((thrown: NodeJS.ErrnoException) => {
    throw new Failure('absent', `${file} cannot be read (${thrown.code ?? thrown.message})`, { cause: thrown });
  });
  if (!seen.isFile()) throw new Failure('refused', `${file} is no file`);
  if (seen.size < 512) throw new Failure('refused', `${file} has ${seen.size} bytes: that is no disk and no archive`);
  const start = await readStart(file);
  if (start.subarray(0, 4).toString('latin1') === 'QFI\u00fb') return 'qcow2';
  if (start.subarray(257, 262).toString('latin1') === 'ustar') return 'tar';
  const packed = [
    [0x1f, 0x8b],
    [0x28, 0xb5, 0x2f, 0xfd],
    [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    [0x42, 0x5a, 0x68],
  ];
  return packed.some((magic) => magic.every((byte, at) => start[at] === byte)) ? 'tar' : 'raw';
}

async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
