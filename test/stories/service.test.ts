import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { failureKinds } from '../../src/drivers/failure.js';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import type { Life } from '../../src/life.js';
import { usualMoves } from '../../src/model/consolidation.js';
import { sentence } from '../../src/model/reason.js';
import type { RequestKind } from '../../src/model/rows.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { type PolicyWish, rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;

function lab(more: Partial<PolicyWish> = {}, controllers = true): Rehearsal {
  const wish = { environments: { grid: { seats: 4, idleMs: minute } }, hosts: 3, power: { manage: false }, services: { 'post01-s': { home: 'post01' } } };
  return rehearse(rehearsalPolicy({ ...wish, ...more }), { controllers });
}

const host = (rehearsal: Rehearsal, name: string) => {
  const found = rehearsal.datacentre.hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
};
/** Where guests with the disk of the service run: never more than one. */
const placesOf = (rehearsal: Rehearsal, service = 'post01-s'): readonly string[] =>
  rehearsal.datacentre.guests().flatMap((at) => (at.guest.plan.disks.includes(`keep-rehearsal-${service}`) && at.guest.up ? [at.host.name] : []));
const isAt = (rehearsal: Rehearsal, ...names: readonly string[]): boolean => placesOf(rehearsal).join(' ') === names.join(' ');
const rowOf = (life: Life | undefined, service = 'post01-s') => [...(life?.ledger.rows.machines.values() ?? [])].find(({ seat }) => seat === service);
const said = (life: Life | undefined, subject: string): string => (life?.present?.plan.reasons.get(subject) ?? []).map(sentence).join('; ');
const saidOf = (life: Life | undefined): string => `${said(life, `machine:${rowOf(life)?.id}`)}; ${said(life, 'service:post01-s')}`;
const disks = (rehearsal: Rehearsal): readonly string[] => [...host(rehearsal, 'post02').overlays.keys()].filter((name) => name.startsWith('keep-'));

let asked = 0;
async function ask(rehearsal: Rehearsal, life: Life | undefined, kind: RequestKind, subject: string, more: { readonly drain?: true } = {}): Promise<string> {
  const id = `wish-${++asked}`;
  const at = rehearsal.clock.wall();
  const row = { id, kind, subject, who: 'ada', why: 'a test', at, expiresAt: at + 5 * minute, state: 'open' as const, ...more };
  await life?.ledger.commit([{ table: 'requests', key: id, row }], [], true);
  life?.loop.changed();
  await rehearsal.until('the wish is answered', () => life?.ledger.rows.requests.get(id)?.answer !== undefined, 10 * minute);
  const answer = life?.ledger.rows.requests.get(id)?.answer;
  return answer === undefined ? '' : sentence(answer);
}

describe('a permanent machine', () => {
  it('is made on its home, with a disk of its own, and stays without any job', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => isAt(rehearsal, 'post01') && rowOf(life)?.readyAt !== undefined, 10 * minute);
    await rehearsal.pass(3 * hour);
    expect(placesOf(rehearsal)).toEqual(['post01']);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect(life?.present?.world.machines.get('post01-s#1')?.phase).toBe('ready');
    expect(saidOf(life)).toContain('up on post01, its home');
    const told = rehearsal.database
      .prepare('SELECT * FROM events')
      .all()
      .map((event) => JSON.stringify(event));
    expect(told.filter((event) => /drain-removed|service-removed/.test(event))).toEqual([]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('is restarted elsewhere when the power of its host is seen to be cut, with its own disk, and stays there when the host is back', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    host(rehearsal, 'post01').crash(false);
    const cut = rehearsal.clock.now();
    await rehearsal.until('it is up elsewhere', () => placesOf(rehearsal).length === 1 && !isAt(rehearsal, 'post01'), 10 * minute);
    expect(rehearsal.clock.now() - cut).toBeLessThan(4 * minute);
    expect(disks(rehearsal)).toEqual(['keep-rehearsal-post01-s']);
    host(rehearsal, 'post01').power.switchOn();
    await rehearsal.pass(hour);
    expect(placesOf(rehearsal)).toHaveLength(1);
    expect(rehearsal.datacentre.guestsMade).toBe(2);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(life?.ledger.rows.services.get('post01-s')).toMatchObject({ last: { host: 'post01', why: 'host post01 is dead' } });
    life?.stop();
  });

  it.each([true, false])('is left where it is while its host is merely silent, and says what would prove it dead (a controller: %s)', async (controllers) => {
    const rehearsal = lab({}, controllers);
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    host(rehearsal, 'post01').trouble.afflict('silent', { concerns: (what) => !what.startsWith('power') });
    await rehearsal.pass(5 * hour);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect(saidOf(life)).toMatch(controllers ? /silent for .* Its controller says on\..*domus bury post01-s/ : /It has no controller that could tell/);
    expect(await ask(rehearsal, life, 'bury', 'post01-s#1')).toContain('started elsewhere');
    await rehearsal.until('another is made on a person’s word', () => rehearsal.datacentre.guestsMade === 2, 10 * minute);
    life?.stop();
  });
});

/** A daemon on the same hosts that knows nothing of the one before, and was told to take its hosts over. */
async function begunWithout(rehearsal: Rehearsal): Promise<Life | undefined> {
  const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: rehearsal.clock });
  return rehearsal.begin(new Tripwire(), journal, { takeOver: true });
}

describe('a permanent machine through persons and misfortune', () => {
  it('is started anew when somebody shuts it down inside, and left alone when it is held', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    const inside = (): void => rehearsal.datacentre.guests().forEach(({ host: at, guest }) => void at.shutdown(guest));
    inside();
    await rehearsal.until('it is up again', () => rowOf(life)?.id === 'post01-s#2' && isAt(rehearsal, 'post01'), 10 * minute);
    expect(await ask(rehearsal, life, 'hold', 'post01-s#2')).toContain('left alone');
    inside();
    await rehearsal.pass(hour);
    expect(placesOf(rehearsal)).toEqual([]);
    await ask(rehearsal, life, 'release', 'post01-s#2');
    await rehearsal.until('it is up again', () => rowOf(life)?.id === 'post01-s#3' && isAt(rehearsal, 'post01'), 10 * minute);
    expect(await ask(rehearsal, life, 'drain', 'post01-s#3')).toContain('started anew');
    await rehearsal.until('it is up again', () => rowOf(life)?.id === 'post01-s#4' && isAt(rehearsal, 'post01'), 10 * minute);
    expect(disks(rehearsal)).toEqual(['keep-rehearsal-post01-s']);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('pauses, longer each time, when it does not stay up, and says so', async () => {
    const rehearsal = lab();
    rehearsal.datacentre.fateOf = () => ({ kind: 'crashes', afterMs: 20_000 });
    const life = await rehearsal.begin();
    await rehearsal.pass(2 * hour);
    const made = rehearsal.datacentre.guestsMade;
    expect(made).toBeGreaterThan(4);
    expect(made).toBeLessThan(12);
    expect(said(life, 'service:post01-s')).toMatch(/down for .* longer than the 10 min.*it does not stay up/);
    rehearsal.datacentre.fateOf = () => ({ kind: 'well' });
    await rehearsal.until('it is up at last', () => isAt(rehearsal, 'post01'), 3 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('goes elsewhere when a person empties its host, and finds no other while that is full of work', async () => {
    const rehearsal = lab({ hosts: 2, hostCores: 4, environments: { grid: { seats: 4, idleMs: hour, cores: { min: 4, max: 4, step: 1 }, pools: ['lab'] } } });
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 3600\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1, 20 * minute);
    await ask(rehearsal, life, 'cordon', 'post01', { drain: true });
    await rehearsal.until('it has stopped', () => rowOf(life) === undefined, 10 * minute);
    await rehearsal.pass(5 * minute);
    expect(said(life, 'service:post01-s')).toMatch(/no host has room for its 1 core.*post02 is full/);
    await rehearsal.until('the job is over', () => rehearsal.core.facts().completed === 1, 2 * hour);
    // the worker is idle for an hour yet: it makes room
    await rehearsal.until('it is up on the other host', () => isAt(rehearsal, 'post02'), 10 * minute);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('keeps its host on, and wakes one when there is no other', async () => {
    const rehearsal = lab({ hosts: 2, power: { trusted: true } });
    const life = await rehearsal.begin();
    await rehearsal.until('the other host sleeps', () => host(rehearsal, 'post02').power.state === 'off', hour);
    await rehearsal.pass(3 * hour);
    expect(host(rehearsal, 'post01').power.state).toBe('on');
    host(rehearsal, 'post01').crash(false);
    host(rehearsal, 'post01').power.fate = { kind: 'never' };
    await rehearsal.until('it is up on the other', () => isAt(rehearsal, 'post02'), hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('comes back with its host where nothing can prove a power cut: the wake-up call that harms nobody does', async () => {
    const rehearsal = lab({ hosts: 1, power: { trusted: true, leaveAloneMs: 20 * minute } }, false);
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    host(rehearsal, 'post01').crash(false);
    await rehearsal.until('it is up again', () => isAt(rehearsal, 'post01'), 2 * hour);
    expect(rowOf(life)?.id).toBe('post01-s#2');
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('is taken over as it runs by a daemon whose journal is lost, and a disk of unknown use waits until every host has answered', async () => {
    const rehearsal = lab();
    const first = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(first)?.readyAt !== undefined, 10 * minute);
    first?.stop();
    await rehearsal.pass(minute);
    const silent = host(rehearsal, 'post01').trouble;
    silent.afflict('silent', { concerns: (what) => !what.startsWith('power') });
    const life = await begunWithout(rehearsal);
    await rehearsal.pass(hour);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect(said(life, 'service:post01-s')).toContain('post01 has not');
    silent.relieve();
    await rehearsal.until('it is known', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    expect(rowOf(life)).toMatchObject({ id: 'post01-s#1', host: 'post01' });
    await rehearsal.pass(hour);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('stops when it leaves the configuration, and its disk is kept; back in it, it has the same disk', async () => {
    const rehearsal = lab();
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    const { services: _, ...without } = rehearsal.policy;
    life?.adopt({ ...without, revision: 'without' }, rehearsal.classify);
    await rehearsal.until('it is gone', () => rowOf(life) === undefined && rehearsal.datacentre.guests().length === 0, 10 * minute);
    await rehearsal.pass(hour);
    expect(disks(rehearsal)).toEqual(['keep-rehearsal-post01-s']);
    expect(said(life, 'service:post01-s')).toContain('is kept on the store');
    life?.adopt(rehearsal.policy, rehearsal.classify);
    await rehearsal.until('it is back', () => rowOf(life)?.readyAt !== undefined, 10 * minute);
    expect(rowOf(life)).toMatchObject({ id: 'post01-s#2', overlay: 'keep-rehearsal-post01-s' });
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('is moved as it runs so that its host can sleep; when the host that carries all of them is lost, others are woken for them', async () => {
    const services = { 'post01-s': { home: 'post01' }, 'post02-s': { home: 'post02' }, 'post03-s': { home: 'post03' } };
    const rehearsal = lab({ services, power: { trusted: true, cyclesPerDay: 20 }, policy: { consolidation: { ...usualMoves, manage: true } } });
    for (const each of rehearsal.datacentre.hosts.values()) each.capabilities = [...each.capabilities, 'live-migration'];
    const life = await rehearsal.begin();
    const places = (): readonly string[] => Object.keys(services).flatMap((name) => placesOf(rehearsal, name));
    const on = (): number => [...rehearsal.datacentre.hosts.values()].filter((each) => each.power.state === 'on').length;
    await rehearsal.until('all are up', () => places().length === 3, 20 * minute);
    await rehearsal.until('one host carries them all', () => new Set(places()).size === 1 && on() === 1, 3 * hour);
    expect(rehearsal.datacentre.guestsMade).toBe(3);
    expect(rehearsal.datacentre.migrations).toBe(2);
    host(rehearsal, places()[0] ?? '').crash(false);
    expect(places()).toEqual([]);
    await rehearsal.until('all are up elsewhere', () => places().length === 3, hour);
    expect(rehearsal.datacentre.guestsMade).toBe(6);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('runs once when its host, or the one that it goes to, loses its power while it moves', async () => {
    for (const which of ['from', 'to'] as const) {
      const rehearsal = lab({
        services: { 'post01-s': { home: 'post01' }, 'post02-s': { home: 'post02' } },
        power: { trusted: true },
        policy: { consolidation: { ...usualMoves, manage: true } },
      });
      for (const each of rehearsal.datacentre.hosts.values()) each.capabilities = [...each.capabilities, 'live-migration'];
      const life = await rehearsal.begin();
      const moving = () => [...(life?.ledger.rows.machines.values() ?? [])].find((row) => row.moving !== undefined && row.moving.endedAt === undefined)?.moving;
      const isBegun = (): boolean => [...(life?.ledger.rows.intents.values() ?? [])].some(({ deed }) => deed.verb === 'migrate-guest');
      await rehearsal.until('one is moved', () => moving() !== undefined && isBegun(), 3 * hour);
      await rehearsal.pass(2_000);
      host(rehearsal, moving()?.[which] ?? '').crash(false);
      const places = (): readonly string[] => ['post01-s', 'post02-s'].flatMap((name) => placesOf(rehearsal, name));
      await rehearsal.pass(minute);
      await rehearsal.until(`both run (${which} was lost)`, () => places().length === 2 && moving() === undefined, 2 * hour);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      life?.stop();
    }
  });

  it('is not started a third time while nobody knows whether it has arrived: one host lost, the other silent', async () => {
    const services = { 'post01-s': { home: 'post01' }, 'post02-s': { home: 'post02' } };
    const rehearsal = lab({ services, power: { trusted: true }, policy: { consolidation: { ...usualMoves, manage: true } } });
    for (const each of rehearsal.datacentre.hosts.values()) each.capabilities = [...each.capabilities, 'live-migration'];
    const life = await rehearsal.begin();
    const row = () => [...(life?.ledger.rows.machines.values() ?? [])].find(({ moving }) => moving !== undefined);
    await rehearsal.until('one is moved', () => row()?.moving !== undefined, 3 * hour);
    const { seat = '', moving } = row() ?? {};
    await rehearsal.until('it is there', () => placesOf(rehearsal, seat)[0] === moving?.to, hour);
    const there = host(rehearsal, moving?.to ?? '').trouble;
    there.afflict('silent', { concerns: (what) => !what.startsWith('power') });
    host(rehearsal, moving?.from ?? '').crash(false);
    const made = rehearsal.datacentre.guestsMade;
    await rehearsal.pass(hour);
    expect(placesOf(rehearsal, seat)).toEqual([moving?.to]);
    expect(rehearsal.datacentre.guestsMade).toBe(made);
    there.relieve();
    await rehearsal.until('it is known where it is', () => rowOf(life, seat)?.host === moving?.to, hour);
    expect(placesOf(rehearsal, seat)).toEqual([moving?.to]);
    host(rehearsal, moving?.to ?? '').crash(false); // now both are lost, and seen to be
    await rehearsal.until('it is up on a third', () => placesOf(rehearsal, seat).length === 1, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('is only thought of in watch mode', async () => {
    const rehearsal = lab({ policy: { mode: 'watch' } });
    const life = await rehearsal.begin();
    await rehearsal.pass(hour);
    expect(rehearsal.datacentre.guestsMade).toBe(0);
    expect(life?.present?.plan.recorded).toMatchObject([{ kind: 'start', service: true, seat: 'post01-s', host: 'post01' }]);
    life?.stop();
  });
});

/** From nothing to up, its host's power cut, up elsewhere; the life is tripped, and where it stops dead a new one begins 20 s later. */
async function losesItsHost(trip?: Trip): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[] }> {
  const rehearsal = lab();
  const tripwire = new Tripwire(trip);
  let life = await rehearsal.begin(tripwire);
  const reach = async (what: string, done: () => boolean): Promise<void> => {
    await rehearsal.until(`${what}, or the life ends`, () => done() || tripwire.dead, 90 * minute);
    if (done()) return;
    await rehearsal.pass(20_000);
    life = await rehearsal.begin();
    await rehearsal.until(`${what} in the next life`, done, 90 * minute);
  };
  const isUp = (): boolean => placesOf(rehearsal).length === 1 && rowOf(life)?.readyAt !== undefined && life?.ledger.rows.intents.size === 0;
  await reach('it is up', isUp);
  const home = placesOf(rehearsal)[0] ?? '';
  host(rehearsal, home).crash(false);
  await reach('it is up elsewhere', () => isUp() && !isAt(rehearsal, home));
  host(rehearsal, home).power.switchOn();
  await rehearsal.pass(10 * minute);
  if (tripwire.dead) await rehearsal.pass(minute);
  life?.stop();
  return { rehearsal, operations: tripwire.operations };
}

function expectOne(rehearsal: Rehearsal): void {
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  expect(placesOf(rehearsal)).toHaveLength(1);
  expect(disks(rehearsal)).toEqual(['keep-rehearsal-post01-s']);
}

describe('a permanent machine whose host loses its power', () => {
  it('runs once and on its own disk when the daemon stops dead before or after any operation', async () => {
    const { operations } = await losesItsHost();
    expect(operations.length).toBeGreaterThan(10);
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        const { rehearsal } = await losesItsHost({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
        expectOne(rehearsal);
      }
    }
  });

  it('runs once and on its own disk when any deed fails in any way, done or not', async () => {
    const { operations } = await losesItsHost();
    const deeds = operations.flatMap((name, index) => (name.startsWith('journal.') ? [] : [index + 1]));
    for (const kind of failureKinds) {
      for (const what of ['fail-before', 'fail-after'] as const) {
        for (const at of deeds) {
          const { rehearsal } = await losesItsHost({ at, what, kind }).catch((thrown: unknown) => {
            throw new Error(`${what} ${kind} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
          });
          expectOne(rehearsal);
        }
      }
    }
  });
});
