import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../../src/journal/sqlite/open.js';
import type { Policy } from '../../src/model/policy.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { Tripwire } from '../../src/sim/tripwire.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const grid = { seats: 6, idleMs: minute, keepFailedMs: minute, bootDeadlineMs: 2 * minute };

function without(policy: Policy, seat: string, environmentToo: boolean): Policy {
  const { [seat]: _, ...seats } = policy.seats;
  return { ...policy, revision: `without ${seat}`, seats, environments: environmentToo ? {} : policy.environments };
}

describe('a daemon started with another configuration than its machines were made with', () => {
  it.each([false, true])('drains the machine of a seat that is gone (its environment too: %s) after its job, never under it', async (environmentToo) => {
    const policy = rehearsalPolicy({ environments: { grid }, hosts: 2 });
    const rehearsal = rehearse(policy);
    const first = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 1800\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    const [row] = [...(first?.ledger.rows.machines.values() ?? [])];
    if (row === undefined) throw new Error('no machine');
    first?.stop();
    rehearsal.policy = without(policy, row.seat, environmentToo);
    const second = await rehearsal.begin();
    await rehearsal.until('the machine is draining', () => second?.ledger.rows.machines.get(row.id)?.goal.kind === 'gone', 10 * minute);
    await rehearsal.until('it is gone after its job', () => second?.ledger.rows.machines.size === 0, 2 * hour);
    expect(rehearsal.core.facts()).toMatchObject({ completed: 1, lost: 0, killedByNodeLoss: 0 });
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    second?.stop();
  });
});

describe('a host that loses its power for good', () => {
  it('while machines boot on it: their jobs are served by the others', async () => {
    const rehearsal = rehearse(rehearsalPolicy({ environments: { grid }, hosts: 3, policy: {} }));
    const life = await rehearsal.begin();
    for (let job = 0; job < 2; job++) rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 60\n');
    await rehearsal.until('guests boot', () => rehearsal.datacentre.guests().length === 2);
    for (const { host } of rehearsal.datacentre.guests()) host.crash(false);
    await rehearsal.until('both jobs are served on the host that is left', () => rehearsal.core.facts().completed === 2, 2 * hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('so do ten at once while their machines boot: the starts of the others are not held up by them', async () => {
    const policy = rehearsalPolicy({ environments: { grid: { ...grid, seats: 14 } }, hosts: 6 });
    const rehearsal = rehearse({ ...policy, limits: { ...policy.limits, startsAtOnce: 3 } });
    const life = await rehearsal.begin();
    for (let job = 0; job < 3; job++) rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 60\n');
    await rehearsal.until('guests boot', () => rehearsal.datacentre.guests().length === 3);
    for (const { host } of rehearsal.datacentre.guests()) host.crash(false);
    await rehearsal.until('all are served by the hosts left', () => rehearsal.core.facts().completed === 3, 2 * hour);
    life?.stop();
  });

  it('under the only machine there is: it is failed, and the next job is served elsewhere', async () => {
    const rehearsal = rehearse(rehearsalPolicy({ environments: { grid }, hosts: 2 }));
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 600\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    const [row] = [...(life?.ledger.rows.machines.values() ?? [])];
    if (row === undefined) throw new Error('no machine');
    rehearsal.datacentre.hosts.get(row.host)?.crash(false);
    await rehearsal.pass(minute);
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the other job is served', () => rehearsal.core.facts().completed === 1, 2 * hour);
    await rehearsal.until('its machine is failed', () => life?.ledger.rows.machines.get(row.id)?.failing !== undefined, 2 * hour);
    life?.stop();
  });

  it('while a few leave from it: the others may leave all the same', async () => {
    const policy = rehearsalPolicy({ environments: { grid }, hosts: 3 });
    const rehearsal = rehearse({ ...policy, limits: { ...policy.limits, stopsAtOnce: 1 } });
    const life = await rehearsal.begin();
    for (let job = 0; job < 2; job++) rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], `sleep ${60 + 600 * job}\n`);
    await rehearsal.until('one leaves', () => [...(life?.ledger.rows.machines.values() ?? [])].some((row) => row.goal.kind === 'gone'));
    const leaving = [...(life?.ledger.rows.machines.values() ?? [])].find((row) => row.goal.kind === 'gone');
    rehearsal.datacentre.hosts.get(leaving?.host ?? '')?.crash(false);
    await rehearsal.until('the other is gone too', () => life?.ledger.rows.machines.size === 1, 2 * hour);
    life?.stop();
  });
});

describe('a clock that was set back by a month', () => {
  it.each(['while jobs run', 'while a machine boots', 'while a machine leaves'])('%s: nothing waits for the month to pass', async (when) => {
    const rehearsal = rehearse(rehearsalPolicy({ environments: { grid }, hosts: 2 }));
    rehearsal.clock.jump(30 * day);
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 120\n');
    const rows = () => [...(life?.ledger.rows.machines.values() ?? [])];
    await rehearsal.until(when, () =>
      when === 'while jobs run'
        ? rehearsal.core.facts().byState.R === 1
        : rows().some((row) => (when === 'while a machine boots' ? row.guestAt !== undefined : row.shutdownAt !== undefined)),
    );
    rehearsal.clock.jump(-30 * day);
    rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=4'], 'sleep 60\n');
    await rehearsal.until(
      'both are served and put away',
      () => rehearsal.core.facts().completed === 2 && rehearsal.unrest().length === 0 && rows().length === 0,
      2 * hour,
    );
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});

describe('a journal that is lost while a guest runs a job', () => {
  it.each(['report', 'remove'] as const)('strays: %s: no second guest gets its seat while it is there, nor its disk ever', async (strays) => {
    const rehearsal = rehearse(rehearsalPolicy({ environments: { grid: { ...grid, seats: 1 } }, hosts: 2, policy: { strays } }));
    const first = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 900\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    first?.stop();
    const journal = await openSqliteJournal({ database: new Database(':memory:'), clock: rehearsal.clock });
    const second = await rehearsal.begin(new Tripwire(), journal, { takeOver: true });
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the first job is over', () => rehearsal.core.facts().completed === 1);
    if (strays === 'remove') await rehearsal.until('the other is served', () => rehearsal.core.facts().completed === 2, 2 * hour);
    else {
      await rehearsal.pass(hour);
      expect(rehearsal.datacentre.guestsMade).toBe(1);
      expect(second?.present?.world.seats.get('grid-01.example.org')?.blocked?.code).toBe('wait-seat-stray');
      for (const { host, guest } of rehearsal.datacentre.guests()) host.destroy(guest);
      await rehearsal.until('the other is served once a person has ended the stray', () => rehearsal.core.facts().completed === 2, 2 * hour);
      expect([...(second?.ledger.rows.generations.values() ?? [])].map(({ number }) => number)).toEqual([2]); // its disk is there still
    }
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.core.facts()).toMatchObject({ lost: 0, killedByNodeLoss: 0 });
    second?.stop();
  });
});
