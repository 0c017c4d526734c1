import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { Failure } from '../drivers/failure.js';
import { versionOrder } from '../model/versions.js';
import { verify } from './checksums.js';
import { lockedFolder } from './lock.js';
import { type Manifest, manifestFile, manifestText, parseManifest, plainName } from './manifest.js';
import { asPlaceFailure, isThere, namesIn, settle, textOf, writeWhole } from './place.js';

/** Which version is started where an environment says `latest`, and which were before it; `.current.json` beside the versions. */
const currentSchema = z.strictObject({
  v: z.literal(1),
  version: z.string().regex(plainName),
  /** Epoch ms. */
  since: z.int(),
  /** Newest last. */
  before: z.array(z.strictObject({ version: z.string().regex(plainName), since: z.int() })).max(100),
});
export type Current = z.output<typeof currentSchema>;

export const currentFile = '.current.json';
const stagedFolder = '.staged';
const workFolder = '.work';
/** So many former versions are remembered for a rollback. */
const mostBefore = 50;

export interface Version {
  readonly name: string;
  readonly version: string;
  /** Published: hosts see it. Else it waits for `publish`. */
  readonly published: boolean;
  readonly current: boolean;
  /** Absent for a version that was put there by hand. */
  readonly manifest: Manifest | undefined;
}

function checked(what: string, value: string): string {
  if (plainName.test(value)) return value;
  throw new Failure('refused', `${what} ${JSON.stringify(value.slice(0, 80))}: letters, digits, dot, _ and -, at most 64, no dot at the start`);
}

/**
 * The folder of all images: NAME/VERSION/{disk.qcow2, kernel, ramdisk, image.json}. What is not whole stands below names
 * that start with a dot, which no host looks at; it becomes visible by one rename. All methods raise Failure.
 */
export class ImageStore {
  readonly #root: string;
  readonly #clock: Clock;

  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  get root(): string {
    return this.#root;
  }

  folderOf(name: string, version: string): string {
    return join(this.#root, checked('image', name), checked('version', version));
  }
  #staged(name: string, version: string): string {
    return join(this.#root, stagedFolder, checked('image', name), checked('version', version));
  }

  /** Every version, published or waiting; names in order, newest version first. */
  async list(): Promise<readonly Version[]> {
    const published = await this.#versionsBelow(this.#root, true);
    const staged = await this.#versionsBelow(join(this.#root, stagedFolder), false);
    return [...published, ...staged].sort((a, b) => (a.name === b.name ? versionOrder(b.version, a.version) : a.name < b.name ? -1 : 1));
  }

  /** Of all images, or of one: a damaged pointer of another is no hindrance to that. */
  async #versionsBelow(root: string, published: boolean, only?: string): Promise<readonly Version[]> {
    const found: Version[] = [];
    for (const name of (await namesIn(root)).filter((n) => plainName.test(n) && (only === undefined || n === only))) {
      const current = published ? (await this.current(name))?.version : undefined;
      const versions = (await namesIn(join(root, name))).filter((v) => plainName.test(v));
      const newest = current ?? (published ? [...versions].sort((a, b) => versionOrder(b, a))[0] : undefined);
      for (const version of versions) {
        const text = await textOf(join(root, name, version, manifestFile));
        found.push({ name, version, published, current: version === newest, manifest: text === undefined ? undefined : parseManifest(text) });
      }
    }
    return found;
  }

  /** Raises Failure `garbled` where the file is damaged. */
  async current(name: string): Promise<Current | undefined> {
    const file = join(this.#root, checked('image', name), currentFile);
    const text = await textOf(file);
    if (text === undefined) return undefined;
    try {
      return currentSchema.parse(JSON.parse(text));
    } catch (thrown) {
      throw new Failure('garbled', `${file} is damaged: publish a version again`, { cause: thrown });
    }
  }

  /** Publishing is what mends a damaged pointer: what it said before is lost. */
  async #currentOr(name: string): Promise<Current | 'damaged' | undefined> {
    try {
      return await this.current(name);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'garbled') return 'damaged';
      throw thrown;
    }
  }

  /** The manifest of a version, published or waiting. Raises Failure `absent`, `garbled`. */
  async manifest(name: string, version: string): Promise<{ readonly folder: string; readonly manifest: Manifest; readonly published: boolean }> {
    const published = this.folderOf(name, version);
    const there = await isThere(published);
    const folder = there ? published : this.#staged(name, version);
    const text = await textOf(join(folder, manifestFile));
    if (text === undefined) {
      const other = there ? `has no ${manifestFile}: it was not made by domus image` : 'is not in the store: domus image list';
      throw new Failure('absent', `image ${name} version ${version} ${other}`);
    }
    const manifest = parseManifest(text);
    if (manifest === undefined) throw new Failure('garbled', `${join(folder, manifestFile)} cannot be read`);
    return { folder, manifest, published: there };
  }

  /** Reads every byte. Raises Failure `refused` where it is not what was made. */
  async check(name: string, version: string, signal: AbortSignal): Promise<Manifest> {
    const { folder, manifest } = await this.manifest(name, version);
    await verify(folder, manifest, signal);
    return manifest;
  }

  /** The wanted version, where it is free, or one of today: `20261121.1`. Raises Failure `exists`. */
  async #free(name: string, wanted: string | undefined): Promise<string> {
    const taken = new Set([...(await namesIn(join(this.#root, checked('image', name)))), ...(await namesIn(join(this.#root, stagedFolder, name)))]);
    if (wanted !== undefined) {
      checked('version', wanted);
      if (wanted === 'latest') throw new Failure('refused', 'no version is called latest');
      if (taken.has(wanted)) throw new Failure('exists', `image ${name} has a version ${wanted} already: a version never changes, name another`);
      return wanted;
    }
    const today = new Date(this.#clock.wall()).toISOString().slice(0, 10).replaceAll('-', '');
    for (let n = 1; ; n++) if (!taken.has(`${today}.${n}`)) return `${today}.${n}`;
  }

  /**
   * Has `make` fill a folder on the store's own disk, then keeps it as a version that waits for `publish`. One at a time
   * for each image; what a dead one left is removed first. Where `make` fails nothing is left. Raises Failure `busy`, `full`, `exists`.
   */
  async add(
    name: string,
    wanted: string | undefined,
    make: (folder: string, version: string) => Promise<Omit<Manifest, 'v' | 'name' | 'version' | 'madeAt'>>,
  ): Promise<Manifest> {
    checked('image', name);
    const what = `making image ${name}`;
    try {
      const lock = await lockedFolder(join(this.#root, workFolder), name, what, this.#clock.wall());
      try {
        const version = await this.#free(name, wanted);
        const folder = join(lock.folder, 'version');
        await mkdir(folder);
        const manifest: Manifest = { v: 1, name, version, madeAt: this.#clock.wall(), ...(await make(folder, version)) };
        for (const { name: file } of manifest.files) {
          await chmod(join(folder, file), 0o444);
          await settle(join(folder, file));
        }
        await writeWhole(join(folder, manifestFile), manifestText(manifest));
        const staged = this.#staged(name, version);
        await mkdir(join(staged, '..'), { recursive: true });
        await rename(folder, staged);
        await settle(join(staged, '..'));
        return manifest;
      } finally {
        await lock.release();
      }
    } catch (thrown) {
      throw asPlaceFailure(thrown, what);
    }
  }

  /** Checks every byte, makes it visible to the hosts, and has `latest` mean it. A version that is published already only becomes the current one. */
  async publish(name: string, version: string, signal: AbortSignal): Promise<Manifest | undefined> {
    try {
      if (await isThere(join(this.folderOf(name, version), 'disk.qcow2'))) {
        const made = await isThere(join(this.folderOf(name, version), manifestFile));
        const manifest = made ? await this.check(name, version, signal) : undefined;
        await this.#turnTo(name, version);
        return manifest;
      }
      const manifest = await this.check(name, version, signal);
      await mkdir(join(this.#root, name), { recursive: true });
      // The pointer first where there is none: else every environment would start the new one in the moment between.
      if ((await this.#currentOr(name)) === undefined) await this.#pinNewest(name);
      await rename(this.#staged(name, version), this.folderOf(name, version));
      await settle(join(this.#root, name));
      await this.#turnTo(name, version);
      return manifest;
    } catch (thrown) {
      throw asPlaceFailure(thrown, `publishing ${name} ${version}`);
    }
  }

  async #pinNewest(name: string): Promise<void> {
    const [newest] = (await this.#versionsBelow(this.#root, true, name)).filter((v) => v.current);
    if (newest !== undefined) await this.#turnTo(name, newest.version);
  }

  async #turnTo(name: string, version: string): Promise<void> {
    const was = await this.#currentOr(name);
    if (was !== 'damaged' && was?.version === version) return;
    const before = was === undefined || was === 'damaged' ? [] : [...was.before, { version: was.version, since: was.since }].slice(-mostBefore);
    const next: Current = { v: 1, version, since: this.#clock.wall(), before };
    await writeWhole(join(this.#root, name, currentFile), `${JSON.stringify(next)}\n`);
  }

  /** `latest` means the version before the current one again, or the named one. Nothing is removed. Raises Failure `absent`. */
  async rollback(name: string, to: string | undefined): Promise<{ readonly from: string; readonly to: string }> {
    const was = await this.current(name);
    if (was === undefined) throw new Failure('absent', `image ${name} was never published by domus image: there is nothing to go back to`);
    const there = (await namesIn(join(this.#root, name))).filter((v) => plainName.test(v));
    const target = to ?? was.before.map(({ version }) => version).findLast((version) => version !== was.version && there.includes(version));
    if (target === undefined) throw new Failure('absent', `image ${name} has no published version before ${was.version}`);
    if (!there.includes(target)) throw new Failure('absent', `image ${name} has no published version ${target}`);
    // Going back once more goes further back, not forth again.
    const place = was.before.findLastIndex(({ version }) => version === target);
    const next: Current = { v: 1, version: target, since: this.#clock.wall(), before: place < 0 ? was.before : was.before.slice(0, place) };
    try {
      await writeWhole(join(this.#root, name, currentFile), `${JSON.stringify(next)}\n`);
    } catch (thrown) {
      throw asPlaceFailure(thrown, `rolling ${name} back`);
    }
    return { from: was.version, to: target };
  }

  /** Takes a version away whole: first out of sight, then its files. Raises Failure `refused` for the current one. */
  async remove(name: string, version: string): Promise<void> {
    const published = this.folderOf(name, version);
    const folder = (await isThere(published)) ? published : this.#staged(name, version);
    if (!(await isThere(folder))) throw new Failure('absent', `image ${name} has no version ${version}`);
    const current = (await this.#versionsBelow(this.#root, true, name)).find((v) => v.current);
    if (folder === published && current?.version === version) {
      throw new Failure('refused', `${name} ${version} is the current version: publish another, or roll back, first`);
    }
    try {
      await mkdir(join(this.#root, workFolder), { recursive: true });
      const away = join(this.#root, workFolder, `removed-${name}-${version}`);
      await rm(away, { recursive: true, force: true });
      await rename(folder, away);
      await rm(away, { recursive: true, force: true });
    } catch (thrown) {
      throw asPlaceFailure(thrown, `removing ${name} ${version}`);
    }
  }
}
