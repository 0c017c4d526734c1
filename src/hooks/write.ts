import { constants } from 'node:fs';
import { access, chmod, chown, copyFile, lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import type { Found, Step } from './installation.js';

/** Owner and mode bits beside the permissions never matter here. */
const permissions = 0o7777;

const missing = (thrown: NodeJS.ErrnoException): undefined => {
  if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return undefined;
  throw thrown;
};

/** What stands at that path of the machine, or of the image under `root`. */
export async function look(root: string, path: string): Promise<{ readonly found: Found | undefined; readonly folderThere: boolean }> {
  const file = join(root, path);
  const folderThere = (await lstat(dirname(file)).catch(missing))?.isDirectory() ?? false;
  const seen = await lstat(file).catch(missing);
  if (seen === undefined) return { found: undefined, folderThere };
  const kind = seen.isFile() ? 'file' : seen.isSymbolicLink() ? 'link' : 'other';
  const text = kind === 'file' ? await readFile(file, 'utf8') : '';
  return { found: { kind, text, mode: seen.mode & permissions, uid: seen.uid }, folderThere };
}

/** First free name of a backup. */
async function keepCopy(file: string): Promise<string> {
  for (let n = 0; ; n++) {
    const copy = `${file}.before-domus${n === 0 ? '' : `.${n}`}`;
    const taken = await access(copy).then(
      () => true,
      () => false,
    );
    if (taken) continue;
    await copyFile(file, copy, constants.COPYFILE_EXCL);
    return copy;
  }
}

/**
 * Writes one file whole and renames it into place, as root's where we are root. Answers with the backup's name, where one
 * was made. Raises Failure `refused` when a link leads out of `root`.
 */
export async function write(root: string, step: Extract<Step, { kind: 'write' }>): Promise<string | undefined> {
  const file = join(root, step.path);
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const [top, real] = [await realpath(root), await realpath(folder)];
  if (top !== '/' && real !== top && !real.startsWith(`${top}/`)) throw new Failure('refused', `${folder} leads out of ${root}, to ${real}`);
  const copy = step.backup ? await keepCopy(file) : undefined;
  const fresh = `${file}.domus-new`;
  try {
    await rm(fresh, { force: true });
    await writeFile(fresh, step.text, { flag: 'wx', mode: 0o600 });
    await chmod(fresh, step.mode);
    if (process.getuid?.() === 0) await chown(fresh, step.backup ? (step.before?.uid ?? 0) : 0, 0);
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
  return copy;
}
