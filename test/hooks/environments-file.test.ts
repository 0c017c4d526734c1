import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentsFile } from '../../src/hooks/environments-file.js';
import { Publication } from '../../src/hooks/publication.js';
import { silentLog } from '../../src/log.js';
import type { Present } from '../../src/model/present.js';
import { given } from '../given.js';
import { givenPresent } from '../given-present.js';

const serves = { source: 'torque', queues: [], properties: [], accounts: [] };
const site = () =>
  given()
    .env('grid', { serves: { ...serves, queues: ['grid', 'long'], properties: ['shared', 'grid'] } })
    .env('legacy', { max: 6, cores: { min: 2, max: 2, step: 1 }, serves: { ...serves, properties: ['shared'], accounts: ['old'] } })
    .seats('grid', 2, { properties: ['shared', 'grid', 'x86_64'] })
    .seats('legacy', 1, { properties: ['shared'] });
const lines = (text: string): readonly string[] => text.trimEnd().split('\n').slice(1);

describe('the public file of the hooks', () => {
  it('tells of each environment its own property, its ways in, and the most that it can serve', () => {
    expect(lines(environmentsFile(site().policy, []))).toEqual([
      'environment grid grid grid,long shared,grid shared,grid,x86_64 8 16384 100',
      'environment legacy - - shared shared 2 16384 6',
    ]);
  });

  it('tells of nodes that are not ours each kind once, and no word that a hook could misread', () => {
    const statics = [
      { np: 8, properties: ['b', 'a'] },
      { np: 8, properties: ['a', 'b'] },
      { np: 0, properties: ['c'] },
      { np: 2, properties: ['x y', 'a,b', '$(id)', '`id`', '\u001b[31m'] },
    ];
    expect(lines(environmentsFile(given().policy, statics))).toEqual(['static 2 -', 'static 8 a,b']);
  });

  it('is the same for the same facts in another order', () => {
    const turned = { ...site().policy, environments: Object.fromEntries(Object.entries(site().policy.environments).reverse()) };
    expect(environmentsFile(turned, [])).toBe(environmentsFile(site().policy, []));
  });
});

describe('its publication', () => {
  const world = (present: Present, silent: boolean): Present =>
    silent
      ? {
          ...present,
          world: {
            ...present.world,
            sources: new Map([...present.world.sources].map(([name, { reading, ...rest }]) => [name, { ...rest, reading: withoutValue(reading) }])),
          },
        }
      : present;
  const withoutValue = <R extends { value?: unknown }>(reading: R): R => {
    const { value: _, ...rest } = reading;
    return rest as R;
  };

  it('waits until every batch server was heard, then is readable by everybody and written only when it changes', async () => {
    const runDir = mkdtempSync(join(tmpdir(), 'domus-publication-'));
    const file = join(runDir, 'environments.txt');
    const publication = new Publication(runDir, silentLog);
    const present = givenPresent();
    publication.follow(world(present, true));
    await publication.settled();
    expect(() => statSync(file)).toThrow('ENOENT');
    publication.follow(present);
    await publication.settled();
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const { ino } = statSync(file);
    publication.follow({ ...present, revision: 99 });
    await publication.settled();
    expect(statSync(file).ino).toBe(ino);
    expect(readFileSync(file, 'utf8')).toBe(
      environmentsFile(
        present.policy,
        present.world.foreign.map(({ node }) => node),
      ),
    );
    rmSync(runDir, { recursive: true });
  });

  it('that fails is tried again with the next present, and stops nothing', async () => {
    const runDir = join(mkdtempSync(join(tmpdir(), 'domus-publication-')), 'later');
    const publication = new Publication(runDir, silentLog);
    publication.follow(givenPresent());
    await publication.settled();
    mkdirSync(runDir);
    chmodSync(runDir, 0o755);
    publication.follow(givenPresent());
    await publication.settled();
    expect(statSync(join(runDir, 'environments.txt')).isFile()).toBe(true);
    rmSync(runDir, { recursive: true });
  });
});
