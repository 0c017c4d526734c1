import { describe, expect, it } from 'vitest';
import { type Given, given, minute, now } from '../given.js';

const hour = 60 * minute;
const procs = (count: number) => ({ places: [{ count, slots: 1, properties: [], anywhere: true as const }] });
const held = (world: Given): readonly string[] => [...world.decide().holds.keys()];
const done = (world: Given): readonly string[] => world.decide().decisions.map((d) => `${d.kind} ${'machine' in d ? d.machine.slice(0, 4) : ''}`.trim());

/** One host of four cores, full of machines of `bio` with a job each, and `bio` has more jobs that wait. */
const busy = (bio = {}, memoryMiB = 8192): Given => {
  const world = given().env('grid').env('bio', bio).host('post1', { memoryMiB }).seats('grid', 8).seats('bio', 8);
  for (const at of [1, 2, 3, 4]) world.machine(`bio-0${at}`, 'ready', { jobs: [`${at}.srv`] });
  return world.waits('bio', { waitedMs: minute });
};

describe('A wide job for which nobody should wait', () => {
  it('asks for more memory than its hosts have, though they have the cores', () => {
    const world = (perSlotMiB: number) => busy().waits('grid', { waitedMs: hour, perSlotMiB, ...procs(4) });
    expect(held(world(2048))).toHaveLength(4);
    expect(held(world(2049))).toEqual([]);
  });

  it('would need machines that another environment keeps as its minimum', () => {
    const world = (min: number) => busy({ min }).waits('grid', { waitedMs: hour, ...procs(4) });
    expect(held(world(0))).toHaveLength(4);
    expect(held(world(1))).toEqual([]);
    const fewer = busy({ min: 1 }).waits('grid', { waitedMs: hour, ...procs(3) });
    expect(held(fewer)).toHaveLength(4);
  });

  it('would need a machine that a person holds, has set offline, or that is broken', () => {
    const with4 = (wish: Parameters<Given['machine']>[2]) =>
      busy()
        .machine('bio-04', 'ready', wish)
        .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(held(with4({ jobs: ['4.srv'] }))).toHaveLength(4);
    expect(held(with4({ row: { held: { by: 'ann', why: 'looks at it', at: now } as never } }))).toEqual([]);
    expect(held(with4({ states: ['offline'], note: 'disk' }))).toEqual([]);
    expect(held(with4({ row: { failing: { why: 'x', at: now, keepUntil: now + hour } as never } }))).toEqual([]);
  });

  it('would still lack slots with those of foreign nodes and its own', () => {
    const world = (count: number) => {
      const built = given().env('grid').env('bio').host('post1').seats('grid', 8).seats('bio', 8).foreignNode('old1', 2).machine('grid-01', 'ready');
      for (const at of [1, 2, 3]) built.machine(`bio-0${at}`, 'ready', { jobs: [`${at}.srv`] });
      return built.waits('grid', { waitedMs: hour, ...procs(count) }).waits('bio', { waitedMs: minute });
    };
    expect(held(world(6))).toHaveLength(3);
    expect(held(world(7))).toEqual([]);
  });

  it('was refused by the scheduler again and again when it had all of its slots', () => {
    const world = (pauseMs: number, oldest = 'w.srv') =>
      busy()
        .waits('grid', { waitedMs: hour, job: 'w.srv', key: 'g', ...procs(4) })
        .change({ table: 'refusals', key: 'g', row: { group: 'g', node: 'grid-01', freeSince: 0, pausedUntil: now - 1, pauseMs, oldest } });
    expect(held(world(0))).toHaveLength(4);
    expect(held(world(hour / 2))).toHaveLength(4);
    expect(held(world(hour))).toEqual([]);
    expect(held(world(hour, 'other.srv'))).toHaveLength(4);
  });
  it('would need more seats than there are', () => {
    const world = (seats: number) => {
      const built = given()
        .env('grid', { cores: { min: 1, max: 1, step: 1 } })
        .env('bio')
        .host('post1')
        .seats('grid', seats)
        .seats('bio', 8);
      for (const at of [1, 2, 3, 4]) built.machine(`bio-0${at}`, 'ready', { jobs: [`${at}.srv`] });
      return built.waits('bio', { waitedMs: minute }).waits('grid', { waitedMs: hour, ...procs(4) });
    };
    expect(held(world(4))).toHaveLength(4);
    expect(held(world(3))).toEqual([]);
  });
});

describe('A wide job', () => {
  it('has the memory of several small idle machines of one host together', () => {
    const world = given().env('grid').env('bio').host('post1').seats('grid', 8).seats('bio', 8);
    for (const at of [1, 2, 3, 4]) world.machine(`bio-0${at}`, 'ready', { size: { cores: 1, memoryMiB: 2048 } });
    world.waits('grid', { waitedMs: hour, perSlotMiB: 4096, ...procs(2) });
    expect(done(world)).toEqual(['drain bio-', 'drain bio-', 'drain bio-', 'drain bio-']);
  });

  it('has that of idle machines of its own that are too small, too', () => {
    const world = given().env('grid').host('post1').seats('grid', 8);
    for (const at of [1, 2, 3, 4]) world.machine(`grid-0${at}`, 'ready', { size: { cores: 1, memoryMiB: 2048 } });
    world.waits('grid', { waitedMs: hour, perSlotMiB: 4096, ...procs(2) });
    expect(done(world).length).toBeGreaterThan(0);
  });

  it('does not count on idle machines of hosts that it cannot use', () => {
    const world = given()
      .env('grid')
      .env('chem', { pools: ['other'] })
      .host('post1')
      .host('post2', { pool: 'other' })
      .seats('grid', 8)
      .seats('chem', 8);
    for (const at of [1, 2, 3]) world.machine(`grid-0${at}`, 'ready');
    world.machine('grid-04', 'ready', { jobs: ['1.srv'] }).machine('chem-01', 'ready', { host: 'post2' });
    world.waits('grid', { waitedMs: hour, ...procs(4) });
    expect(world.decide().said('group:grid-g0')).toEqual(['waits until it can have its 4 slots at once: 3 now']);
  });

  it('nor on more of another environment than its minimum leaves', () => {
    const world = given().env('grid').env('bio', { min: 2 }).host('post1').seats('grid', 8).seats('bio', 8);
    for (const at of [1, 2, 3]) world.machine(`bio-0${at}`, 'ready');
    world.machine('grid-01', 'ready');
    world.waits('grid', { waitedMs: hour, ...procs(3) });
    expect(world.decide().said('group:grid-g0')).toEqual(['wants 3 slots at once, and can have 2 at most for now: nobody waits for it']);
  });

  it('nor on more machines than it has seats', () => {
    const world = given()
      .env('grid', { cores: { min: 1, max: 1, step: 1 } })
      .host('post1')
      .seats('grid', 3)
      .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(done(world)).toEqual([]);
  });

  it('is not robbed of its turn by what is guaranteed to an environment of other hosts', () => {
    const world = (pools: string[]) =>
      busy()
        .env('chem', { pools, share: 1 })
        .host('post9', { pool: 'other' })
        .seats('chem', 2)
        .machine('chem-01', 'ready', { host: 'post9', size: { cores: 4, memoryMiB: 4096 }, jobs: ['9.srv'] })
        .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(held(world(['other']))).toHaveLength(4);
  });
});

describe('A job that runs on past its walltime', () => {
  const world = (startedHoursAgo: number): Given => {
    const built = busy();
    const job = (id: string) =>
      [
        `torque/${id}`,
        { source: 'torque', id, queue: 'bio', startedAt: now - startedHoursAgo * hour, request: { chunks: [], procs: 1, walltimeMs: hour, unsupported: [] } },
      ] as const;
    built.groups.length = 0;
    return built
      .extra({ jobs: new Map([job('1.srv'), job('2.srv'), job('3.srv'), job('4.srv')]) as never })
      .host('post2', { cores: 2 })
      .waits('grid', { waitedMs: 3 * hour, job: 'head.srv', ...procs(6) })
      .waits('bio', { walltimeMs: 10 * minute });
  };
  it('may end at any moment, but nobody waits longer than some minutes for that', () => {
    expect(done(world(1.01))).toEqual([]);
    expect(done(world(9))).toEqual(['start']);
  });
});
