import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../drivers/failure.js';

/** What stands in a folder; nothing where there is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return [];
    throw thrown;
  });
}

export async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return undefined;
    throw thrown;
  });
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return false;
      throw thrown;
    },
  );
}

/** On the disk, not only in memory. */
export async function settle(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A file whole or not at all, and on the disk. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const fresh = `${file}.new-${process.pid}`;
  try {
    const handle = await open(fresh, 'w', 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
    await settle(dirname(file));
  } catch (thrown) {
    await rm(fresh, { force: true });
    throw thrown;
  }
}

/** A folder for what comes and goes, made where it is not there. Raises Failure `denied` for one that another user may change: what is unpacked there is taken for ours. */
export async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const seen = await lstat(folder);
  const mine = process.getuid?.();
  if (!seen.isDirectory() || (mine !== undefined && seen.uid !== mine) || (seen.mode & 0o022) !== 0)
    throw new Failure('denied', `${folder} is not for this user alone: give --work a folder of its own (mode 0700)`);
}

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

export const inMiB = (bytes: number): string => `${Math.ceil(bytes / (1024 * 1024))}MiB`;

/** Raises Failure `full` before anything is written. */
export async function needRoom(folder: string, bytes: number, what: string): Promise<void> {
  const free = await freeBytes(folder);
  if (free < bytes) throw new Failure('full', `${what} needs ${inMiB(bytes)}, and ${folder} has ${inMiB(free)} left`);
}

/** What the operating system refuses, as a sentence and a kind. */
export function asPlaceFailure(thrown: unknown, what: string): unknown {
  const { code, path } = thrown as NodeJS.ErrnoException;
  const where = path === undefined ? '' : ` (${join(path)})`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Failure('full', `${what}: no space left${where}: nothing was changed`, { cause: thrown });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new Failure('denied', `${what}: may not be written here${where}`, { cause: thrown });
  return thrown;
}
