import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import { bootFiles, rootVersion, sha256Of } from './roots.js';
import type { Root } from './site.js';

export interface BuildOrder {
  /** Folder of the roots. */
  readonly roots: string;
  /** `host/dom0/build`. */
  readonly script: string;
  /** Absent: named by date and content. */
  readonly version?: string;
  readonly packages?: string;
  readonly modules?: string;
  readonly suite: string;
  readonly mirror?: string;
  /** The only date in it, epoch ms; whole seconds are taken. */
  readonly date: number;
  readonly signal: AbortSignal;
}

/** The largest root that is taken, MB: every host reads all of it at each boot. */
export const largestRootMB = 250;

/**
 * Builds a root with mmdebstrap and files it under its version, whole or not at all. Raises Failure `refused` for a root
 * that is too large, `exists` for a version that is there, `uncertain` with the script's last words when it fails.
 */
export async function buildRoot(shell: Shell, order: BuildOrder): Promise<Root> {
  const { roots, script, packages, modules, suite, mirror, date, signal } = order;
  if (order.version !== undefined && !rootVersion.test(order.version))
    throw new Failure('refused', `"${order.version}" is no version: letters, digits, dot, _ and -, at most 64`);
  await mkdir(roots, { recursive: true });
  const work = join(roots, `.building-${process.pid}`);
  const seconds = Math.floor(date / 1000);
  const settings = { SOURCE_DATE_EPOCH: String(seconds), SUITE: suite, PACKAGES: packages, MODULES: modules, MIRROR: mirror };
  const assignments = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  try {
    const { exit, stderr } = await shell.run(['env', ...assignments, 'bash', script, work], { signal, maxBytes: 4 << 20 });
    if (exit !== 0) throw new Failure('uncertain', `building the root failed: ${stderr.trim().split('\n').slice(-4).join('; ').slice(-800)}`);
    const root = await describe(work, order.version, seconds);
    if (root.sizeMB >= largestRootMB) throw new Failure('refused', `the root has ${root.sizeMB} MB; it is to have less than ${largestRootMB}`);
    await writeFile(join(work, 'root.json'), `${JSON.stringify(root, undefined, 2)}\n`);
    for (const name of ['packages.lock', 'sum', 'kernel', 'xen', 'files', 'size']) await rm(join(work, name));
    await rename(work, join(roots, root.version)).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOTEMPTY' || thrown.code === 'EEXIST') throw new Failure('exists', `the root ${root.version} is there already`, { cause: thrown });
      throw thrown;
    });
    return root;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function describe(work: string, version: string | undefined, seconds: number): Promise<Root> {
  const word = async (name: string): Promise<string> => (await readFile(join(work, name), 'utf8')).trim();
  const sum = await word('sum');
  const day = new Date(seconds * 1000).toISOString().slice(0, 10);
  const boot: Record<string, string> = {};
  for (const name of bootFiles) boot[name] = await sha256Of(join(work, 'boot', name));
  return {
    version: version ?? `${day}-${sum.slice(0, 8)}`,
    sum,
    kernel: await word('kernel'),
    xen: await word('xen'),
    files: Number(await word('files')),
    sizeMB: Number(await word('size')),
    builtAt: seconds * 1000,
    packages: (await word('packages.lock')).split('\n'),
    boot,
  };
}
