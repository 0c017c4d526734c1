import { copyFile, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Failure } from '../drivers/failure.js';
import { type Entry, loaderFiles, type Tree } from './tree.js';

const kept = 5;
const releaseName = /^\d{8}$/;
const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
const orMissing = (thrown: unknown): undefined => {
  if (isMissing(thrown)) return undefined;
  throw thrown;
};

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}

async function filesBelow(folder: string, at = folder): Promise<readonly string[]> {
  const entries = (await readdir(at, { withFileTypes: true }).catch(orMissing)) ?? [];
  const found = await Promise.all(
    entries.map((entry) => (entry.isDirectory() ? filesBelow(folder, join(at, entry.name)) : [relative(folder, join(at, entry.name))])),
  );
  return found.flat().sort();
}

/** What is published now; empty where nothing is. */
export async function published(folder: string): Promise<Tree> {
  const current = join(folder, 'current');
  const tree = new Map<string, Entry>();
  for (const path of await filesBelow(`${current}/`)) {
    const file = join(current, path);
    const seen = await lstat(file).catch(orMissing);
    if (seen !== undefined) tree.set(path, seen.isSymbolicLink() ? { link: await readlink(file) } : { text: await readFile(file, 'utf8') });
  }
  return tree;
}

const same = (a: Entry | undefined, b: Entry | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Paths that differ between two trees, sorted. */
export const changedPaths = (before: Tree, after: Tree): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => !same(before.get(path), after.get(path))).sort();

/** Refuses to write over what another deployment published there. */
function checkOwner(before: Tree, deployment: string, folder: string): void {
  const conf = before.get('dnsmasq.conf');
  const head = conf !== undefined && 'text' in conf ? conf.text.split('\n', 1)[0] : undefined;
  if (head !== undefined && !head.startsWith(`# Written by Domus (deployment ${deployment})`))
    throw new Failure('refused', `${folder} was not published by deployment ${deployment}: give each deployment a folder of its own`);
}

/** The loaders' own bytes, from Debian's packages. Raises Failure `absent` with the packages' names. */
async function putLoaders(folder: string): Promise<void> {
  await mkdir(join(folder, 'loaders'), { recursive: true });
  for (const [name, source] of loaderFiles) {
    const file = join(folder, 'loaders', name);
    const fresh = await readFile(source).catch(orMissing);
    if (fresh === undefined) throw new Failure('absent', `${source} is not there: apt-get install ipxe pxelinux syslinux-common`);
    if ((await readFile(file).catch(orMissing))?.equals(fresh) === true) continue;
    await copyFile(source, `${file}.new`);
    await rename(`${file}.new`, file);
  }
}

/** dnsmasq runs this (its `dhcp-script`) when a file was handed out: the host of that address is booting, whatever else is believed of it. */
const askedFor = (folder: string): string => `#!/bin/sh
# dnsmasq runs this: tftp SIZE ADDRESS FILE
case $1,$3 in tftp,*[!0-9.]*) ;; tftp,?*) : >"${folder}/asked/$3" ;; esac
`;

async function putScript(folder: string): Promise<void> {
  const file = join(folder, 'asked-for');
  await mkdir(join(folder, 'asked'), { recursive: true });
  if ((await readFile(file, 'utf8').catch(orMissing)) === askedFor(folder)) return;
  await writeFile(`${file}.new`, askedFor(folder), { mode: 0o755 });
  await rename(`${file}.new`, file);
}

async function writeRelease(at: string, tree: Tree): Promise<void> {
  await rm(at, { recursive: true, force: true }); // what a crash left
  const folders = new Set<string>([at]);
  for (const [path, entry] of tree) {
    const file = join(at, path);
    await mkdir(dirname(file), { recursive: true });
    for (let above = dirname(file); above.length >= at.length; above = dirname(above)) folders.add(above);
    if ('link' in entry) await symlink(entry.link, file);
    else {
      const handle = await open(file, 'wx', 0o644);
      await handle.writeFile(entry.text);
      await handle.sync().finally(() => handle.close());
    }
  }
  for (const path of folders) await sync(path);
}

/**
 * Publishes a tree below `folder/current`: a release of its own is written, then one rename makes it the current one, so
 * that a reader sees all of the old files or all of the new ones, after a power cut too. Returns the paths that changed,
 * none where the tree is what is published. Raises Failure `refused` for another deployment's folder, `absent` without
 * the loaders' packages.
 */
export async function publish(folder: string, deployment: string, tree: Tree): Promise<readonly string[]> {
  const before = await published(folder);
  checkOwner(before, deployment, folder);
  await putLoaders(folder);
  await putScript(folder);
  const changed = changedPaths(before, tree);
  if (changed.length === 0) return [];
  const releases = join(folder, 'releases');
  await mkdir(releases, { recursive: true });
  const names = (await readdir(releases)).filter((name) => releaseName.test(name)).sort();
  const name = String(Number(names.at(-1) ?? 0) + 1).padStart(8, '0');
  await writeRelease(join(releases, `.${name}`), tree);
  await rename(join(releases, `.${name}`), join(releases, name));
  await sync(releases);
  await rm(join(folder, 'current.new'), { force: true });
  await symlink(`releases/${name}`, join(folder, 'current.new'));
  await rename(join(folder, 'current.new'), join(folder, 'current'));
  await sync(folder);
  for (const old of names.slice(0, Math.max(0, names.length + 1 - kept))) await rm(join(releases, old), { recursive: true, force: true });
  return changed;
}
