import { describe, expect, it } from 'vitest';
import type { HostPower, PowerPolicy } from '../../src/model/power.js';
import { awake } from '../../src/model/power.js';
import { type Given, given, minute, now } from '../given.js';
import { check, short } from './table.js';

const usual: PowerPolicy = {
  ...{ manage: true, idleMs: 10 * minute, minOnMs: 30 * minute, minOffMs: minute, leaveAloneMs: 60 * minute, switchesAtOnce: 4, cyclesPerDay: 2 },
  ...{ warmHosts: 0, surviveOne: false, wakeLimitMs: 10 * minute, sleepLimitMs: 5 * minute, wakeTries: 3, retryMs: 24 * 60 * minute },
};
const armed = { mac: 'aa:bb:cc:dd:ee:ff', armed: true };
const long = now - 300 * minute;
/** On for hours, empty for one, and known to come back. */
const emptyOn = (host: string, more: Partial<HostPower> = {}): HostPower => ({
  ...awake(host, long),
  ...{ bootId: 'b1', emptySince: now - 60 * minute, provenAt: long, nics: [armed], ...more },
});
const off = (host: string, more: Partial<HostPower> = {}): HostPower => ({
  ...awake(host, long),
  state: 'off',
  by: 'domus',
  provenAt: long,
  nics: [armed],
  ...more,
});

/** Four hosts of four cores that are switched by Domus; as many of the first ones as `busy` have a machine that works. */
function room(powers: readonly HostPower[], policy: Partial<PowerPolicy> = {}, busy = 0): Given {
  const world = given().env('grid').seats('grid', 8);
  for (const { host, state } of powers) {
    const silent = state === 'off' ? { blocked: { code: 'host-silent' as const, args: { cause: 'off' }, refs: [] } } : {};
    world.host(host, { snapshot: { nics: [armed] }, ...silent });
    if (state === 'off') world.hostSilent(host);
  }
  for (let at = 1; at <= busy; at++) world.machine(`grid-0${at}`, 'ready', { host: `post${at}`, jobs: [`${at}.srv`] });
  const hosts = Object.fromEntries(Object.entries(world.policy.hosts).map(([name, host]) => [name, { ...host, power: 'wol' }]));
  world.policy = { ...world.policy, hosts, power: { ...usual, ...policy } };
  for (const power of powers) world.change({ table: 'powers', key: power.host, row: power });
  return world;
}
const four = (more: Partial<HostPower> = {}): readonly HostPower[] => ['post1', 'post2', 'post3', 'post4'].map((host) => emptyOn(host, more));

check('Hosts that nobody needs', [
  {
    when: 'all are empty: they go, the last by name first, so that load packs onto the first',
    world: room(four()),
    decides: ['sleep post4 sleep-idle', 'sleep post3 sleep-idle', 'sleep post2 sleep-idle', 'sleep post1 sleep-idle'],
  },
  {
    when: 'at most two switch at once',
    world: room(four(), { switchesAtOnce: 2 }),
    decides: ['sleep post4 sleep-idle', 'sleep post3 sleep-idle'],
    says: { 'host:post1': 'wait-switches' },
  },
  {
    when: 'the pool keeps one warm',
    world: room(four(), { warmHosts: 1 }),
    decides: ['sleep post4 sleep-idle', 'sleep post3 sleep-idle', 'sleep post2 sleep-idle'],
    says: { 'host:post1': 'awake-warm' },
  },
  {
    when: 'one works, and the pool is to survive the loss of one',
    world: room(four(), { surviveOne: true }, 1),
    decides: ['sleep post4 sleep-idle', 'sleep post3 sleep-idle'],
    says: { 'host:post2': 'awake-survive' },
  },
  {
    when: 'none was proved to come back',
    world: room(['post1', 'post2'].map((host) => ({ ...awake(host, long), emptySince: long, nics: [armed] }))),
    decides: [],
    says: { 'host:post1': 'awake-unproved' },
  },
  { when: 'they were empty for a moment only', world: room(four({ emptySince: now - minute })), decides: [], says: { 'host:post3': 'awake-idle' } },
  { when: 'they were switched on a moment ago', world: room(four({ since: now - 5 * minute })), decides: [], says: { 'host:post3': 'awake-recent' } },
  { when: 'a person switched them on', world: room(four({ since: now - 40 * minute, by: 'person' })), decides: [], says: { 'host:post3': 'awake-person' } },
  {
    when: 'they were off six times in three days',
    world: room(four({ cycles: [71, 50, 49, 48, 30, 1].map((hours) => now - hours * 60 * minute) })),
    decides: [],
    says: { 'host:post3': 'awake-cycles' },
  },
  {
    when: 'they were off five times today, and not in the two days before',
    world: room(four({ cycles: [72, 5, 4, 3, 2, 1].map((hours) => now - hours * 60 * minute) })),
    decides: ['sleep post4 sleep-idle', 'sleep post3 sleep-idle', 'sleep post2 sleep-idle', 'sleep post1 sleep-idle'],
  },
  { when: 'Domus does not switch by itself', world: room(four(), { manage: false }), decides: [] },
]);

check('Hosts that are wanted', [
  {
    when: 'a job finds no room on those that are on',
    world: room([off('post1'), off('post2')]).waits('grid'),
    decides: ['wake post1 wake-for-job'],
    says: { 'group:grid-g0': 'wait-host-wakes' },
  },
  { when: 'the pool keeps one warm and has none', world: room([off('post1'), off('post2')], { warmHosts: 1 }), decides: ['wake post1 wake-warm'] },
  {
    when: 'the only one that is on works, and the pool is to survive its loss',
    world: room([emptyOn('post1'), off('post2'), off('post3')], { surviveOne: true }, 1),
    decides: ['wake post2 wake-survive'],
  },
  { when: 'a job ran on one when it fell silent', world: room([off('post1', { by: 'nobody' }), off('post2')], {}, 1), decides: ['wake post1 wake-stranded'] },
  {
    when: 'the first was switched off twice today, the second once, the third not at all',
    world: room([off('post1', { cycles: [now - 300 * minute, now - 200 * minute] }), off('post2', { cycles: [now - 300 * minute] }), off('post3')]).waits(
      'grid',
    ),
    decides: ['wake post3 wake-for-job'],
  },
  {
    when: 'the store is full, as a host that is on says: another would find it so, too',
    world: room([emptyOn('post1'), off('post2')])
      .host('post1', { snapshot: { storeFreeMiB: 1 } })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'the only host that is on does not reach the store',
    world: room([emptyOn('post1'), off('post2')])
      .host('post1', { snapshot: { storeFreeMiB: 0, storeHung: true } })
      .waits('grid'),
    decides: ['wake post2 wake-for-job'],
  },
  { when: 'they went off a moment ago', world: room([off('post1', { since: now - 1000 })]).waits('grid'), decides: [] },
  { when: 'a person wants it off', world: room([off('post1', { wishedOff: { by: 'bob', why: 'x', at: long } })]).waits('grid'), decides: [] },
]);

describe('A host that gives no answer for an hour', () => {
  const states = (world: Given): readonly unknown[] =>
    world.decide().changes.flatMap((change) => (change.table === 'powers' && change.row !== null ? [change.row.state] : []));
  it('and nothing is heard of is taken as off', () => {
    expect(states(room([emptyOn('post1')]).hostSilent('post1'))).toEqual(['off']);
  });
  it('but refuses, is on: its xl is broken, say', () => {
    expect(states(room([emptyOn('post1')]).hostSilent('post1', { speaks: true }))).toEqual([]);
  });
  it('was told to go, and is another system now that refuses us, has gone', () => {
    const gone = room([off('post1', { state: 'sleeping', orderedAt: long })]).hostSilent('post1', { speaks: true });
    expect(states(gone)).toEqual(['off']);
  });
});

describe('Where Domus may not act by itself', () => {
  const all = (world: Given): { readonly done: readonly string[]; readonly recorded: readonly string[]; readonly proposed: readonly string[] } => {
    const { decisions, recorded, changes } = world.decide();
    const named = (list: typeof decisions): readonly string[] => list.map((d) => `${d.kind} ${'host' in d ? d.host : ''}`);
    return {
      done: named(decisions),
      recorded: named(recorded),
      proposed: changes.flatMap((change) => (change.table === 'proposals' && change.row !== null ? [change.key] : [])),
    };
  };
  const in2 = (mode: 'watch' | 'advise', world: Given): Given => {
    world.policy = { ...world.policy, mode };
    return world;
  };
  const idle = (): Given =>
    room(
      ['post1', 'post2'].map((host) => emptyOn(host)),
      { warmHosts: 1 },
    );
  const wanted = (): Given => room([off('post1'), off('post2')]).waits('grid');

  it('watch mode only writes down that a host would be switched', () => {
    expect(all(in2('watch', idle()))).toEqual({ done: [], recorded: ['sleep post2'], proposed: [] });
    expect(all(in2('watch', wanted()))).toEqual({ done: [], recorded: ['wake post1'], proposed: [] });
  });

  it('advise mode asks a person, and does it once he has said yes', () => {
    expect(all(in2('advise', idle()))).toMatchObject({ done: [], proposed: ['sleep-post2'] });
    const approved = in2('advise', wanted());
    expect(all(approved)).toMatchObject({ done: [], proposed: ['wake-post1'] });
    for (const change of approved.decide().changes)
      if (change.table === 'proposals' && change.row !== null) approved.change({ ...change, row: { ...change.row, approvedBy: 'ann' } });
    expect(short(approved)).toEqual(['wake post1 wake-for-job']);
  });

  it('frozen, nothing is switched', () => {
    const world = idle();
    world.change({ table: 'freeze', key: 'freeze', row: { by: 'ann', why: 'x', at: 1 } });
    expect(all(world)).toEqual({ done: [], recorded: ['sleep post2'], proposed: [] });
  });
});
