import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../drivers/failure.js';
import type { Root } from './site.js';

export const rootVersion = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a host loads of a root before it can mount it. */
export const bootFiles = ['xen', 'xen.efi', 'vmlinuz', 'initrd.img'] as const;

/** The built roots, oldest first. A folder without a `root.json` is none (a build that was cut off). Raises Failure `garbled`. */
export async function builtRoots(folder: string): Promise<readonly Root[]> {
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? [] : Promise.reject(thrown)));
  const found: Root[] = [];
  for (const name of names.filter((name) => rootVersion.test(name))) {
    const file = join(folder, name, 'root.json');
    try {
      found.push(JSON.parse(await readFile(file, 'utf8')) as Root);
    } catch (thrown) {
      if (thrown instanceof SyntaxError) throw new Failure('garbled', `${file} is damaged: build that root again`, { cause: thrown });
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
  return found.sort((a, b) => a.builtAt - b.builtAt || (a.version < b.version ? -1 : 1));
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Files in a root's `boot/` that are not what was built: sentences; none when all is well. */
export async function damagedBootFiles(folder: string, root: Root): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const name of bootFiles) {
    const file = join(folder, root.version, 'boot', name);
    const seen = await sha256Of(file).catch((thrown: NodeJS.ErrnoException) => thrown.message);
    if (seen !== root.boot[name])
      problems.push(`${file} is not what was built (${/^[0-9a-f]{64}$/.test(seen) ? `its SHA-256 is ${seen.slice(0, 12)}...` : seen})`);
  }
  return problems;
}
