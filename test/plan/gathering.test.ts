import { describe, expect, it } from 'vitest';
import { type Given, given, minute } from '../given.js';

const procs = (count: number) => ({ places: [{ count, slots: 1, properties: [], anywhere: true as const }] });

/** One full host of four cores: `grid` has so many idle machines of one core, `bio` the others, each with a job that no end is known of. */
const gathered = (idle: number): Given => {
  const world = given().env('grid').env('bio').host('post1').seats('grid', 8).seats('bio', 8);
  for (const at of [1, 2, 3, 4]) world.machine(`${at <= idle ? 'grid' : 'bio'}-0${at}`, 'ready', at <= idle ? {} : { jobs: [`${at}.srv`] });
  return world;
};
const drained = (world: Given): readonly string[] => world.decide().decisions.map((d) => `${d.kind} ${'machine' in d ? d.machine.slice(0, 4) : ''}`);

describe('A wide job is owed its waiting time for each slot that it lacks', () => {
  it('so it keeps what it has gathered from a small job that has waited longer than it has for each of its slots', () => {
    const world = gathered(3).waits('grid', { waitedMs: 60 * minute, ...procs(4) });
    expect(drained(world.waits('bio', { waitedMs: 50 * minute }))).toEqual([]);
  });

  it('but not from one that has waited longer than it has for each that it lacks', () => {
    const world = gathered(3).waits('grid', { waitedMs: 60 * minute, ...procs(4) });
    expect(drained(world.waits('bio', { waitedMs: 76 * minute }))).toEqual(['drain grid']);
  });

  it('the less it has, the sooner it gives it', () => {
    const world = gathered(1).waits('grid', { waitedMs: 60 * minute, ...procs(4) });
    expect(drained(world.waits('bio', { waitedMs: 50 * minute }))).toEqual(['drain grid']);
  });

  it('and one that has all its slots is owed its whole waiting time for them', () => {
    const world = () => gathered(4).waits('grid', { waitedMs: 60 * minute, ...procs(4) });
    expect(drained(world().waits('bio', { waitedMs: 75 * minute }))).toEqual([]);
    expect(drained(world().waits('bio', { waitedMs: 76 * minute }))).toEqual(['drain grid']);
  });

  it('of several that gather, the one that lacks least takes what falls free', () => {
    const world = given().env('grid').env('bio').env('chem').host('post1').host('post2').seats('grid', 8).seats('bio', 8).seats('chem', 8);
    for (const at of [1, 2, 3]) world.machine(`grid-0${at}`, 'ready', {});
    world.machine('bio-01', 'ready', {});
    for (const at of [1, 2, 3, 4]) world.machine(`chem-0${at}`, 'ready', { host: 'post2', jobs: [`${at}.srv`] });
    world.waits('grid', { waitedMs: 60 * minute, ...procs(4) }).waits('bio', { waitedMs: 100 * minute, ...procs(4) });
    expect(drained(world)).toEqual(['drain bio-']);
  });
});

describe('A machine that has come up for a small job behind an older wide one', () => {
  const world = (small: number): Given =>
    gathered(1)
      .waits('grid', { waitedMs: 80 * minute, ...procs(16) })
      .waits('grid', { waitedMs: small })
      .waits('bio', { waitedMs: 40 * minute });

  it('is not taken before the scheduler has looked at it: it may start the small one there', () => {
    expect(drained(world(40 * minute))).toEqual([]);
  });

  it('is taken by a job that is owed more than both', () => {
    expect(drained(world(30 * minute))).toEqual(['drain grid']);
  });
});
