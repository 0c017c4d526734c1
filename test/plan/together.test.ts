import { describe, expect, it } from 'vitest';
import { awake, type HostPower, type PowerPolicy } from '../../src/model/power.js';
import { because } from '../../src/model/reason.js';
import type { JobGroup } from '../../src/model/world.js';
import { planning } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';

const hour = 60 * minute;
const manages: PowerPolicy = {
  ...{ manage: true, idleMs: 10 * minute, minOnMs: 30 * minute, minOffMs: minute, leaveAloneMs: hour, switchesAtOnce: 4, cyclesPerDay: 2 },
  ...{ warmHosts: 0, surviveOne: false, wakeLimitMs: 10 * minute, sleepLimitMs: 5 * minute, wakeTries: 3, retryMs: 24 * hour },
};
const procs = (count: number) => ({ places: [{ count, slots: 1, properties: [], anywhere: true as const }] });

/** One full host of four cores, machines of one core: so many of `grid` stand idle, the others are `bio`'s and have a job each. */
const gathered = (idle: number, bio = {}): Given => {
  const world = given().env('grid').env('bio', bio).host('post1').seats('grid', 8).seats('bio', 8);
  for (const at of [1, 2, 3, 4]) world.machine(`${at <= idle ? 'grid' : 'bio'}-0${at}`, 'ready', at <= idle ? {} : { jobs: [`${at}.srv`] });
  return world;
};
const done = (world: Given): readonly string[] => world.decide().decisions.map((d) => `${d.kind} ${'machine' in d ? d.machine.slice(0, 4) : ''}`.trim());
const held = (world: Given): readonly string[] => [...world.decide().holds.keys()];

describe('A wide job whose slots may lie anywhere', () => {
  it('takes none of them before it can have all, and says how many it could have', () => {
    const world = gathered(0)
      .machine('bio-01', 'ready')
      .machine('bio-02', 'ready')
      .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(done(world)).toEqual([]);
    expect(world.decide().said('group:grid-g0')).toEqual(['waits until it can have its 4 slots at once: 2 now']);
  });

  it('takes all of them where they are: idle ones of its own, of others, and room', () => {
    const world = gathered(1).host('post2', { cores: 1 }).machine('bio-02', 'ready').machine('bio-03', 'ready');
    expect(done(world.waits('grid', { waitedMs: hour, ...procs(5) }))).toEqual([]);
    expect(done(world)).toEqual([]);
    const all = gathered(1).host('post2', { cores: 1 }).machine('bio-02', 'ready').machine('bio-03', 'ready');
    expect(done(all.waits('grid', { waitedMs: hour, ...procs(4) }))).toEqual(['start', 'drain bio-', 'drain bio-']);
  });

  it('keeps nothing meanwhile from a job that can start, of another environment or its own', () => {
    const world = () => gathered(3).waits('grid', { waitedMs: hour, ...procs(4) });
    expect(done(world().waits('bio', { waitedMs: 2 * minute }))).toEqual(['drain grid']);
    expect(
      done(
        world()
          .waits('grid', { waitedMs: 3 * minute, count: 3 })
          .waits('bio', { waitedMs: 2 * minute }),
      ),
    ).toEqual([]);
  });

  it('counts on what comes for it as a whole: a younger job does not take it', () => {
    const world = () => gathered(4).waits('grid', { waitedMs: hour, ...procs(4) });
    expect(done(world().waits('bio', { waitedMs: 75 * minute }))).toEqual([]);
    expect(done(world().waits('bio', { waitedMs: 76 * minute }))).toEqual(['drain grid']);
  });

  it('lets what others free stay free until somebody has seen it: busy machines and idle ones, of those whose jobs are younger', () => {
    const world = (waitedMs: number): Given =>
      gathered(1)
        .machine('bio-02', 'ready')
        .waits('bio', { waitedMs, ...procs(3) });
    expect(held(world(5 * minute).waits('grid', { waitedMs: hour, ...procs(4) }))).toEqual(['bio-02#1', 'bio-03#1', 'bio-04#1']);
    expect(held(world(58 * minute).waits('grid', { waitedMs: hour, ...procs(4) }))).toEqual([]);
  });

  it('keeps nobody waiting where it can never have as many: all hosts are too few, or the rest is guaranteed to others, or its maximum is less', () => {
    const world = (count: number, bio = {}, grid = {}): Given =>
      gathered(0, bio)
        .env('grid', grid)
        .waits('bio', { waitedMs: minute })
        .waits('grid', { waitedMs: hour, ...procs(count) });
    expect(held(world(4))).toHaveLength(4);
    expect(held(world(5))).toEqual([]);
    expect(held(world(4, { share: 0.25 }))).toEqual([]);
    expect(held(world(3, { share: 0.25 }))).toHaveLength(4);
    expect(held(world(4, {}, { max: 3, cores: { min: 1, max: 1, step: 1 } }))).toEqual([]);
  });

  it('nor while hosts that it would need are silent, closed or broken: they may be for days', () => {
    const world = (second: Parameters<Given['host']>[1] = {}): Given =>
      gathered(0)
        .host('post2', { cores: 1, ...second })
        .waits('bio', { waitedMs: minute })
        .waits('grid', { waitedMs: hour, ...procs(5) });
    expect(held(world())).toHaveLength(4);
    expect(held(world({ blocked: because('host-silent', { cause: 'x' }, []) }))).toEqual([]);
    const closed = world().change({ table: 'cordons', key: 'post2', row: { host: 'post2', by: 'ann', why: 'x', at: now, drain: false } });
    expect(held(closed)).toEqual([]);
  });

  it('nor where its environment may start nothing now', () => {
    const open = { failures: 3, why: 'boots fail', lastAt: now, openUntil: now + minute };
    const world = gathered(0)
      .waits('bio', { waitedMs: minute })
      .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(held(world.change({ table: 'breakers', key: 'environment:grid', row: open as never }))).toEqual([]);
  });

  it('counts on hosts that may be woken, and wakes them', () => {
    const asleep = (minOffMs: number): Given => {
      const blocked = { code: 'host-silent' as const, args: { cause: 'off' }, refs: [] };
      const world = given().env('grid').seats('grid', 8).host('post1').host('post2', { blocked }).hostSilent('post2');
      const hosts = Object.fromEntries(Object.entries(world.policy.hosts).map(([name, host]) => [name, { ...host, power: 'wol' }]));
      world.policy = { ...world.policy, hosts, power: { ...manages, minOffMs } };
      const row: HostPower = { ...awake('post2', now - hour), state: 'off', by: 'domus', provenAt: 1, nics: [{ mac: 'aa:bb:cc:dd:ee:ff', armed: true }] };
      return world.change({ table: 'powers', key: 'post2', row }).waits('grid', { waitedMs: hour, ...procs(8) });
    };
    expect(done(asleep(minute))).toEqual(['start', 'wake']);
    expect(done(asleep(2 * hour))).toEqual([]);
  });

  it('leaves a slot open on which a job of its owner counts', () => {
    const world = gathered(0)
      .host('post2', { cores: 2 })
      .machine('bio-05', 'ready', { host: 'post2', size: { cores: 2, memoryMiB: 2048 }, jobs: ['5.srv'] });
    world.waits('bio', { waitedMs: minute, count: 2 }).waits('grid', { waitedMs: hour, ...procs(5) });
    expect(held(world)).toEqual(['bio-01#1', 'bio-02#1', 'bio-03#1', 'bio-04#1']);
  });

  it('has what the memory of a host allows, not what its cores do', () => {
    const world = (memoryMiB: number): Given =>
      given()
        .env('grid')
        .host('post1', { memoryMiB })
        .seats('grid', 8)
        .waits('grid', { waitedMs: hour, perSlotMiB: 2048, ...procs(4) });
    expect(done(world(8192))).toEqual(['start']);
    expect(done(world(8191))).toEqual([]);
  });

  it('fills what foreign nodes have no slots for', () => {
    const world = given()
      .env('grid')
      .host('post1', { cores: 2 })
      .seats('grid', 8)
      .foreignNode('old1', 2)
      .waits('grid', { waitedMs: hour, ...procs(4) });
    expect(done(world)).toEqual(['start']);
  });

  it('has slots of its own machines that took no new jobs for the sake of another, which then go online', () => {
    const world = gathered(1)
      .machine('grid-02', 'joining', { host: 'post1', row: { admittedAt: 1 }, withheldAt: now - minute })
      .waits('grid', { waitedMs: hour, ...procs(2) })
      .waits('bio', { waitedMs: 30 * minute });
    world.machines.delete('bio-02#1');
    expect(done(world)).toEqual([]);
    expect(held(world)).toEqual([]);
  });
});

describe('Behind a wide job that cannot start yet', () => {
  /** `bio`'s job of four slots ends by its walltime in two hours; one slot of six is free, and the head of `grid` wants four. */
  const world = (): Given => {
    const built = given().env('grid').env('bio').host('post1').host('post2', { cores: 2 }).seats('grid', 8).seats('bio', 8);
    const job = {
      source: 'torque',
      id: '1.srv',
      queue: 'bio',
      startedAt: now - hour,
      request: { chunks: [], procs: 4, walltimeMs: 3 * hour, unsupported: [] },
    };
    for (const at of [1, 2, 3, 4]) built.machine(`bio-0${at}`, 'ready', { jobs: ['1.srv'] });
    built.machine('grid-01', 'ready', { host: 'post2', jobs: ['2.srv'] });
    return built.extra({ jobs: new Map([['torque/1.srv', job as never]]) }).waits('grid', { waitedMs: 3 * hour, job: 'head.srv', ...procs(4) });
  };

  it('a younger one starts that asks to be done before that could start', () => {
    expect(done(world().waits('bio', { walltimeMs: 2 * hour }))).toEqual(['start']);
  });

  it('one that would last longer starts on what is left over then', () => {
    expect(done(world().waits('bio', { walltimeMs: 2 * hour + 1 }))).toEqual(['start']);
    expect(done(world().waits('bio', { walltimeMs: 9 * hour, count: 2 }))).toEqual(['start']);
  });
  it.each([
    ['lasts longer', 2 * hour + 1],
    ['names no walltime', 0],
  ])('and where nothing is left over, one that %s waits, and is told for whom', (_, walltimeMs) => {
    const full = world();
    full.groups.length = 0;
    full.waits('grid', { waitedMs: 3 * hour, job: 'head.srv', ...procs(5) }).waits('bio', { walltimeMs });
    expect(done(full)).toEqual([]);
    expect(full.decide().said('group:bio-g1')).toEqual(['waits behind job head.srv of grid, which is older and needs the slots before this one would be done']);
  });

  it('slots of its own environment are free job by job, of others machine by machine', () => {
    const job = (id: string, hours: number) =>
      [`torque/${id}`, { source: 'torque', id, queue: 'x', startedAt: now, request: { chunks: [], walltimeMs: hours * hour, unsupported: [] } }] as const;
    const two = (owner: 'grid' | 'bio'): Given => {
      const built = given().env('grid').env('bio').host('post1').host('post2', { cores: 2 }).seats('grid', 8).seats('bio', 8);
      built
        .machine(`${owner}-01`, 'ready', { size: { cores: 4, memoryMiB: 4096 }, jobs: ['a', 'b', 'c', 'd'] })
        .machine('bio-02', 'ready', { host: 'post2', jobs: ['e'] });
      built.extra({ jobs: new Map([job('a', 1), job('b', 5), job('c', 5), job('d', 5)]) as never });
      return built.waits('grid', { waitedMs: 3 * hour, ...procs(2) }).waits('bio', { walltimeMs: 2 * hour });
    };
    expect(done(two('grid'))).toEqual([]);
    expect(done(two('bio'))).toEqual(['start']);
  });

  it('where nobody knows when it could start, others pass it for a day', () => {
    const unknown = (waitedMs: number): Given => {
      const built = world().extra({ jobs: new Map() });
      built.groups.length = 0;
      return built.waits('grid', { waitedMs, ...procs(5) }).waits('bio', { walltimeMs: 9 * hour });
    };
    expect(done(unknown(24 * hour))).toEqual(['start']);
    expect(done(unknown(24 * hour + 1))).toEqual([]);
  });

  it('who can use none of its hosts does not wait for it', () => {
    const elsewhere = world()
      .env('chem', { pools: ['other'] })
      .host('post3', { pool: 'other' })
      .seats('chem', 2);
    expect(done(elsewhere.waits('chem', { walltimeMs: 90 * hour }))).toEqual(['start']);
  });

  it('a wide job of other hosts has a reservation of its own', () => {
    const both = (walltimeMs: number): Given => {
      const built = world()
        .env('chem', { pools: ['other'] })
        .host('post3', { pool: 'other' })
        .host('post4', { pool: 'other', cores: 2 })
        .seats('chem', 8);
      for (const at of [1, 2, 3, 4]) built.machine(`chem-0${at}`, 'ready', { host: 'post3', jobs: ['1.srv'] });
      return built.waits('chem', { waitedMs: 2 * hour, job: 'second.srv', ...procs(6) }).waits('chem', { walltimeMs });
    };
    expect(done(both(hour))).toEqual(['start']);
    const waiting = both(9 * hour);
    expect(done(waiting)).toEqual([]);
    expect(waiting.decide().said('group:chem-g2')).toEqual([
      'waits behind job second.srv of chem, which is older and needs the slots before this one would be done',
    ]);
  });

  it('a slot that was freed for its sake goes to a younger job of the same machine only in its turn', () => {
    const freed = (walltimeMs: number): Given =>
      world()
        .machine('bio-05', 'joining', { host: 'post2', row: { admittedAt: 1, reason: because('keep-online') }, withheldAt: now - minute })
        .waits('bio', { walltimeMs });
    expect(held(freed(hour))).not.toContain('bio-05#1');
    const wide = freed(9 * hour);
    wide.groups[0] = { ...(wide.groups[0] as JobGroup), places: procs(5).places };
    expect(held(wide)).toContain('bio-05#1');
  });

  it('is looked for in slices: of hosts and machines a few at a time', () => {
    const cuts = (hosts: number, isWide: boolean): number => {
      const world = given()
        .env('grid', { max: 500 })
        .seats('grid', 2 * hosts);
      for (let at = 1; at <= hosts; at++) world.host(`post${at}`).machine(`grid-${String(at).padStart(2, '0')}`, 'ready', { jobs: [`${at}.srv`] });
      const there = world.waits('grid', { waitedMs: hour, ...procs(isWide ? 4 * hosts + 1 : 1) });
      let count = 0;
      for (const work = planning(there.world(), there.policy, now); work.next().done !== true; ) count++;
      return count;
    };
    const more = (hosts: number): number => cuts(hosts, true) - cuts(hosts, false);
    expect(more(96) - more(32)).toBeGreaterThanOrEqual(2); // whose machines are looked at 32 hosts at a time
  });
});
