import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
const policy = rehearsalPolicy({ environments: { grid: { seats: 3, idleMs: minute } }, hosts: 2 });

describe('two daemons on the same hosts', () => {
  it('a second one with a journal of its own is refused by the hosts, does no deed, says whose they are, and hurts nothing', async () => {
    const rehearsal = rehearse(policy);
    const first = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 900\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    const tripwire = new Tripwire();
    const second = await rehearsal.begin(tripwire, await openSqliteJournal({ database: new Database(':memory:'), clock: rehearsal.clock }));
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until(
      'both jobs are done and all is put away',
      () => rehearsal.core.facts().completed === 2 && rehearsal.unrest().length === 0,
      60 * minute,
    );
    expect(second?.present?.world.hosts.get('post01')?.blocked?.code).toBe('host-fenced');
    expect(tripwire.operations.filter((name) => !name.startsWith('journal.'))).toEqual([]);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(first?.ledger.rows.breakers.size).toBe(0);
    first?.stop();
    second?.stop();
  });

  it('a person who says so takes the hosts of a lost journal over', async () => {
    const rehearsal = rehearse(policy);
    const first = await rehearsal.begin();
    await rehearsal.pass(minute);
    first?.stop();
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: rehearsal.clock });
    const second = await rehearsal.begin(new Tripwire(), journal, { takeOver: true });
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the job is served by the second', () => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0, 60 * minute);
    second?.stop();
  });

  it('an older reign of the same journal is refused as soon as a newer one has looked', async () => {
    const rehearsal = rehearse(policy);
    const older = await rehearsal.begin();
    await rehearsal.pass(minute);
    const newer = await rehearsal.begin();
    await rehearsal.pass(minute);
    expect(older?.present?.world.hosts.get('post01')?.blocked?.code ?? 'stopped').toMatch(/host-fenced|stopped/);
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the job is served once', () => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0, 60 * minute);
    expect(rehearsal.datacentre.guestsMade).toBe(1);
    newer?.stop();
  });
});

describe('watch mode', () => {
  it('reads only: no deed is done, no host is claimed, and the plan says what would have been done', async () => {
    const rehearsal = rehearse({ ...policy, mode: 'watch' });
    const tripwire = new Tripwire();
    const life = await rehearsal.begin(tripwire);
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.pass(10 * minute);
    expect(tripwire.operations.filter((name) => !name.startsWith('journal.'))).toEqual([]);
    expect([...rehearsal.datacentre.hosts.values()].map((host) => host.fence)).toEqual([undefined, undefined]);
    expect(life?.present?.plan.recorded).toMatchObject([{ kind: 'start', environment: 'grid' }]);
    expect(life?.ledger.rows.machines.size).toBe(0);
    life?.stop();
  });
});
