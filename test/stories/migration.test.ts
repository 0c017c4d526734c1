import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import type { Environment } from '../../src/model/environment.js';
import type { Machine } from '../../src/model/machine.js';
import { because, sentence } from '../../src/model/reason.js';
import type { FakeGuest, MigrationFate } from '../../src/sim/hosts/guest.js';
import type { FakeHost } from '../../src/sim/hosts/host.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { type Trip, Tripwire } from '../../src/sim/tripwire.js';

const minute = 60_000;
const hour = 60 * minute;

/** Two hosts, and a machine that stays although no job waits. */
function site(environment: Partial<Environment> = {}, seed = 1, more: { readonly controllers?: boolean } = {}): Rehearsal {
  const policy = rehearsalPolicy({
    environments: { grid: { seats: 3, min: 1, cores: { min: 1, max: 1, step: 1 }, ...environment } },
    hosts: 2,
    ...(more.controllers === true ? { power: { manage: false } } : {}),
  });
  return new Rehearsal({ policy, classify: () => ({ environment: 'grid' }), seed, sharedStore: true, ...more });
}

const host = (rehearsal: Rehearsal, name: string): FakeHost => {
  const found = rehearsal.datacentre.hosts.get(name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
};
const only = (life: Life | undefined): Machine => {
  const [machine, second] = life?.ledger.rows.machines.values() ?? [];
  if (machine === undefined || second !== undefined) throw new Error('not one machine');
  return machine;
};
const guestsOn = (rehearsal: Rehearsal, name: string): readonly FakeGuest[] => [...host(rehearsal, name).guests.values()];
const isServing = (life: Life | undefined): boolean =>
  [...(life?.present?.world.machines.values() ?? [])].some((view) => view.phase === 'ready' && view.slotsFree + view.jobs.length > 0);
const said = (life: Life | undefined, id: string): string => (life?.present?.plan.reasons.get(`machine:${id}`) ?? []).map(sentence).join('; ');

/** Decided by nobody but the story: the row says where to. */
async function send(rehearsal: Rehearsal, life: Life | undefined, to: string, way: 'live' | 'saved' = 'live'): Promise<Machine> {
  const row = only(life);
  const moving = { from: row.host, to, since: rehearsal.clock.wall(), reason: because('move-asked', { who: 'ada', why: 'a test', to }), way };
  await life?.ledger.commit([{ table: 'machines', key: row.id, row: { ...row, moving } }], [], true);
  life?.loop.changed();
  return row;
}

async function serving(rehearsal: Rehearsal): Promise<{ life: Life | undefined; from: string; to: string }> {
  const life = await rehearsal.begin();
  await rehearsal.until('it serves', () => isServing(life), hour);
  const from = only(life).host;
  return { life, from, to: from === 'post01' ? 'post02' : 'post01' };
}

const areKnown = (life: Life | undefined): boolean => [...(life?.present?.world.hosts.values() ?? [])].every(({ blocked }) => blocked === undefined);
const isOver = (life: Life | undefined): boolean => only(life).moving === undefined;

describe('a machine that is moved', () => {
  it('is offline meanwhile, runs on the other host afterwards, and serves jobs there', async () => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    const before = guestsOn(rehearsal, from)[0]?.plan.uuid;
    await send(rehearsal, life, to);
    await rehearsal.until('it migrates', () => [...(life?.ledger.rows.intents.values() ?? [])].some(({ deed }) => deed.verb === 'migrate-guest'), hour);
    const view = life?.present?.world.hosts.get(to);
    expect(view?.arriving.map((machine) => machine.row.id)).toEqual([only(life).id]);
    expect(view?.free.cores).toBe(3);
    await rehearsal.until('it has come', () => isOver(life), hour);
    expect(only(life)).toMatchObject({ host: to, moved: { from } });
    expect(guestsOn(rehearsal, from)).toEqual([]);
    expect(guestsOn(rehearsal, to).map((guest) => guest.plan.uuid)).toEqual([before]);
    rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await rehearsal.until('a job is served there', () => rehearsal.core.facts().completed === 1, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('because a person asked goes there, says who asked, and comes back when asked again', async () => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    const ask = async (kind: 'move' | 'stay', where?: string): Promise<string> => {
      const id = `r-${rehearsal.clock.now()}`;
      const wish = { id, kind, subject: only(life).id, who: 'ada', why: 'a noisy fan', at: rehearsal.clock.wall(), expiresAt: rehearsal.clock.wall() + minute };
      await life?.ledger.commit([{ table: 'requests', key: id, row: { ...wish, state: 'open', ...(where === undefined ? {} : { to: where }) } }], [], true);
      life?.loop.changed();
      await rehearsal.until('it is answered', () => life?.ledger.rows.requests.get(id)?.state !== 'open', hour);
      const answer = life?.ledger.rows.requests.get(id)?.answer;
      return answer === undefined ? '' : sentence(answer);
    };
    expect(await ask('move', to)).toContain(`goes from ${from} to ${to}`);
    expect(only(life).moving?.reason.code).toBe('move-asked');
    await rehearsal.until('it has come', () => isOver(life), hour);
    expect(only(life)).toMatchObject({ host: to, moved: { from } });
    await rehearsal.until('it serves again', () => isServing(life), hour);
    expect(await ask('move')).toContain(`goes from ${to} to ${from}`); // at once: who asks need not wait for the pause after a move
    expect(await ask('stay')).toContain(`is not moved to ${from} after all`);
    await rehearsal.until('it serves where it was', () => isServing(life), hour);
    await rehearsal.pass(10 * minute);
    expect(only(life).host).toBe(to);
    expect(rehearsal.datacentre.migrations).toBe(1);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('with a job on it stays, unless its environment lets jobs move; then the job never notices', async () => {
    for (const moves of ['idle', 'busy', 'never'] as const) {
      const rehearsal = site({ moves });
      const { life, from, to } = await serving(rehearsal);
      rehearsal.submit(['-q', 'grid'], 'sleep 300\n');
      await rehearsal.until('it runs', () => rehearsal.core.facts().byState.R === 1, hour);
      await rehearsal.pass(minute);
      await send(rehearsal, life, to);
      await rehearsal.until('that is settled', () => isOver(life), hour);
      expect(only(life).host).toBe(moves === 'busy' ? to : from);
      expect(rehearsal.core.facts().byState.R).toBe(1);
      await rehearsal.until('it ends well', () => rehearsal.core.facts().completed === 1, hour);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      life?.stop();
    }
  });

  it.each<[MigrationFate, 'here' | 'there' | 'nowhere']>([
    ['well', 'there'],
    ['stays', 'here'],
    ['both', 'there'],
    ['left', 'here'],
    ['dies', 'nowhere'],
    ['stuck', 'nowhere'],
  ])('of which a migration makes "%s" ends %s, and nothing is left behind', async (fate, end) => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    host(rehearsal, from).migrationOf = () => fate;
    const before = await send(rehearsal, life, to);
    const own = () => life?.ledger.rows.machines.get(before.id);
    await rehearsal.until('that is settled', () => own()?.moving === undefined, hour);
    await rehearsal.until('a machine serves', () => isServing(life), hour);
    await rehearsal.pass(10 * minute);
    if (end === 'nowhere') expect(own()).toBeUndefined();
    else expect(own()?.host).toBe(end === 'there' ? to : from);
    const guests = rehearsal.datacentre.guests();
    expect(guests.map(({ guest }) => guest.half)).toEqual(['']);
    expect(life?.present?.world.strays).toEqual([]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(isServing(life)).toBe(true);
    life?.stop();
  });

  it('whose old host loses power in the middle is settled when both were looked at, and another takes its place', async () => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    const before = await send(rehearsal, life, to);
    await rehearsal.until('it migrates', () => guestsOn(rehearsal, to).some((guest) => guest.half === '--incoming'), hour);
    host(rehearsal, from).crash();
    await rehearsal.until('a machine serves again', () => life?.ledger.rows.machines.get(before.id) === undefined && isServing(life), hour);
    expect(rehearsal.datacentre.guests()).toHaveLength(1);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('whose new host loses power in the middle goes on where it was', async () => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    await send(rehearsal, life, to);
    await rehearsal.until('it migrates', () => guestsOn(rehearsal, to).length === 1, hour);
    host(rehearsal, to).crash(false);
    await rehearsal.until('that is settled', () => isOver(life), hour);
    expect(only(life).host).toBe(from);
    await rehearsal.until('it serves', () => isServing(life), hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('whose old host stays off is not on its way for ever', async () => {
    for (const controllers of [true, false]) {
      const rehearsal = site({ moves: 'busy' }, 1, { controllers });
      const { life, from, to } = await serving(rehearsal);
      host(rehearsal, from).migrationOf = () => 'both';
      const { id } = await send(rehearsal, life, to);
      await rehearsal.until('it runs there', () => guestsOn(rehearsal, to).some(({ half }) => half === ''), hour);
      host(rehearsal, from).crash(false);
      await rehearsal.until('it has come', () => only(life).host === to, hour);
      await rehearsal.pass(20 * minute);
      expect(only(life).moving === undefined).toBe(controllers); // silence proves nothing for a while
      await rehearsal.until('nobody waits for its old host any more', () => isOver(life), hour);
      expect(only(life)).toMatchObject({ id, host: to, moved: { from } });
      await rehearsal.pass(minute);
      expect(life?.present?.world.hosts.get(from)?.arriving).toEqual([]);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      life?.stop();
    }
  });

  it('whose old host answers again long after, with what stood still there: that is cleared away, and the machine is not touched', async () => {
    const rehearsal = site();
    const { life, from, to } = await serving(rehearsal);
    const old = host(rehearsal, from);
    old.migrationOf = () => 'both';
    const { id } = await send(rehearsal, life, to);
    await rehearsal.until('it runs there', () => guestsOn(rehearsal, to).some(({ half }) => half === ''), hour);
    old.trouble.afflict('silent', { forMs: 4 * hour });
    await rehearsal.until('nobody waits for its old host any more', () => isOver(life) && only(life).host === to, 3 * hour);
    expect(guestsOn(rehearsal, from).map(({ half }) => half)).toEqual(['--migratedaway']);
    const runs = guestsOn(rehearsal, to)[0];
    await rehearsal.until('the copy is gone', () => guestsOn(rehearsal, from).length === 0, 4 * hour);
    await rehearsal.pass(10 * minute);
    expect(guestsOn(rehearsal, to)[0]).toBe(runs);
    expect(only(life)).toMatchObject({ id, host: to });
    expect(isServing(life)).toBe(true);
    expect(life?.present?.world.strays).toEqual([]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it.each([-30 * 24 * hour, 2 * hour])('ends well although the clock jumps by %d ms on its way', async (jumpMs) => {
    for (const moment of ['before', 'during', 'after'] as const) {
      const rehearsal = site();
      const { life, from, to } = await serving(rehearsal);
      await send(rehearsal, life, to);
      const isUnderWay = () => [...(life?.ledger.rows.intents.values() ?? [])].some(({ deed }) => deed.verb === 'migrate-guest');
      if (moment !== 'before') await rehearsal.until('it migrates', isUnderWay, hour);
      if (moment === 'after') await rehearsal.until('that is over', () => only(life).moving?.endedAt !== undefined, hour);
      rehearsal.clock.jump(jumpMs);
      await rehearsal.until('it is settled', () => isOver(life) && isServing(life), 2 * hour);
      expect([from, to]).toContain(only(life).host);
      if (moment !== 'before') expect(only(life).host).toBe(to);
      expect(only(life).moved?.at ?? 0).toBeLessThanOrEqual(rehearsal.clock.wall());
      expect(rehearsal.datacentre.guests().map(({ guest }) => guest.half)).toEqual(['']);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      life?.stop();
    }
  });

  it('that cannot begin is not moved after all, and says why', async () => {
    const rehearsal = site();
    const { life, to } = await serving(rehearsal);
    host(rehearsal, to).crash(false);
    await rehearsal.until('its silence is seen', () => life?.present?.world.hosts.get(to)?.blocked?.code === 'host-silent', hour);
    const row = await send(rehearsal, life, to);
    await rehearsal.until('it is taken back', () => isOver(life), hour);
    expect(only(life).moved).toBeUndefined();
    expect(only(life).host).toBe(row.host);
    await rehearsal.pass(minute);
    expect(said(life, row.id)).not.toContain('moved');
    life?.stop();
  });

  it('and drained at once, leaves instead', async () => {
    const rehearsal = site({ min: 0, idleMs: hour });
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 30\n');
    await rehearsal.until('it is served', () => rehearsal.core.facts().completed === 1, hour);
    const row = only(life);
    const to = row.host === 'post01' ? 'post02' : 'post01';
    const moving = { from: row.host, to, since: rehearsal.clock.wall(), reason: row.reason, way: 'live' as const };
    const goal = { kind: 'gone' as const, reason: row.reason, since: rehearsal.clock.wall() };
    await life?.ledger.commit([{ table: 'machines', key: row.id, row: { ...row, moving, goal } }], [], true);
    life?.loop.changed();
    await rehearsal.until('it is gone', () => life?.ledger.rows.machines.size === 0, hour);
    expect(rehearsal.unrest()).toEqual([]);
    life?.stop();
  });
});

/** A machine is moved to the other host; the life is tripped, and where it stops dead a new one begins. */
async function aMove(trip?: Trip, way: 'live' | 'saved' = 'live'): Promise<{ readonly rehearsal: Rehearsal; readonly operations: readonly string[] }> {
  const rehearsal = site();
  const first = await rehearsal.begin();
  await rehearsal.until('it serves', () => isServing(first), hour);
  first?.stop();
  await rehearsal.pass(minute);
  const tripwire = new Tripwire(trip);
  const life = await rehearsal.begin(tripwire);
  let current = life;
  const from = rehearsal.datacentre.guests()[0]?.host.name;
  const to = from === 'post01' ? 'post02' : 'post01';
  await rehearsal.until('all is known', () => tripwire.dead || (isServing(life) && areKnown(life)), hour);
  if (!tripwire.dead && life !== undefined) void send(rehearsal, life, to, way).catch(() => undefined);
  const revive = async (): Promise<void> => {
    if (!tripwire.dead || current !== life) return;
    await rehearsal.pass(20_000);
    current = await rehearsal.begin();
  };
  await rehearsal.until('it is over, or dead', () => tripwire.dead || (only(life).moved !== undefined && isOver(life) && isServing(life)), 6 * hour);
  await revive();
  await rehearsal.until('all is over', () => current?.present !== undefined && isOver(current) && isServing(current), 6 * hour);
  await rehearsal.pass(3 * minute);
  await revive();
  await rehearsal.until('all is calm', () => isServing(current) && current?.ledger.rows.intents.size === 0, hour);
  expect(rehearsal.datacentre.guests().map(({ guest }) => guest.half)).toEqual(['']);
  expect(rehearsal.datacentre.guests()[0]?.host.name).toBe(only(current).host);
  expect(rehearsal.datacentre.invariants()).toEqual([]);
  current?.stop();
  await rehearsal.pass(minute);
  return { rehearsal, operations: tripwire.operations };
}

describe('a move ends the same', () => {
  it('when the daemon stops dead before or after any operation', async () => {
    const { operations } = await aMove();
    expect(operations.filter((name) => name === 'hypervisor.migrateGuest')).toHaveLength(1);
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        await aMove({ at, what }).catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
      }
    }
  });

  it('when a guest that cannot move while it runs is saved and restored, and the daemon stops dead at any operation', async () => {
    const { operations } = await aMove(undefined, 'saved');
    expect(operations.filter((name) => name === 'hypervisor.saveGuest' || name === 'hypervisor.restoreGuest')).toHaveLength(2);
    for (const what of ['die-before', 'die-after'] as const) {
      for (let at = 1; at <= operations.length; at++) {
        await aMove({ at, what }, 'saved').catch((thrown: unknown) => {
          throw new Error(`${what} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
        });
      }
    }
  });

  it('when saving or restoring fails in any way: where it cannot go on elsewhere, it goes on where it was', async () => {
    const { operations } = await aMove(undefined, 'saved');
    for (const what of ['fail-before', 'fail-after'] as const)
      for (const kind of ['uncertain', 'refused', 'full'] as const)
        for (let at = 1; at <= operations.length; at++) {
          if (!/(save|restore)Guest$/.test(operations[at - 1] ?? '')) continue;
          await aMove({ at, what, kind }, 'saved').catch((thrown: unknown) => {
            throw new Error(`${what} ${kind} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
          });
        }
  });

  it('when any operation fails in any way', async () => {
    const { operations } = await aMove();
    for (const what of ['fail-before', 'fail-after'] as const)
      for (const kind of ['uncertain', 'refused', 'busy', 'unreachable', 'full'] as const)
        for (let at = 1; at <= operations.length; at++) {
          if (operations[at - 1] !== 'hypervisor.migrateGuest') continue;
          await aMove({ at, what, kind }).catch((thrown: unknown) => {
            throw new Error(`${what} ${kind} operation ${at} (${operations[at - 1]}): ${String(thrown)}`);
          });
        }
  });
});
