import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/drivers/failure.js';
import { lockedFolder } from '../../src/images/lock.js';
import { ownFolder } from '../../src/images/place.js';
import type { ImageStore } from '../../src/images/store.js';
import { folder, never, openStore, textVersion } from './given.js';

const kindOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown instanceof Failure ? thrown.kind : String(thrown)),
  );
/** What a host's runner would list: no name that starts with a dot. */
const seenByHosts = (store: ImageStore): readonly string[] =>
  readdirSync(store.root)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      readdirSync(join(store.root, name))
        .filter((version) => !version.startsWith('.'))
        .map((version) => `${name} ${version}`),
    );

async function published(store: ImageStore, ...versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    await store.add('grid', version, textVersion(version));
    await store.publish('grid', version, never);
  }
}
const current = async (store: ImageStore): Promise<string | undefined> => (await store.current('grid'))?.version;

describe('making a version', () => {
  test('no host sees it before it is published, and what fails or is cut off leaves nothing', async () => {
    const store = openStore();
    const during: string[] = [];
    await store.add('grid', undefined, (at) => {
      during.push(...seenByHosts(store));
      return textVersion('one')(at);
    });
    expect([...during, ...seenByHosts(store)]).toEqual([]);
    expect((await store.list()).map((v) => [v.version, v.published])).toEqual([['20261121.1', false]]);
    expect(await kindOf(store.add('grid', undefined, () => Promise.reject(new Failure('full', 'no space'))))).toBe('full');
    expect(await store.list()).toHaveLength(1);
    expect(readdirSync(join(store.root, '.work')).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  test('a version gets the next free name of its day, and a name is never used twice', async () => {
    const store = openStore();
    await store.add('grid', undefined, textVersion('one'));
    expect((await store.add('grid', undefined, textVersion('two'))).version).toBe('20261121.2');
    expect(await kindOf(store.add('grid', '20261121.2', textVersion('three')))).toBe('exists');
    expect(await kindOf(store.add('grid', 'latest', textVersion('three')))).toBe('refused');
    expect(await kindOf(store.add('../grid', undefined, textVersion('three')))).toBe('refused');
  });

  test('two at once: the second of the same image is told who is at it, one of another image goes on', async () => {
    const store = openStore();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = store.add('grid', undefined, async (at) => {
      await gate;
      return textVersion('one')(at);
    });
    await expect(async () => {
      while (!existsSync(join(store.root, '.work/grid.owner'))) await new Promise((turn) => setImmediate(turn));
      await store.add('grid', undefined, textVersion('two'));
    }).rejects.toThrow(new RegExp(`making image grid is under way already: process ${process.pid} on `));
    expect((await store.add('other', undefined, textVersion('two'))).name).toBe('other');
    release();
    expect((await first).version).toBe('20261121.1');
  });

  test('what a dead one left is gone when the next begins', async () => {
    const root = folder();
    mkdirSync(join(root, '.work/grid/version'), { recursive: true });
    writeFileSync(join(root, '.work/grid/version/disk.qcow2'), 'half');
    const store = openStore(root);
    await store.add('grid', undefined, (at) => {
      expect(readdirSync(at)).toEqual([]);
      return textVersion('one')(at);
    });
    expect(existsSync(join(root, '.work/grid'))).toBe(false);
  });

  test('a lock is held by one at a time', async () => {
    const parent = folder();
    const lock = await lockedFolder(parent, 'a', 'this', 0);
    expect(await kindOf(lockedFolder(parent, 'a', 'this', 0))).toBe('busy');
    await lock.release();
    await (await lockedFolder(parent, 'a', 'this', 0)).release();
  });
});

describe('publishing', () => {
  test('shows it to the hosts and makes it the current one', async () => {
    const store = openStore();
    await published(store, '1', '2');
    expect(seenByHosts(store)).toEqual(['grid 1', 'grid 2']);
    expect(await current(store)).toBe('2');
    expect((await store.list()).map((v) => [v.version, v.current])).toEqual([
      ['2', true],
      ['1', false],
    ]);
  });

  test('refuses a version whose bytes are not those that were made, and nothing changes', async () => {
    const store = openStore();
    await published(store, '1');
    await store.add('grid', '2', textVersion('two'));
    const disk = join(store.root, '.staged/grid/2/disk.qcow2');
    renameSync(disk, `${disk}.was`);
    writeFileSync(disk, 'twO');
    await expect(store.publish('grid', '2', never)).rejects.toThrow('disk.qcow2 is damaged');
    expect(seenByHosts(store)).toEqual(['grid 1']);
    expect(await current(store)).toBe('1');
  });

  test('beside versions that were put there by hand, the newest of them is current until ours is', async () => {
    const store = openStore();
    mkdirSync(join(store.root, 'grid/9'), { recursive: true });
    mkdirSync(join(store.root, 'grid/10'), { recursive: true });
    await store.add('grid', '2', textVersion('two'));
    await store.publish('grid', '2', never);
    expect(await store.current('grid')).toMatchObject({ version: '2', before: [{ version: '10' }] });
    expect(await store.rollback('grid', undefined)).toEqual({ from: '2', to: '10' });
  });

  test('going back twice goes further back, and a named version is taken at its word', async () => {
    const store = openStore();
    await published(store, '1', '2', '3');
    expect(await store.rollback('grid', undefined)).toEqual({ from: '3', to: '2' });
    expect(await store.rollback('grid', undefined)).toEqual({ from: '2', to: '1' });
    expect(await kindOf(store.rollback('grid', undefined))).toBe('absent');
    expect(await store.rollback('grid', '3')).toEqual({ from: '1', to: '3' });
    expect(await kindOf(store.rollback('grid', '4'))).toBe('absent');
    expect(seenByHosts(store)).toEqual(['grid 1', 'grid 2', 'grid 3']);
  });

  test('a damaged pointer is said, not guessed', async () => {
    const store = openStore();
    await published(store, '1');
    writeFileSync(join(store.root, 'grid/.current.json'), '{"v":1');
    expect(await kindOf(store.rollback('grid', undefined))).toBe('garbled');
    expect(await kindOf(store.list())).toBe('garbled');
  });
});

describe('a damaged pointer of one image', () => {
  test('keeps no other image from being made, published or removed, and publishing mends it', async () => {
    const store = openStore();
    await published(store, '1');
    await store.add('other', '1', textVersion('one'));
    writeFileSync(join(store.root, 'grid/.current.json'), '{"v":1');
    await store.add('other', '2', textVersion('two'));
    for (const version of ['1', '2']) await store.publish('other', version, never);
    await store.remove('other', '1');
    await store.add('grid', '2', textVersion('two'));
    await store.publish('grid', '2', never);
    expect(await current(store)).toBe('2');
    expect([...seenByHosts(store)].sort()).toEqual(['grid 1', 'grid 2', 'other 2']);
  });
});

describe('a folder for work', () => {
  test('belongs to this user alone', async () => {
    const parent = folder();
    await ownFolder(join(parent, 'work'));
    expect(statSync(join(parent, 'work')).mode & 0o777).toBe(0o700);
    chmodSync(join(parent, 'work'), 0o777);
    symlinkSync(parent, join(parent, 'link'));
    for (const name of ['work', 'link']) expect(await kindOf(ownFolder(join(parent, name)))).toBe('denied');
  });
});

describe('removing', () => {
  test('the current version stays, another goes whole', async () => {
    const store = openStore();
    await published(store, '1', '2');
    expect(await kindOf(store.remove('grid', '2'))).toBe('refused');
    await store.remove('grid', '1');
    expect(seenByHosts(store)).toEqual(['grid 2']);
    expect(await kindOf(store.remove('grid', '1'))).toBe('absent');
    expect(readFileSync(join(store.root, 'grid/2/disk.qcow2'), 'utf8')).toBe('2');
  });
});
