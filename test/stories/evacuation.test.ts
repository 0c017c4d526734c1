import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import type { Machine } from '../../src/model/machine.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { ask, host, hour, lives, minute, type RoomWish, room, said, until } from './classroom-given.js';

const busy = { moves: 'busy' as const };
/** Two workstations of a room that opens at 8, and a server beside them. */
const site = (wish: RoomWish = {}): Rehearsal =>
  room({ hosts: 3, servers: 1, ...wish, environment: { ...busy, maxWalltimeMs: 2 * hour, ...wish.environment } });
const rows = (life: Life | undefined): readonly Machine[] => [...(life?.ledger.rows.machines.values() ?? [])];
const ends = (rehearsal: Rehearsal): readonly unknown[] => rehearsal.core.facts().jobs.flatMap((job) => job.runs.map((run) => run.why));
const isRunning = (rehearsal: Rehearsal, jobs = 1): boolean => rehearsal.core.facts().byState.R === jobs;
const hostsOfGuests = (rehearsal: Rehearsal): readonly string[] => rehearsal.datacentre.guests().map((at) => at.host.name);

/** A job of so many hours (it names `walltime`), begun on a workstation at about one o'clock: a person keeps the server from it. */
async function begun(rehearsal: Rehearsal, life: Life | undefined, { hours = 12, walltime = '16:00:00', jobs = 1 } = {}): Promise<void> {
  await until(rehearsal, 0.5);
  await ask(rehearsal, life, { kind: 'cordon', subject: 'post03' });
  for (let job = 0; job < jobs; job++) rehearsal.submit(['-q', 'grid', '-l', `walltime=${walltime}`], `sleep ${hours * 3600}\n`);
  await rehearsal.until('they run', () => isRunning(rehearsal, jobs), hour);
  await ask(rehearsal, life, { kind: 'uncordon', subject: 'post03' });
}

describe('a job that would keep a workstation from its room', () => {
  it('goes on on a server while it runs, where its environment lets it, and the room is ready in time', async () => {
    const rehearsal = site();
    const life = await rehearsal.begin();
    await begun(rehearsal, life);
    const [{ id = '', host: from = '' } = {}] = rows(life);
    expect(from).not.toBe('post03');
    await until(rehearsal, 4);
    expect(hostsOfGuests(rehearsal)).toEqual([from]); // not before it must
    await rehearsal.until('it is moved', () => life?.ledger.rows.machines.get(id)?.moving?.reason.code === 'move-due', 3 * hour);
    await rehearsal.until('it has come', () => life?.ledger.rows.machines.get(id)?.moved !== undefined, hour);
    expect(life?.ledger.rows.machines.get(id)).toMatchObject({ host: 'post03', moved: { from }, goal: { kind: 'serve' } });
    await until(rehearsal, 7.9);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    expect(isRunning(rehearsal)).toBe(true);
    expect(said(life, `host:${from}`)).not.toContain('will not be ready');
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=01:00:00'], 'sleep 60\n');
    await until(rehearsal, 14);
    expect(ends(rehearsal)).toEqual(['completed', 'completed']); // its node takes jobs again
    expect(rehearsal.datacentre.migrations).toBe(1);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it.each<[string, RoomWish, (rehearsal: Rehearsal, life: Life | undefined) => Promise<unknown> | undefined]>([
    ['its environment lets only idle machines move', { environment: { moves: 'idle' } }, () => undefined],
    ['there is no room', {}, (rehearsal, life) => ask(rehearsal, life, { kind: 'cordon', subject: 'post03' })],
    ['the server is wanted empty, too', {}, (rehearsal, life) => ask(rehearsal, life, { kind: 'maintain', subject: 'post03', ...maintained })],
    ['every migration fails', {}, async (rehearsal) => refuse(rehearsal)],
  ])('stays where it is, as ever, when %s', async (_, wish, first) => {
    const rehearsal = site(wish);
    const life = await rehearsal.begin();
    await begun(rehearsal, life, { hours: 9 });
    await first(rehearsal, life);
    const [{ host: from = '' } = {}] = rows(life);
    await until(rehearsal, 7.9);
    expect(said(life, `host:${from}`)).toContain('will not be ready');
    expect(hostsOfGuests(rehearsal)).toEqual([from]);
    await until(rehearsal, 11);
    expect(ends(rehearsal)).toEqual(['completed']);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    expect(rehearsal.datacentre.migrations).toBe(0);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('goes as soon as there is room, also late', async () => {
    const rehearsal = site();
    const life = await rehearsal.begin();
    await begun(rehearsal, life);
    await ask(rehearsal, life, { kind: 'cordon', subject: 'post03' });
    await until(rehearsal, 6);
    const [{ id = '' } = {}] = rows(life);
    expect(said(life, `machine:${id}`)).toContain('would go on on another host');
    expect(rows(life)).toMatchObject([{ goal: { kind: 'serve' } }]);
    rehearsal.submit(['-q', 'grid', '-l', 'walltime=00:10:00'], 'sleep 60\n');
    await ask(rehearsal, life, { kind: 'uncordon', subject: 'post03' });
    await rehearsal.until('it has come', () => rows(life).some((row) => row.id === id && row.host === 'post03'), hour);
    await until(rehearsal, 7.9);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    life?.stop();
  });

  it('that ends in time is waited for where it is, and nothing is moved', async () => {
    const rehearsal = site();
    const life = await rehearsal.begin();
    await begun(rehearsal, life, { hours: 5, walltime: '05:30:00' });
    await until(rehearsal, 7.9);
    expect(ends(rehearsal)).toEqual(['completed']);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    expect(rehearsal.datacentre.migrations).toBe(0);
    life?.stop();
  });

  it('survives a daemon that dies in the middle of it', async () => {
    const rehearsal = site();
    const life = await rehearsal.begin();
    await begun(rehearsal, life);
    await rehearsal.until('it migrates', () => [...(life?.ledger.rows.intents.values() ?? [])].some(({ deed }) => deed.verb === 'migrate-guest'), 8 * hour);
    expect(life?.present?.world.machines.get(rows(life)[0]?.id ?? '')?.node?.states).toContain('offline'); // no job begins that would have to go along
    life?.stop();
    await rehearsal.pass(10 * minute);
    const next = await rehearsal.begin();
    await until(rehearsal, 7.9);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    expect(isRunning(rehearsal)).toBe(true);
    expect(hostsOfGuests(rehearsal)).toEqual(['post03']);
    await until(rehearsal, 14);
    expect(ends(rehearsal)).toEqual(['completed']);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    next?.stop();
  });
});

const maintained = { dueAt: Date.UTC(2026, 0, 5, 12), untilAt: Date.UTC(2026, 0, 5, 14) };
async function refuse(rehearsal: Rehearsal): Promise<void> {
  for (const name of ['post01', 'post02']) host(rehearsal, name).migrationOf = () => 'stays';
}

describe('a permanent machine on a workstation', () => {
  const services = { 'post01-s': { home: 'post01' } };
  const upOn = (rehearsal: Rehearsal): readonly string[] => rehearsal.datacentre.guests().flatMap((at) => (at.guest.up ? [at.host.name] : []));

  it('goes to a server before its room opens, and answers all the time', async () => {
    const rehearsal = site({ services });
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => upOn(rehearsal).includes('post01'), hour);
    let gaps = 0;
    for (let at = 1; at < 8; at += 0.02) {
      await until(rehearsal, at);
      if (upOn(rehearsal).length !== 1) gaps++;
    }
    expect(gaps).toBe(0);
    expect(upOn(rehearsal)).toEqual(['post03']);
    expect(lives(rehearsal)).toBe('classroom classroom dom0');
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    expect(rehearsal.datacentre.migrations).toBe(1);
    life?.stop();
  });

  it('that has nowhere to go stays until its host must be empty, and is back in the evening', async () => {
    const rehearsal = room({ hosts: 2, services });
    const life = await rehearsal.begin();
    await rehearsal.until('it is up', () => upOn(rehearsal).includes('post01'), hour);
    let last = 0;
    await rehearsal.until('it is told to go', () => life?.ledger.rows.services.get('post01-s')?.last !== undefined, 8 * hour);
    last = rehearsal.clock.wall();
    expect(life?.ledger.rows.services.get('post01-s')?.last?.why).toContain('post01 is the classroom’s at');
    await until(rehearsal, 7.9);
    expect(lives(rehearsal)).toBe('classroom classroom');
    expect(last).toBeGreaterThan(Date.UTC(2026, 0, 5, 6, 30));
    await until(rehearsal, 21);
    expect(upOn(rehearsal)).toHaveLength(1);
    expect(rehearsal.datacentre.migrations).toBe(0);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});

describe('a host that a person wants empty', () => {
  it('gives its busy machine and its permanent one to another, where they may move; else it is as ever', async () => {
    for (const moves of ['busy', 'idle'] as const) {
      const rehearsal = site({ environment: { moves } });
      const life = await rehearsal.begin();
      await begun(rehearsal, life, { hours: 3, walltime: '04:00:00' });
      const [{ host: from = '' } = {}] = rows(life);
      await ask(rehearsal, life, { kind: 'cordon', subject: from, drain: true });
      await rehearsal.pass(10 * minute);
      expect(hostsOfGuests(rehearsal).includes(from)).toBe(moves === 'idle');
      expect(isRunning(rehearsal)).toBe(true);
      life?.stop();
    }
  });
});
