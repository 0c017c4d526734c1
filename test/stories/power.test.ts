import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import type { PowerPolicy } from '../../src/model/power.js';
import { sentence } from '../../src/model/reason.js';
import type { RequestKind } from '../../src/model/rows.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';

const minute = 60_000;
const hour = 60 * minute;

/** A lab whose hosts are switched: proved by a word of the policy, unless a story proves them itself. */
function lab(
  power: Partial<PowerPolicy> = {},
  options: { hosts?: number; controllers?: boolean; seed?: number; proved?: boolean; tickMs?: number } = {},
): Rehearsal {
  const made = rehearsalPolicy({
    environments: { grid: { seats: 12, idleMs: minute, cores: { min: 1, max: 1, step: 1 } } },
    hosts: options.hosts ?? 3,
    hostCores: 2,
    power: options.proved === false ? power : { trusted: true, ...power },
  });
  const policy = { ...made, intervals: { ...made.intervals, tickMs: options.tickMs ?? made.intervals.tickMs } };
  return new Rehearsal({ policy, classify: () => ({ environment: 'grid' }), seed: options.seed ?? 1, controllers: options.controllers ?? false });
}

const host = (rehearsal: Rehearsal, name: string) => {
  const found = rehearsal.datacentre.hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
};
const states = (rehearsal: Rehearsal): string => [...rehearsal.datacentre.hosts.values()].map((h) => h.power.state).join(' ');
const powerOf = (life: Life | undefined, name: string) => life?.ledger.rows.powers.get(name);
const said = (life: Life | undefined, subject: string): string => (life?.present?.plan.reasons.get(subject) ?? []).map(sentence).join('; ');
const asleep = (rehearsal: Rehearsal): boolean => [...rehearsal.datacentre.hosts.values()].every((h) => h.power.state === 'off');
const submit = (rehearsal: Rehearsal, jobs: number, script = 'sleep 300\n'): void => {
  for (let job = 0; job < jobs; job++) rehearsal.submit(['-q', 'grid'], script);
};

let asked = 0;
/** A person's wish, and the planner's answer to it. */
async function ask(rehearsal: Rehearsal, life: Life | undefined, kind: RequestKind, subject: string): Promise<string> {
  const id = `wish-${++asked}`;
  const at = rehearsal.clock.wall();
  await life?.ledger.commit(
    [{ table: 'requests', key: id, row: { id, kind, subject, who: 'ada', why: 'a test', at, expiresAt: at + 5 * minute, state: 'open' } }],
    [],
    true,
  );
  life?.loop.changed();
  const answered = () => life?.ledger.rows.requests.get(id)?.answer;
  await rehearsal.until('the wish is answered', () => answered() !== undefined, 10 * minute);
  const answer = answered();
  return answer === undefined ? '' : sentence(answer);
}

describe('hosts that sleep', () => {
  it('go off when they are empty, are woken when jobs wait, as many as those need, and go off again', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.until('all sleep', () => asleep(rehearsal), hour);
    await rehearsal.pass(5 * minute);
    expect(life?.present?.world.hosts.get('post01')?.blocked?.code).toBe('host-off');
    submit(rehearsal, 3);
    await rehearsal.until('all jobs run', () => rehearsal.core.facts().byState.R === 3, hour);
    expect(states(rehearsal)).toBe('on on off');
    await rehearsal.until('all are served, and sleep again', () => rehearsal.core.facts().completed === 3 && asleep(rehearsal), 2 * hour);
    expect([...rehearsal.datacentre.hosts.values()].map((h) => h.power.cycles)).toEqual([2, 2, 1]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.unrest()).toEqual([]);
    life?.stop();
  });

  it('are not woken twice for the same jobs while they come up, nor for more than can be started', async () => {
    const rehearsal = lab({}, { hosts: 6 });
    const life = await rehearsal.begin();
    await rehearsal.until('all sleep', () => asleep(rehearsal), hour);
    await rehearsal.pass(2 * minute);
    submit(rehearsal, 4);
    await rehearsal.pass(2 * minute);
    expect(states(rehearsal)).toBe('rising rising off off off off');
    submit(rehearsal, 1);
    await rehearsal.pass(minute);
    expect(
      states(rehearsal)
        .split(' ')
        .filter((s) => s === 'off'),
    ).toHaveLength(3);
    submit(rehearsal, 30);
    await rehearsal.until('all are served', () => rehearsal.core.facts().completed === 35, 6 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('are switched off at most twice a day on average, whatever comes', async () => {
    const rehearsal = lab({}, { hosts: 1 });
    const life = await rehearsal.begin();
    const off: number[] = [];
    for (let round = 0; round < 84; round++) {
      submit(rehearsal, 1, 'sleep 30\n');
      await rehearsal.pass(hour);
      off.push(host(rehearsal, 'post01').power.cycles);
    }
    expect([off[11], off[71], off[83]]).toEqual([6, 6, 12]); // six in the morning; six more when those are three days old
    expect(said(life, 'host:post01')).toContain('switched off 6 time(s) within 3 days (limit 2 a day on average)');
    expect(rehearsal.core.facts().completed).toBe(84);
    life?.stop();
  });

  it('are thought of at each ordinary tick while all are off, and not at every poll between two', async () => {
    const rehearsal = lab({}, { tickMs: 40_000 });
    const life = await rehearsal.begin();
    await rehearsal.until('all are off', () => asleep(rehearsal), hour);
    await rehearsal.pass(20 * minute);
    const [made, told] = [new Set<unknown>(), new Set<unknown>()];
    for (let second = 0; second < 1200; second++) {
      await rehearsal.pass(1_000);
      made.add(life?.present?.plan.reasons);
      told.add(life?.present?.revision);
    }
    expect(made.size).toBeGreaterThanOrEqual(1200 / 40 - 2);
    expect(made.size).toBeLessThan(told.size * 0.75);
    life?.stop();
  });

  it('keeps warm hosts on, and wakes one when there are too few', async () => {
    const rehearsal = lab({ warmHosts: 1 });
    const life = await rehearsal.begin();
    await rehearsal.until('two sleep', () => states(rehearsal) === 'on off off', hour);
    await rehearsal.pass(10 * minute);
    expect(said(life, 'host:post01')).toContain('one of the 1 empty host(s)');
    submit(rehearsal, 2, 'sleep 3000\n');
    await rehearsal.until('another is kept warm', () => states(rehearsal) === 'on on off', hour);
    life?.stop();
  });
});

describe('hosts that must come back', () => {
  it('are never switched off unproved, and are proved by one supervised off and on', async () => {
    const rehearsal = lab({}, { hosts: 2, proved: false });
    const life = await rehearsal.begin();
    await rehearsal.pass(2 * hour);
    expect(states(rehearsal)).toBe('on on');
    expect(said(life, 'host:post01')).toContain('never proved');
    expect(await ask(rehearsal, life, 'prove', 'post01')).toContain('off, and on again');
    await rehearsal.until('it is proved', () => powerOf(life, 'post01')?.provenAt !== undefined, hour);
    expect(host(rehearsal, 'post01').power.cycles).toBe(1);
    await rehearsal.until('it sleeps', () => states(rehearsal) === 'off on', 2 * hour);
    life?.stop();
  });

  it('are refused where no card is armed', async () => {
    const rehearsal = lab({}, { hosts: 1 });
    host(rehearsal, 'post01').power.armed = false;
    const life = await rehearsal.begin();
    await rehearsal.pass(2 * hour);
    expect(states(rehearsal)).toBe('on');
    expect(said(life, 'host:post01')).toContain('no card of it is armed');
    expect(await ask(rehearsal, life, 'prove', 'post01')).toMatch(/^refused: no card/);
    expect(await ask(rehearsal, life, 'sleep', 'post01')).toMatch(/^refused: no card/);
    life?.stop();
  });

  it('that never wake are tried ever more seldom, cordoned, and tried daily; another takes the job', async () => {
    const rehearsal = lab({}, { hosts: 2 });
    const life = await rehearsal.begin();
    await rehearsal.until('all sleep', () => asleep(rehearsal), hour);
    host(rehearsal, 'post01').power.fate = { kind: 'never' };
    await rehearsal.pass(2 * minute);
    submit(rehearsal, 1);
    await rehearsal.until('the other serves it', () => rehearsal.core.facts().completed === 1, 3 * hour);
    submit(rehearsal, 30, 'sleep 1000\n');
    await rehearsal.until('it is given up', () => life?.ledger.rows.cordons.has('post01') === true, 6 * hour);
    expect(life?.ledger.rows.cordons.get('post01')).toMatchObject({ by: 'Domus', why: expect.stringContaining('did not come back after 3 wake(s)') });
    const triedAt = powerOf(life, 'post01')?.since ?? 0;
    host(rehearsal, 'post01').power.fate = { kind: 'well' };
    await rehearsal.until('it is tried again, and comes back', () => host(rehearsal, 'post01').up, 30 * hour);
    expect(rehearsal.clock.now() - triedAt).toBeGreaterThan(23 * hour);
    await rehearsal.until('its cordon is gone', () => life?.ledger.rows.cordons.has('post01') === false, hour);
    life?.stop();
  });

  it('that wake late are waited for, by what they took before', async () => {
    const rehearsal = lab({ cyclesPerDay: 20, minOnMs: minute, idleMs: minute }, { hosts: 1 });
    const life = await rehearsal.begin();
    for (let round = 0; round < 4; round++) {
      await rehearsal.until('it sleeps', () => asleep(rehearsal), hour);
      host(rehearsal, 'post01').power.fate = { kind: 'late', factor: 3 };
      submit(rehearsal, 1, 'sleep 30\n');
      await rehearsal.until('it is served', () => rehearsal.core.facts().completed === round + 1, hour);
    }
    expect(powerOf(life, 'post01')?.tries).toBe(0);
    expect(powerOf(life, 'post01')?.wakesMs).toHaveLength(4);
    life?.stop();
  });

  it('that lie are judged by what is seen: a driver that says done and did nothing wakes nobody', async () => {
    const rehearsal = lab({}, { hosts: 1, controllers: true });
    const life = await rehearsal.begin();
    await rehearsal.until('it sleeps', () => asleep(rehearsal), hour);
    host(rehearsal, 'post01').trouble.afflict('pretend', { forMs: 15 * minute, concerns: (what) => what === 'power-on' });
    await rehearsal.pass(2 * minute);
    submit(rehearsal, 1);
    await rehearsal.until('it is seen not to come', () => powerOf(life, 'post01')?.tries === 1, hour);
    await rehearsal.until('it is served all the same', () => rehearsal.core.facts().completed === 1, 2 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('that do not go off stay on, or are cut where they have a controller and nothing answers', async () => {
    for (const controllers of [false, true]) {
      const rehearsal = lab({}, { hosts: 1, controllers });
      const life = await rehearsal.begin();
      host(rehearsal, 'post01').trouble.afflict('pretend', { forMs: 40 * minute, concerns: (what) => what === 'host-poweroff' });
      await rehearsal.until('it is seen to stay', () => powerOf(life, 'post01')?.tries === 1, 2 * hour);
      expect(powerOf(life, 'post01')?.state).toBe('on');
      submit(rehearsal, 1);
      await rehearsal.until('it serves', () => rehearsal.core.facts().completed === 1, hour);
      await rehearsal.until('it sleeps in the end', () => asleep(rehearsal), 4 * hour);
      life?.stop();
    }
  });
});

describe('people', () => {
  it('who switch a host on by hand have it left alone for a while', async () => {
    const rehearsal = lab({}, { hosts: 1 });
    const life = await rehearsal.begin();
    await rehearsal.until('it sleeps', () => asleep(rehearsal), hour);
    host(rehearsal, 'post01').power.switchOn();
    await rehearsal.until('it is seen', () => powerOf(life, 'post01')?.state === 'on', hour);
    expect(powerOf(life, 'post01')?.by).toBe('person');
    await rehearsal.pass(50 * minute);
    expect(states(rehearsal)).toBe('on');
    expect(said(life, 'host:post01')).toContain('switched on by hand');
    await rehearsal.until('it sleeps again', () => asleep(rehearsal), 2 * hour);
    life?.stop();
  });

  it('at the console keep a host on', async () => {
    const rehearsal = lab({}, { hosts: 1 });
    host(rehearsal, 'post01').people = ['bert'];
    const life = await rehearsal.begin();
    await rehearsal.pass(3 * hour);
    expect(states(rehearsal)).toBe('on');
    expect(said(life, 'host:post01')).toContain('bert is logged in');
    expect(await ask(rehearsal, life, 'sleep', 'post01')).toContain('bert is logged in');
    life?.stop();
  });

  it('switch hosts off and on: off with its machines gone, and not woken by jobs', async () => {
    const rehearsal = lab({ manage: false }, { hosts: 2 });
    const life = await rehearsal.begin();
    submit(rehearsal, 1, 'sleep 600\n');
    await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
    const [machine] = life?.ledger.rows.machines.values() ?? [];
    const busy = machine?.host ?? '';
    const off = busy === 'post01' ? 'off on' : 'on off';
    expect(await ask(rehearsal, life, 'sleep', busy)).toContain('when its 1 have gone');
    await rehearsal.until('it is off', () => states(rehearsal) === off, hour);
    expect(rehearsal.core.facts().completed).toBe(1);
    submit(rehearsal, 4);
    await rehearsal.until('the other serves them all', () => rehearsal.core.facts().completed === 5, 2 * hour);
    expect(states(rehearsal)).toBe(off);
    expect(await ask(rehearsal, life, 'wake', busy)).toContain('being woken');
    await rehearsal.until('it is on', () => states(rehearsal) === 'on on', hour);
    await rehearsal.pass(3 * hour);
    expect(states(rehearsal)).toBe('on on');
    life?.stop();
  });
});

describe('a power cut', () => {
  it('is seen by the controllers: hosts that are off are woken again when jobs need them, after a while', async () => {
    const rehearsal = lab({ leaveAloneMs: 10 * minute }, { hosts: 2, controllers: true });
    const life = await rehearsal.begin();
    submit(rehearsal, 2, 'sleep 600\n');
    await rehearsal.until('they run', () => rehearsal.core.facts().byState.R === 2, hour);
    for (const each of rehearsal.datacentre.hosts.values()) each.crash(false);
    await rehearsal.until('it is seen', () => powerOf(life, 'post01')?.state === 'off' && powerOf(life, 'post02')?.state === 'off', hour);
    submit(rehearsal, 2, 'sleep 60\n');
    await rehearsal.until('somebody is woken, and serves', () => rehearsal.core.facts().completed >= 2, 3 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});

/** Sleep, wake, serve, sleep; the life is tripped, and where it stops dead a new one begins. */
async function aNight(trip?: Trip): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[] }> {
  const rehearsal = lab({ idleMs: minute, minOnMs: minute, cyclesPerDay: 5 }, { hosts: 1 });
  const tripwire = new Tripwire(trip);
  const life = await rehearsal.begin(tripwire);
  let current = life;
  const revive = async (): Promise<void> => {
    if (!tripwire.dead || current !== life) return;
    await rehearsal.pass(20_000);
    current = await rehearsal.begin();
  };
  const both = async (what: string, done: () => boolean): Promise<void> => {
    await rehearsal.until(what, () => done() || (tripwire.dead && current === life), 6 * hour);
    await revive();
    await rehearsal.until(what, done, 6 * hour);
  };
  await both('all sleep', () => asleep(rehearsal));
  submit(rehearsal, 1, 'sleep 30\n');
  await both('all is served and sleeps', () => rehearsal.core.facts().completed === 1 && asleep(rehearsal) && rehearsal.unrest().length === 0);
  await rehearsal.pass(3 * minute);
  await revive();
  await rehearsal.pass(3 * minute);
  expect([...(current?.ledger.rows.powers.values() ?? [])].map(({ state }) => state)).toEqual(['off']);
  expect(current?.ledger.rows.intents.size).toBe(0);
  current?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations };
}

describe('a night ends the same', () => {
  it('when the daemon stops dead before or after any operation', async () => {
    const { operations } = await aNight();
    expect(operations.filter((name) => name === 'power.on').length).toBeGreaterThan(0);
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        const { rehearsal } = await aNight({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expect(rehearsal.datacentre.invariants()).toEqual([]);
        for (const each of rehearsal.datacentre.hosts.values()) expect(each.power.cycles).toBeLessThanOrEqual(3);
      }
    }
  });
});
