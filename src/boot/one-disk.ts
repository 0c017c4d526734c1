import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BootParts } from './server.js';

/** The file system of a folder, or of the nearest one above it that is there. */
async function systemOf(folder: string): Promise<number> {
  const seen = await stat(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' && dirname(folder) !== folder) return undefined;
    throw thrown;
  });
  return seen?.dev ?? systemOf(dirname(folder));
}

/**
 * What lies on the disk that hosts may write to, beside their own disks: a sentence, or nothing. NFS guards file systems,
 * not folders: whoever may write one folder of a disk and guesses the handle of another file on it gets at that.
 */
export async function besideOverlays({ settings, images, overlays, stateDir }: BootParts): Promise<string | undefined> {
  const written = await systemOf(overlays);
  const beside: string[] = [];
  for (const [what, folder] of Object.entries({ images, roots: settings.roots, files: settings.folder, state: stateDir }))
    if ((await systemOf(folder)) === written) beside.push(`${what} (${folder})`);
  return beside.length === 0
    ? undefined
    : `hosts write to ${overlays}, and on the same file system are ${beside.join(', ')}: a host whose root is hostile may get at them by forged file handles; give ${overlays} a file system of its own, or accept it with boot.oneFileSystem: true (docs/security.md)`;
}
