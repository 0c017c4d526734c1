import { describe, expect, it } from 'vitest';
import { awake, type HostPower, type PowerPolicy } from '../../src/model/power.js';
import { because } from '../../src/model/reason.js';
import { nextDue } from '../../src/plan/due.js';
import { type Given, given, minute, now } from '../given.js';
import { check, idle } from './table.js';

const usual: PowerPolicy = {
  ...{ manage: true, idleMs: 30 * minute, machineIdleMs: 10 * minute, minOnMs: minute, minOffMs: minute, leaveAloneMs: 60 * minute, switchesAtOnce: 4 },
  ...{ cyclesPerDay: 2, warmHosts: 0, surviveOne: false, wakeLimitMs: 10 * minute, sleepLimitMs: 5 * minute, wakeTries: 3, retryMs: 24 * 60 * minute },
};
const armed = { mac: 'aa:bb:cc:dd:ee:ff', armed: true };
const long = now - 300 * minute;

/** Three hosts that Domus switches, `grid` with machines that may be idle for an hour. */
function site(power: Partial<PowerPolicy> = {}, row: Partial<HostPower> = {}, environment = {}): Given {
  const world = given()
    .env('grid', { idleMs: 60 * minute, ...environment })
    .seats('grid', 9);
  for (const host of ['post1', 'post2', 'post3']) {
    world.host(host, { snapshot: { nics: [armed] } });
    world.change({ table: 'powers', key: host, row: { ...awake(host, long), bootId: 'b1', provenAt: long, nics: [armed], ...row } });
  }
  const hosts = Object.fromEntries(Object.entries(world.policy.hosts).map(([name, host]) => [name, { ...host, power: 'wol' }]));
  return world.with({ hosts, power: { ...usual, ...power } });
}
const on = (host: string, forMs = 11 * minute, more = {}): object => ({ host, ...idle(forMs, more) });
const works = (host: string, job = '1.srv'): object => ({ host, jobs: [job] });

/** An idle machine on the first host, beside nothing. */
const alone = (world = site()): Given => world.machine('grid-01', 'ready', on('post1'));

check('Idle machines that alone keep their host on', [
  { when: 'nothing else is there: it goes before its idle time is over', world: alone(), decides: ['drain grid-01#1 drain-idle'] },
  {
    when: 'it has been idle for a moment only',
    world: site().machine('grid-01', 'ready', on('post1', minute)),
    decides: [],
    says: { 'machine:grid-01#1': 'keep-idle' },
  },
  { when: 'another one there has a job', world: alone().machine('grid-02', 'ready', works('post1')), decides: [], says: { 'machine:grid-01#1': 'keep-idle' } },
  { when: 'another one there is on its way', world: alone().machine('grid-02', 'booting', { host: 'post1' }), decides: [] },
  {
    when: 'another one there is held by a person',
    world: alone().machine('grid-02', 'ready', on('post1', minute, { held: { by: 'bob', why: 'x', at: 1 } })),
    decides: [],
  },
  {
    when: 'another one there leaves already',
    world: alone().machine('grid-02', 'draining', { host: 'post1', leaving: because('drain-idle', { idleMs: 1 }) }),
    decides: ['drain grid-01#1 drain-idle'],
  },
  { when: 'Domus does not switch hosts', world: alone(site({ manage: false })), decides: [] },
  { when: 'its host was never proved to come back', world: alone(site({}, { provenAt: undefined } as never)), decides: [] },
  { when: 'its host was off too often lately', world: alone(site({}, { cycles: Array.from({ length: 6 }, (_, at) => now - at * minute) })), decides: [] },
  { when: 'its environment keeps it', world: alone(site({}, {}, { min: 1 })), decides: [], says: { 'machine:grid-01#1': 'keep-minimum' } },
  {
    when: 'its environment has less patience',
    world: alone(site({ machineIdleMs: 20 * minute }, {}, { idleMs: 5 * minute })),
    decides: ['drain grid-01#1 drain-idle'],
  },
  {
    when: 'two empty hosts would stay on anyway: they do, and it is not for them that it stays',
    world: alone(site({ warmHosts: 2 })),
    decides: ['drain grid-01#1 drain-idle'],
  },
  { when: 'its host would be kept on empty', world: alone(site({ warmHosts: 3 })), decides: [] },
]);

/** An idle machine beside jobs on so many of its host's four cores. */
function beside(cores: number, world = site({ sparseIdleMs: 20 * minute }), forMs = 21 * minute): Given {
  world.machine('grid-01', 'ready', on('post1', forMs));
  for (let at = 1; at <= cores; at++) world.machine(`grid-0${at + 1}`, 'ready', works('post1', `${at}.srv`));
  return world;
}

check('Idle machines beside few jobs', [
  { when: 'jobs have a quarter of its host: it goes before its idle time is over', world: beside(1), decides: ['drain grid-01#1 drain-idle'] },
  { when: 'jobs have half of it', world: beside(2), decides: [], says: { 'machine:grid-01#1': 'keep-idle' } },
  { when: 'it has not been idle so long', world: beside(1, undefined, 19 * minute), decides: [], says: { 'machine:grid-01#1': 'keep-idle' } },
  { when: 'no job is beside it: it goes sooner still', world: beside(0, undefined, 11 * minute), decides: ['drain grid-01#1 drain-idle'] },
  { when: 'nothing is said of such hosts', world: beside(1, site()), decides: [] },
  {
    when: 'its environment has less patience',
    world: beside(1, site({ sparseIdleMs: 20 * minute }, {}, { idleMs: 5 * minute }), 6 * minute),
    decides: ['drain grid-01#1 drain-idle'],
  },
  { when: 'Domus does not switch hosts', world: beside(1, site({ sparseIdleMs: 20 * minute, manage: false })), decides: [] },
  {
    when: 'its host was off too often lately, and would stay on',
    world: beside(1, site({ sparseIdleMs: 20 * minute }, { cycles: Array.from({ length: 6 }, (_, at) => now - at * minute) })),
    decides: [],
  },
]);

describe('The next look at such a machine', () => {
  it('is due when a host with few jobs may be left', () => {
    const world = site({ sparseIdleMs: 20 * minute }).with({ intervals: { ...site().policy.intervals, tickMs: 24 * 60 * minute } });
    world.machine('grid-01', 'ready', on('post1', 13 * minute));
    expect(nextDue(world.world(), world.policy, now)).toBe(now + 7 * minute);
  });

  it('is due when its host may be left', () => {
    const world = site().with({ intervals: { ...site().policy.intervals, tickMs: 24 * 60 * minute } });
    world.machine('grid-01', 'ready', on('post1', 3 * minute));
    expect(nextDue(world.world(), world.policy, now)).toBe(now + 7 * minute);
  });
});

const holdsOf = (world: Given): readonly string[] => [...world.decide().holds].map(([id, { code }]) => `${id} ${code}`);

describe('Jobs are kept from hosts that are on for idle machines alone', () => {
  /** Two idle machines beside a job on the first host; one on each of the others beside nothing. */
  const spread = (world = site()): Given =>
    world
      .machine('grid-01', 'ready', works('post1'))
      .machine('grid-02', 'ready', on('post1', minute))
      .machine('grid-03', 'ready', on('post1', minute))
      .machine('grid-04', 'ready', on('post2', minute))
      .machine('grid-05', 'ready', on('post3', minute));

  it('while the environment has free slots on hosts that are on anyway', () => {
    expect(holdsOf(spread())).toEqual(['grid-04#1 hold-empty', 'grid-05#1 hold-empty']);
    expect([...spread().decide().holds.values()][0]?.refs).toEqual(['machine:grid-04#1', 'host:post2']);
  });

  it('where one free slot is left there, one of the fullest of those hosts stays open', () => {
    const world = site()
      .machine('grid-01', 'ready', works('post1'))
      .machine('grid-02', 'ready', on('post1', minute))
      .machine('grid-04', 'ready', on('post2', minute))
      .machine('grid-05', 'ready', on('post3', minute))
      .machine('grid-06', 'ready', on('post3', minute));
    expect(holdsOf(world)).toEqual(['grid-06#1 hold-empty', 'grid-04#1 hold-empty']);
  });

  it('as many stay open as the environment has spare ones', () => {
    expect(holdsOf(spread(site({}, {}, { spare: 3 })))).toEqual(['grid-05#1 hold-empty']);
  });

  it('those that waiting jobs count on are open, and their hosts are on for them', () => {
    expect(holdsOf(spread().waits('grid', { count: 4 }))).toEqual([]);
    expect(holdsOf(spread().waits('grid', { count: 3 }))).toEqual([]);
  });

  it('one that is held stays so while its node goes offline', () => {
    const offline = { host: 'post2', row: { readyAt: 1, admittedAt: 1 }, withheldAt: now - 500 }; // the last reading was asked before
    const world = site()
      .machine('grid-01', 'ready', works('post1'))
      .machine('grid-02', 'ready', on('post1', minute))
      .machine('grid-03', 'ready', on('post1', minute))
      .machine('grid-04', 'joining', offline);
    expect(holdsOf(world)).toEqual(['grid-04#1 hold-empty']);
  });

  it('not where they are the minimum: no host would be off for it', () => {
    expect(holdsOf(spread(site({}, {}, { min: 5 })))).toEqual([]);
  });

  it('never where Domus may not act by itself, nor where it does not switch hosts', () => {
    expect(holdsOf(spread(site({}, {}, { mode: 'advise' })))).toEqual([]);
    expect(holdsOf(spread(site({ manage: false })))).toEqual([]);
  });
});
