import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../drivers/failure.js';
import type { BootChoice, BootSeen } from '../model/boot.js';
import type { ExportIds } from './exports.js';
import type { RootUse } from './moves.js';

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

/** Writes a file whole or not at all. */
export async function replaceFile(file: string, text: string, mode = 0o644): Promise<void> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    const handle = await open(fresh, 'wx', mode);
    await handle.writeFile(text);
    await handle.sync().finally(() => handle.close());
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
  const folder = await open(dirname(file));
  await folder.sync().finally(() => folder.close());
}

/**
 * The boot server's memory, below the state folder: `choice/HOST` (written by who chooses), `seen/HOST` (by the door
 * alone), `key/HOST` (private host keys, for root only), `roots`, `exports`, `told` and `published` (what the publisher has done).
 * One JSON file each, replaced whole, so that no two
 * writers meet in one file.
 */
export class Records {
  readonly folder: string;

  constructor(stateDir: string) {
    this.folder = join(stateDir, 'boot');
  }

  async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const part of ['choice', 'seen', 'key']) await mkdir(join(this.folder, part), { recursive: true, mode: 0o700 });
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(dirname(this.folder)); // the daemon's own user: it chooses, root publishes
    for (const part of ['.', 'choice', 'seen']) {
      const folder = join(this.folder, part);
      const now = await stat(folder);
      if (now.uid !== uid || now.gid !== gid) await chown(folder, uid, gid); // only then: the folders are watched
    }
  }

  choice(host: string): Promise<BootChoice | undefined> {
    return this.#read(`choice/${host}`);
  }
  putChoice(host: string, choice: BootChoice): Promise<void> {
    return this.#write(`choice/${host}`, choice);
  }
  seen(host: string): Promise<BootSeen | undefined> {
    return this.#read(`seen/${host}`);
  }
  putSeen(host: string, seen: BootSeen): Promise<void> {
    return this.#write(`seen/${host}`, seen);
  }
  async roots(): Promise<RootUse> {
    return (await this.#read<RootUse>('roots')) ?? { hosts: {}, failed: [] };
  }
  putRoots(use: RootUse): Promise<void> {
    return this.#write('roots', use);
  }
  async exportIds(): Promise<ExportIds> {
    return (await this.#read<ExportIds>('exports')) ?? {};
  }
  putExportIds(ids: ExportIds): Promise<void> {
    return this.#write('exports', ids);
  }
  /** Ids of the choices that are published, by host. */
  async publishedChoices(): Promise<Readonly<Record<string, string>>> {
    return (await this.#read<Record<string, string>>('published')) ?? {};
  }
  putPublishedChoices(ids: Readonly<Record<string, string>>): Promise<void> {
    return this.#write('published', ids);
  }
  /** Hash of the exports that the NFS server was last told of. */
  async toldExports(): Promise<string | undefined> {
    return (await this.#read<{ readonly exports: string }>('told'))?.exports;
  }
  putToldExports(exports: string): Promise<void> {
    return this.#write('told', { exports });
  }
  /** Hosts that have a key. */
  async keyed(): Promise<readonly string[]> {
    const names = await readdir(join(this.folder, 'key')).catch((thrown) => (isMissing(thrown) ? [] : Promise.reject(thrown)));
    return names.filter((name) => !name.endsWith('.new')).sort();
  }
  async key(host: string): Promise<{ readonly private: string; readonly public: string } | undefined> {
    return this.#read(`key/${host}`);
  }
  async putKey(host: string, key: { readonly private: string; readonly public: string }): Promise<void> {
    await replaceFile(join(this.folder, 'key', host), `${JSON.stringify(key)}\n`, 0o600);
  }

  async #read<T>(name: string): Promise<T | undefined> {
    const file = join(this.folder, name);
    try {
      return JSON.parse(await readFile(file, 'utf8')) as T;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      if (thrown instanceof SyntaxError) throw new Failure('garbled', `${file} is damaged: remove it, and choose again`, { cause: thrown });
      throw new Failure('denied', `cannot read ${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    }
  }
  async #write(name: string, value: unknown): Promise<void> {
    await replaceFile(join(this.folder, name), `${JSON.stringify(value)}\n`);
  }
}
