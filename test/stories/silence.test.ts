import { describe, expect, it } from 'vitest';
import type { Life } from '../../src/life.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import type { Ailment } from '../../src/sim/trouble.js';
import { rehearse } from './given.js';

const minute = 60_000;
const policy = rehearsalPolicy({ environments: { grid: { seats: 4, idleMs: 1 * minute }, theory: { seats: 4, idleMs: 1 * minute } }, hosts: 2 });

/** Long jobs on several machines, all running. */
async function busyCluster(): Promise<{ readonly rehearsal: Rehearsal; readonly life: Life }> {
  const rehearsal = rehearse(policy);
  const life = await rehearsal.begin();
  if (life === undefined) throw new Error('no life');
  for (const queue of ['grid', 'grid', 'theory']) rehearsal.submit(['-q', queue], 'sleep 1800\n');
  await rehearsal.until('three jobs run', () => rehearsal.core.facts().byState.R === 3);
  await rehearsal.pass(2 * minute);
  return { rehearsal, life };
}

const ailing = ['silent', 'garbled', 'slow', 'refuse'] as const satisfies readonly Ailment[];

describe('a source that falls silent, garbled or slow for five minutes', () => {
  it.each(ailing)('batch server %s: nothing is drained or destroyed, the screen says since when, and all goes on', async (ailment) => {
    const { rehearsal, life } = await busyCluster();
    const machines = [...life.ledger.rows.machines.keys()];
    const before = rehearsal.clock.now();
    rehearsal.batchTrouble.afflict(ailment, { forMs: 5 * minute, factor: 1_000 });
    await rehearsal.pass(4 * minute + 50_000);
    const reading = life.present?.world.sources.get('main')?.reading;
    expect(reading?.silentSince).toBeGreaterThanOrEqual(before);
    expect(reading?.silentSince).toBeLessThan(before + 2 * minute);
    expect([...life.ledger.rows.machines.values()].map((machine) => machine.goal.kind)).toEqual(machines.map(() => 'serve'));
    rehearsal.submit(['-q', 'grid'], 'sleep 60\n');
    await rehearsal.until(
      'all four jobs are done and all is put away',
      () => rehearsal.core.facts().completed === 4 && rehearsal.unrest().length === 0,
      120 * minute,
    );
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.core.facts()).toMatchObject({ lost: 0, runTwice: 0 });
    life.stop();
  });

  it.each(ailing)('every host %s: nothing is drained or destroyed, and all goes on', async (ailment) => {
    const { rehearsal, life } = await busyCluster();
    const machines = [...life.ledger.rows.machines.keys()];
    for (const host of rehearsal.datacentre.hosts.values()) host.trouble.afflict(ailment, { forMs: 5 * minute, factor: 1_000 });
    rehearsal.submit(['-q', 'theory', '-l', 'nodes=1:ppn=2'], 'sleep 60\n');
    await rehearsal.pass(4 * minute + 50_000);
    expect(life.present?.world.hosts.get('post01')?.blocked?.code).toBe(ailment === 'refuse' ? undefined : 'host-silent');
    for (const id of machines) expect(life.ledger.rows.machines.get(id)?.goal.kind).toBe('serve');
    await rehearsal.until(
      'all four jobs are done and all is put away',
      () => rehearsal.core.facts().completed === 4 && rehearsal.unrest().length === 0,
      120 * minute,
    );
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    expect(rehearsal.core.facts()).toMatchObject({ lost: 0, runTwice: 0 });
    life.stop();
  });
});
