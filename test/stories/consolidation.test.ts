import { describe, expect, it } from 'vitest';
import { sentence } from '../../src/model/reason.js';
import type { FakeGuest } from '../../src/sim/hosts/guest.js';
import type { FakeHost } from '../../src/sim/hosts/host.js';
import { Laboratory, type LaboratoryWish, packLaboratory } from '../../src/sim/laboratory.js';

const minute = 60_000;
const hour = 60 * minute;

/** A furnished laboratory of six hosts, four machines to a host at most, that is open. */
async function six(wish: Partial<LaboratoryWish> = {}): Promise<Laboratory> {
  const laboratory = new Laboratory({ hosts: 6, reserveMiB: 1024, ...wish });
  await laboratory.furnish();
  await laboratory.open();
  return laboratory;
}
const hostsOf = ({ rehearsal }: Laboratory): readonly FakeHost[] => [...rehearsal.datacentre.hosts.values()];
const guestsOf = (laboratory: Laboratory): readonly FakeGuest[] => hostsOf(laboratory).flatMap((host) => [...host.guests.values()]);
const spin = (laboratory: Laboratory, guest: FakeGuest | undefined, cores: number): void => guest?.spin(cores, laboratory.rehearsal.clock.now());
const said = ({ life }: Laboratory, subject: string): string => (life?.present?.plan.reasons.get(subject) ?? []).map(sentence).join('; ');
const carrying = (laboratory: Laboratory): readonly number[] => hostsOf(laboratory).map(({ guests }) => guests.size);
const moves = ({ rehearsal }: Laboratory): number => rehearsal.datacentre.migrations;
/** Nothing is on its way, and everything serves. */
const isCalm = (laboratory: Laboratory): boolean =>
  laboratory.serving === 6 && [...(laboratory.life?.ledger.rows.machines.values() ?? [])].every(({ moving }) => moving === undefined);
const isSound = (laboratory: Laboratory): void => expect(laboratory.rehearsal.datacentre.invariants()).toEqual([]);

describe('62 hosts of 2 GB with one machine of 256 MB each', () => {
  it('are packed onto the 8 that their memory needs within a minute of migrating, and the others switched off', async () => {
    const { migrations, tookMs, used, offMs, harm, serving } = await packLaboratory({ hosts: 62, reserveMiB: 0, power: { switchesAtOnce: 60 } }, 8);
    expect({ migrations, used, harm, serving }).toEqual({ migrations: 54, used: 8, harm: [], serving: 62 });
    expect(tookMs).toBeLessThanOrEqual(minute);
    expect(offMs).toBeLessThanOrEqual(20 * minute);
  });
});

describe('a laboratory at rest', () => {
  it('is packed once, and nothing moves to and fro afterwards', async () => {
    const laboratory = await six({ power: { manage: true, cyclesPerDay: 20 } });
    await laboratory.rehearsal.until('it is packed', () => laboratory.used === 2 && isCalm(laboratory), 2 * hour);
    expect(moves(laboratory)).toBe(4);
    await laboratory.rehearsal.until('the others are off', () => laboratory.on === 2, 2 * hour);
    await laboratory.rehearsal.pass(12 * hour);
    expect(moves(laboratory)).toBe(4);
    expect(laboratory.on).toBe(2);
    isSound(laboratory);
    laboratory.life?.stop();
  });

  it('stays as it is where nothing would be switched off, and where a host is worth less than its moves', async () => {
    for (const wish of [{ power: { warmHosts: 6 } }, { consolidation: { worthMs: 1000 } }, { environment: { moves: 'never' as const } }]) {
      const laboratory = await six(wish);
      await laboratory.rehearsal.pass(2 * hour);
      expect(moves(laboratory)).toBe(0);
      laboratory.life?.stop();
    }
  });

  it('of two hosts stays as it is where the one that is emptied would stay on for the next job', async () => {
    for (const [headroomCores, expected] of [
      [1, 1],
      [1000, 0],
    ] as const) {
      const laboratory = await six({ hosts: 2, power: { headroomCores } });
      await laboratory.rehearsal.pass(2 * hour);
      expect(moves(laboratory)).toBe(expected);
      laboratory.life?.stop();
    }
  });

  it('stays where what is to be moved may take longer than a move is given', async () => {
    const laboratory = await six({ consolidation: { mibPerSecond: 4, worthMs: 24 * hour } }); // 64 s for 256 MiB, of two minutes
    await laboratory.rehearsal.pass(2 * hour);
    expect(moves(laboratory)).toBe(0);
    laboratory.life?.stop();
    const faster = await six({ consolidation: { mibPerSecond: 6, worthMs: 24 * hour } });
    await faster.rehearsal.until('it is packed', () => faster.used === 2 && isCalm(faster), 2 * hour);
    faster.life?.stop();
  });

  it('is only thought of in watch mode, proposed in advise mode, and left alone while frozen', async () => {
    const watching = await six({ policy: { mode: 'watch' } });
    await watching.rehearsal.pass(hour);
    expect(watching.life?.present?.plan.recorded.filter(({ kind }) => kind === 'move')).toHaveLength(4);
    const advising = await six({ policy: { mode: 'advise' } });
    await advising.rehearsal.pass(hour);
    const proposals = [...(advising.life?.ledger.rows.proposals.values() ?? [])].filter(({ id }) => id.startsWith('move-'));
    expect(proposals.map(({ reason }) => sentence(reason))[0]).toContain('can be switched off (4 move(s) save 4 host(s))');
    const frozen = await six();
    await frozen.life?.ledger.commit([{ table: 'freeze', key: 'freeze', row: { by: 'ada', why: 'a test', at: 0 } }], [], true);
    await frozen.rehearsal.pass(hour);
    for (const laboratory of [watching, advising, frozen]) {
      expect(moves(laboratory)).toBe(0);
      laboratory.life?.stop();
    }
  });
});

describe('guests that cannot move while they run', () => {
  it('are saved and restored when idle, and stay where that is not possible either', async () => {
    for (const capabilities of [['pv'], []]) {
      const laboratory = new Laboratory({ hosts: 6, reserveMiB: 1024, environment: { boot: { type: 'pv', kernel: 'vmlinuz', args: [] } } });
      for (const host of hostsOf(laboratory)) host.capabilities = capabilities;
      await laboratory.furnish();
      await laboratory.open();
      const least = capabilities.length === 0 ? 6 : 2;
      await laboratory.rehearsal.until('it is packed, or not', () => laboratory.used === least && isCalm(laboratory), 2 * hour);
      await laboratory.rehearsal.pass(hour);
      expect(laboratory.used).toBe(least);
      expect(moves(laboratory)).toBe(0); // none of them live
      isSound(laboratory);
      laboratory.life?.stop();
    }
  });
});

describe('while machines move', () => {
  it('one that dies of it is made anew, and what was planned goes on', async () => {
    const laboratory = await six();
    let deaths = 1;
    for (const host of hostsOf(laboratory)) host.migrationOf = () => (deaths-- > 0 ? 'dies' : 'well');
    await laboratory.rehearsal.until('it is packed', () => laboratory.used === 2 && isCalm(laboratory), 6 * hour);
    expect(carrying(laboratory).reduce((sum, each) => sum + each, 0)).toBe(6);
    isSound(laboratory);
    laboratory.life?.stop();
  });

  it('a host that dies of it takes only its own with it: all are there again, and packed', async () => {
    for (const end of ['from', 'to'] as const) {
      const laboratory = await six();
      const deed = () =>
        [...(laboratory.life?.ledger.rows.intents.values() ?? [])].flatMap(({ deed: each }) => (each.verb === 'migrate-guest' ? [each] : []))[0];
      await laboratory.rehearsal.until('one migrates', () => guestsOf(laboratory).some(({ half }) => half !== ''), 2 * hour);
      const name = end === 'from' ? deed()?.host : deed()?.to;
      hostsOf(laboratory)
        .find((host) => host.name === name)
        ?.crash();
      await laboratory.rehearsal.until('all serve', () => isCalm(laboratory), 6 * hour);
      await laboratory.rehearsal.until('it is packed', () => laboratory.used === 2 && isCalm(laboratory), 12 * hour);
      expect(guestsOf(laboratory).every(({ half }) => half === '')).toBe(true);
      isSound(laboratory);
      laboratory.life?.stop();
    }
  });

  it('a cordon on a host takes back what has not begun, and another plan goes round it', async () => {
    const laboratory = await six({ consolidation: { atOnce: 1 } });
    const first = () => [...(laboratory.life?.ledger.rows.machines.values() ?? [])].find(({ moving }) => moving !== undefined)?.moving;
    await laboratory.rehearsal.until('they go', () => first() !== undefined, 2 * hour);
    const to = first()?.to ?? '';
    const before = carrying(laboratory)[hostsOf(laboratory).findIndex(({ name }) => name === to)] ?? 0;
    await laboratory.life?.ledger.commit([{ table: 'cordons', key: to, row: { host: to, by: 'ada', why: 'a test', at: 0, drain: false } }], [], true);
    await laboratory.rehearsal.pass(3 * hour);
    const after = carrying(laboratory)[hostsOf(laboratory).findIndex(({ name }) => name === to)] ?? 0;
    expect(after - before).toBeLessThanOrEqual(1); // the one that was under way
    expect(isCalm(laboratory)).toBe(true);
    isSound(laboratory);
    laboratory.life?.stop();
  });
});

describe('an overloaded host', () => {
  it('gives up its lightest machine for a host that is woken for it, once, and nothing comes back', async () => {
    const laboratory = await six({ power: { minOffMs: minute, cyclesPerDay: 20 } });
    await laboratory.rehearsal.until('it is packed, the others are off', () => laboratory.used === 2 && laboratory.on === 2, 4 * hour);
    await laboratory.rehearsal.pass(40 * minute); // whoever came lately stays
    const packed = moves(laboratory);
    const full = hostsOf(laboratory).filter(({ guests }) => guests.size > 0);
    const busiest = full.map((host) => [host, [...host.guests.values()][0]?.plan.name] as const);
    for (const host of full) {
      const [hot, warm] = [...host.guests.values()];
      spin(laboratory, hot, 1);
      spin(laboratory, warm, 0.9);
    }
    const [most] = [...full].sort((a, b) => b.guests.size - a.guests.size);
    await laboratory.rehearsal.until('one goes', () => moves(laboratory) > packed, 2 * hour);
    expect(laboratory.on).toBeGreaterThan(2);
    for (const [host, name] of busiest) expect([...host.guests.values()].map((guest) => guest.plan.name)).toContain(name); // not the lightest
    await laboratory.rehearsal.pass(10 * minute);
    expect(said(laboratory, `host:${most?.name}`)).toContain('its load is watched');
    await laboratory.rehearsal.pass(24 * hour);
    const relieved = moves(laboratory);
    await laboratory.rehearsal.pass(24 * hour);
    expect(moves(laboratory) - relieved).toBe(0); // no ping-pong
    isSound(laboratory);
    laboratory.life?.stop();
  });

  it('with a single machine is regular: nothing is moved', async () => {
    const laboratory = await six({ power: { warmHosts: 6 } });
    for (const guest of guestsOf(laboratory)) spin(laboratory, guest, 1.9);
    await laboratory.rehearsal.pass(3 * hour);
    expect(moves(laboratory)).toBe(0);
    laboratory.life?.stop();
  });
});
