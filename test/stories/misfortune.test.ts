import { describe, expect, it } from 'vitest';
import { sentence } from '../../src/model/reason.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;
const policy = rehearsalPolicy({ environments: { grid: { seats: 4, idleMs: minute, keepFailedMs: 2 * minute, bootDeadlineMs: 2 * minute } }, hosts: 2 });

describe('misfortune', () => {
  it('a host that loses power takes its machine along: it is withheld, replaced on another seat, and its row closed when the host is back', async () => {
    const rehearsal = rehearse(policy);
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 600\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    const [row] = [...(life?.ledger.rows.machines.values() ?? [])];
    if (row === undefined) throw new Error('no machine');
    rehearsal.datacentre.hosts.get(row.host)?.crash();
    await rehearsal.until('the machine is failing', () => life?.ledger.rows.machines.get(row.id)?.failing !== undefined, hour);
    const failing = life?.ledger.rows.machines.get(row.id)?.failing;
    expect(failing?.reason.code).toBe('failed-host-rebooted');
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the other job is served elsewhere', () => rehearsal.core.facts().completed === 1, hour);
    await rehearsal.until('the dead machine’s row is closed', () => life?.ledger.rows.machines.has(row.id) === false, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('an image that never boots opens a breaker: starts stay few, and the reason stands on the screen', async () => {
    const rehearsal = rehearse(policy);
    rehearsal.datacentre.fateOf = () => ({ kind: 'never-boots' });
    const life = await rehearsal.begin();
    for (let job = 0; job < 10; job++) rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.pass(2 * hour);
    expect(rehearsal.datacentre.guestsMade).toBeGreaterThan(2);
    expect(rehearsal.datacentre.guestsMade).toBeLessThan(30);
    const said = [...(life?.present?.plan.reasons.values() ?? [])].flat().map(sentence);
    expect(said.some((text) => text.includes('no readiness report'))).toBe(true);
    rehearsal.datacentre.fateOf = () => ({ kind: 'well' });
    await rehearsal.until(
      'the breaker closes by itself and all jobs are served',
      () => rehearsal.core.facts().completed === 10 && rehearsal.unrest().length === 0,
      6 * hour,
    );
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('a node that a person sets offline is left alone, at rest and at work, and never cleared', async () => {
    const rehearsal = rehearse(policy);
    for (const seat of ['grid-01', 'grid-02', 'grid-03']) rehearsal.manage(['pbsnodes', '-o', '-N', 'broken disk', `${seat}.example.org`]);
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 600\n');
    await rehearsal.until('the job runs on the only seat left', () => rehearsal.core.facts().byState.R === 1);
    expect([...(life?.ledger.rows.machines.keys() ?? [])]).toEqual(['grid-04.example.org#1']);
    rehearsal.manage(['pbsnodes', '-o', '-N', 'I am looking at it', 'grid-04.example.org']);
    await rehearsal.until('the job is over', () => rehearsal.core.facts().completed === 1, hour);
    await rehearsal.pass(20 * minute);
    const offline = rehearsal.manage(['pbsnodes', '-x']).match(/<note>[^<]*<\/note>/g);
    expect(offline).toEqual(['<note>broken disk</note>', '<note>broken disk</note>', '<note>broken disk</note>', '<note>I am looking at it</note>']);
    expect(sentence(life?.present?.plan.reasons.get('machine:grid-04.example.org#1')?.[0] ?? { code: 'daemon-stopped', args: {}, refs: [] })).toContain(
      'person',
    );
    rehearsal.manage(['pbsnodes', '-c', '-N', '', 'grid-04.example.org']);
    await rehearsal.until('given back, it is put away', () => life?.ledger.rows.machines.size === 0, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('a guest that does not hear the shutdown is destroyed, once its node is proved jobless', async () => {
    const rehearsal = rehearse(policy);
    rehearsal.datacentre.fateOf = () => ({ kind: 'deaf' });
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until('the job is served and the guest is gone', () => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it('a clock that jumps stops nothing on the word of older readings, and all ends well', async () => {
    for (const jumpMs of [2 * hour, -2 * hour]) {
      const rehearsal = rehearse(policy);
      const life = await rehearsal.begin();
      for (let job = 0; job < 3; job++) rehearsal.submit(['-q', 'grid'], 'sleep 300\n');
      await rehearsal.until('jobs run', () => rehearsal.core.facts().byState.R === 3);
      rehearsal.clock.jump(jumpMs);
      await rehearsal.until('all is served and put away', () => rehearsal.core.facts().completed === 3 && rehearsal.unrest().length === 0, 6 * hour);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      expect(life?.present?.world.clockJumpAt).toBeDefined();
      life?.stop();
    }
  });

  it('an environment whose file is gone is drained when its jobs are over, not forgotten', async () => {
    const both = rehearsalPolicy({ environments: { grid: { seats: 2, idleMs: hour }, theory: { seats: 2, idleMs: hour } }, hosts: 2 });
    const rehearsal = rehearse(both);
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'theory'], 'sleep 600\n');
    await rehearsal.until('the job runs', () => rehearsal.core.facts().byState.R === 1);
    const { theory: _, ...left } = both.environments;
    life?.adopt({ ...both, revision: 'without theory', environments: left }, () => ({ environment: 'grid' }));
    await rehearsal.pass(5 * minute);
    expect(rehearsal.core.facts().byState.R).toBe(1);
    await rehearsal.until('it is drained after its job', () => rehearsal.core.facts().completed === 1 && rehearsal.unrest().length === 0, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});

describe('workers that die under jobs', () => {
  const requeueing = rehearsalPolicy({ environments: { grid: { seats: 4, idleMs: minute, keepFailedMs: minute, lostJobs: 'requeue' } }, hosts: 2 });

  it('puts a rerunnable job back into its queue when its guest is proved gone and the policy says so, and no other', async () => {
    const rehearsal = rehearse(requeueing);
    const life = await rehearsal.begin();
    rehearsal.submit(['-q', 'grid'], 'sleep 600\n');
    rehearsal.submit(['-q', 'grid', '-r', 'n'], 'sleep 600\n');
    await rehearsal.until('both run', () => rehearsal.core.facts().byState.R === 2);
    for (const host of rehearsal.datacentre.hosts.values()) host.crash();
    await rehearsal.until('the rerunnable one is served after all', () => rehearsal.core.facts().completed === 1, 2 * hour);
    await rehearsal.pass(10 * minute);
    const [rerunnable, once] = rehearsal.core.facts().jobs;
    expect(rerunnable?.ended?.why).toBe('completed');
    expect(rerunnable?.starts).toBe(2);
    expect(once?.starts).toBe(1);
    life?.stop();
  });

  it('gives a worker whose mom fell silent no new jobs, and takes it back when it is heard again', async () => {
    const rehearsal = rehearse(policy);
    const life = await rehearsal.begin();
    for (let job = 0; job < 2; job++) rehearsal.submit(['-q', 'grid'], 'sleep 3000\n');
    await rehearsal.until('both run', () => rehearsal.core.facts().byState.R === 2);
    const [row] = [...(life?.ledger.rows.machines.values() ?? [])];
    if (row === undefined) throw new Error('no machine');
    await rehearsal.pass(2 * minute);
    const fellAt = rehearsal.clock.now();
    rehearsal.core.momDown(row.seat);
    await rehearsal.until('it is withheld', () => life?.ledger.rows.withheld.get(row.seat)?.confirmedAt !== undefined, 10 * minute);
    expect(rehearsal.clock.now() - fellAt).toBeLessThan(2 * minute);
    expect(life?.ledger.rows.withheld.get(row.seat)?.reason.code).toBe('mom-silent');
    expect(life?.ledger.rows.machines.get(row.id)?.goal.kind).toBe('serve');
    rehearsal.core.momUp(row.seat, { cores: 1, usersResolve: true });
    await rehearsal.until('it is online again', () => !(life?.ledger.rows.withheld.has(row.seat) ?? true), 10 * minute);
    life?.stop();
  });
});
