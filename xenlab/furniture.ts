import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabFolder, newKey, writeKey } from '../src/sim/lab/folder.js';
import { must, run } from './children.js';
import type { Place } from './place.js';

/** The one who submits, as the site's accounts have her. */
export const alice = { name: 'alice', uid: 2001 } as const;

/** Root's key in the guests and on the hosts; one that is kept in `builtBefore` fits the images that are. The private key's text. */
export function adminKey({ root }: LabFolder, builtBefore: string | undefined): string {
  const file = join(root, 'admin');
  const kept = builtBefore === undefined ? undefined : join(builtBefore, 'admin');
  const isKept = kept !== undefined && existsSync(kept);
  if (!isKept) writeKey(file, newKey('admin'));
  for (const end of kept === undefined ? [] : ['', '.pub']) {
    if (isKept) copyFileSync(`${kept}${end}`, `${file}${end}`);
    else copyFileSync(`${file}${end}`, `${kept}${end}`);
  }
  return readFileSync(file, 'utf8');
}

/** Accounts and homes as a site has them on its file server. */
export function furnishHomes(homes: string): void {
  const accounts = join(homes, '.accounts');
  const home = join(homes, alice.name);
  for (const folder of [accounts, join(home, '.ssh')]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(accounts, 'passwd'), `${alice.name}:x:${alice.uid}:${alice.uid}::/home/${alice.name}:/bin/sh\n`);
  writeFileSync(join(accounts, 'group'), `${alice.name}:x:${alice.uid}:\n`);
  const own = newKey('alice');
  writeKey(join(home, '.ssh', 'id_ed25519'), own);
  writeFileSync(join(home, '.ssh', 'authorized_keys'), `${own.public}\n`, { mode: 0o600 });
  writeFileSync(join(home, '.ssh', 'config'), 'Host *\n  StrictHostKeyChecking accept-new\n', { mode: 0o600 });
  const all = [home, ...readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name))];
  for (const path of all) chownSync(path, alice.uid, alice.uid);
}

const storeOf = ({ root }: LabFolder): string => join(root, 'store');

/** The store is a disk of its own, as a site's would be: 4 GiB. */
export async function mountStore(place: Place, folder: LabFolder): Promise<void> {
  const disk = place.at('store.img');
  await must(['truncate', '-s', '4G', disk]);
  await must(['mkfs.ext4', '-q', '-F', '-m', '0', disk]);
  await must(['mount', '-o', 'loop', disk, storeOf(folder)]);
  for (const made of [folder.images, folder.overlays]) mkdirSync(made, { recursive: true });
}

/** Takes the store to its last block. */
export async function fillStore(folder: LabFolder): Promise<void> {
  const ballast = join(storeOf(folder), 'ballast');
  const free = Number((await must(['df', '--output=avail', '-B', '1024', storeOf(folder)])).split('\n')[1]);
  await must(['fallocate', '-l', `${Math.max(1, free - 64)}K`, ballast]);
  await run(['dd', 'if=/dev/zero', `of=${ballast}.rest`, 'bs=1k']); // it ends with "no space left"
}

export async function emptyStore(folder: LabFolder): Promise<void> {
  await must(['rm', '-f', join(storeOf(folder), 'ballast'), join(storeOf(folder), 'ballast.rest')]);
}
