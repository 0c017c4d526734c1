import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { repository } from '../src/sim/lab/wire.js';
import type { GuestPart } from './batch.js';

const images = join(repository(), 'xenlab', 'images');
/** The laboratory's own small worker, and the one that the repository gives to administrators. */
export const recipes = { light: join(images, 'light.yaml'), worker: join(repository(), 'recipes', 'worker.yaml') } as const;

export interface RecipeSite {
  /** Where its overlays and the recipe itself are made. */
  readonly folder: string;
  /** A file of root's public keys. */
  readonly adminKeys: string;
  readonly guest: GuestPart;
}

/** A recipe with a site's overlays on it: its guest.conf, its batch system's part, and root's key. Answers with the recipe's file. */
export function siteRecipe(source: string, { folder, adminKeys, guest }: RecipeSite): string {
  const key = join(folder, 'key', 'root', '.ssh');
  mkdirSync(key, { recursive: true, mode: 0o700 });
  copyFileSync(adminKeys, join(key, 'authorized_keys'));
  const conf = join('etc', 'domus', 'guest.conf');
  mkdirSync(join(folder, 'site', dirname(conf)), { recursive: true });
  writeFileSync(join(folder, 'site', conf), `${readFileSync(join(images, 'site', conf), 'utf8')}${guest.settings.join('\n')}\n`);
  const small = source === recipes.light ? [join(images, 'light')] : [];
  const overlays = [join(folder, 'site'), ...small, guest.overlay, join(folder, 'key')];
  const text = readFileSync(source, 'utf8')
    .replace(/^overlays: .*$/m, `overlays: [${overlays.join(', ')}]`)
    .replace(/^packages:\n/m, `$&${guest.packages.map((name) => `  - ${name}\n`).join('')}`)
    .replace(/^commands:\n/m, `$&${guest.commands.map((words) => `  - [${words.join(', ')}]\n`).join('')}`);
  const file = join(folder, basename(source));
  writeFileSync(file, text);
  return file;
}
