import { awake, type HostPower, type PowerPolicy } from '../../src/model/power.js';
import { because } from '../../src/model/reason.js';
import { type Given, given, minute, now } from '../given.js';
import { check, idle } from './table.js';

const usual: PowerPolicy = {
  ...{ manage: true, idleMs: 10 * minute, minOnMs: minute, minOffMs: minute, leaveAloneMs: 60 * minute, switchesAtOnce: 4, cyclesPerDay: 2 },
  ...{ warmHosts: 0, surviveOne: false, wakeLimitMs: 10 * minute, sleepLimitMs: 5 * minute, wakeTries: 3, retryMs: 24 * 60 * minute },
};
const armed = { mac: 'aa:bb:cc:dd:ee:ff', armed: true };
const long = now - 300 * minute;
type State = 'on' | 'off' | 'waking';

/** Hosts of four cores, in that state; empty for an hour where they are on. Two environments. */
function site(states: readonly State[], power: Partial<PowerPolicy> = { headroomCores: 1 }, cycles: Readonly<Record<string, number>> = {}): Given {
  const world = given()
    .env('grid', { idleMs: 60 * minute })
    .env('soft', { idleMs: 60 * minute })
    .seats('grid', 12)
    .seats('soft', 12);
  for (const [at, state] of states.entries()) {
    const host = `post${at + 1}`;
    const silent = state === 'on' ? {} : { blocked: because('host-silent', { cause: 'off' }) };
    world.host(host, { snapshot: { nics: [armed] }, ...silent });
    if (state !== 'on') world.hostSilent(host);
    const before = Array.from({ length: cycles[host] ?? 0 }, (_, each) => now - (each + 1) * 60 * minute);
    const since = state === 'waking' ? now - minute : long;
    const row: HostPower = { ...awake(host, since), state, by: 'domus', bootId: 'b1', provenAt: long, nics: [armed], cycles: before };
    const order = state === 'waking' ? { orderedAt: since } : {};
    world.change({ table: 'powers', key: host, row: { ...row, ...order, ...(state === 'on' ? { emptySince: now - 60 * minute } : {}) } });
  }
  const hosts = Object.fromEntries(Object.entries(world.policy.hosts).map(([name, host]) => [name, { ...host, power: 'wol' }]));
  return world.with({ hosts, power: { ...usual, ...power } });
}

let number = 0;
const nextSeat = (name: string): string => `${name}-${String((number++ % 12) + 1).padStart(2, '0')}`;

/** So many jobs, one on each machine, on that host. */
function works(world: Given, host: string, jobs: number): Given {
  for (let at = 0; at < jobs; at++) world.machine(nextSeat('grid'), 'ready', { host, jobs: [`${host}.${at}.srv`] });
  return world;
}
const full = (states: readonly State[], power?: Partial<PowerPolicy>, cycles?: Readonly<Record<string, number>>): Given => {
  number = 0;
  return works(site(states, power, cycles), 'post1', 4);
};
const three = (power?: Partial<PowerPolicy>): Given => {
  number = 0;
  return works(site(['on', 'off'], power), 'post1', 3);
};

check('Headroom', [
  { when: 'the only host in use is full: another is woken before a job waits', world: full(['on', 'off', 'off']), decides: ['wake post2 wake-headroom'] },
  { when: 'that was off most lately stays so', world: full(['on', 'off', 'off'], undefined, { post2: 2, post3: 1 }), decides: ['wake post3 wake-headroom'] },
  { when: 'none is asked for', world: full(['on', 'off'], { headroomCores: 0 }), decides: [] },
  { when: 'nothing is said of it', world: full(['on', 'off'], {}), decides: [] },
  { when: 'a core is free', world: three(), decides: [] },
  { when: 'one core is free, and two are wanted', world: three({ headroomCores: 2 }), decides: ['wake post2 wake-headroom'] },
  {
    when: 'the last core has an idle machine, of whomever',
    world: three().machine('soft-01', 'ready', { host: 'post1', ...idle(minute) }),
    decides: [],
    says: { 'machine:soft-01#1': 'keep-idle' },
  },
  {
    when: 'the last core has a machine that comes for a job that waits',
    world: three().machine('soft-01', 'booting', { host: 'post1' }).waits('soft'),
    decides: ['wake post2 wake-headroom'],
  },
  {
    when: 'the last core has a machine that leaves',
    world: three().machine('soft-01', 'draining', { host: 'post1', leaving: because('drain-idle', { idleMs: 1 }) }),
    decides: [],
  },
  { when: 'another comes up already', world: full(['on', 'waking', 'off']), decides: [] },
  {
    when: 'jobs wait for the one that comes, and leave room on it',
    world: full(['on', 'waking', 'off']).waits('soft', { count: 3 }),
    decides: [],
    says: { 'group:soft-g0': 'wait-host-wakes' },
  },
  {
    when: 'jobs wait for all that comes: one more',
    world: full(['on', 'waking', 'off']).waits('soft', { count: 4 }),
    decides: ['wake post3 wake-headroom'],
  },
  {
    when: 'an empty one is on: it stays, the others go',
    world: full(['on', 'on', 'on']),
    decides: ['sleep post3 sleep-idle'],
    says: { 'host:post2': 'awake-headroom' },
  },
  { when: 'no host is in use: all may go', world: site(['on', 'on']), decides: ['sleep post2 sleep-idle', 'sleep post1 sleep-idle'] },
  { when: 'Domus does not switch hosts', world: full(['on', 'off'], { headroomCores: 1, manage: false }), decides: [] },
  {
    when: 'the pool keeps an empty one on anyway: that one is for the next jobs, too',
    world: full(['on', 'on', 'off'], { headroomCores: 1, warmHosts: 1 }),
    decides: [],
    says: { 'host:post2': 'awake-warm' },
  },
]);
