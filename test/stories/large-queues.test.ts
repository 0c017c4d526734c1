import { describe, expect, it } from 'vitest';
import { sentence } from '../../src/model/reason.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;

describe('large queues', { timeout: 240_000 }, () => {
  it('of three environments are served from no machine at all, to the last job, and everything rests again', async () => {
    const environments = { grid: { seats: 10, idleMs: 2 * minute }, theory: { seats: 6, idleMs: 2 * minute }, legacy: { seats: 4, idleMs: 2 * minute } };
    const rehearsal = rehearse(rehearsalPolicy({ environments, hosts: 6, hostMemoryMiB: 10 * 1024 }), { batch: { refill: { cycleMs: 30_000 } } });
    const many = 80;
    for (const queue of Object.keys(environments)) for (let job = 0; job < many; job++) rehearsal.submit(['-q', queue], 'sleep 60\n');
    const life = await rehearsal.begin();
    await rehearsal.until('all is served and put away', () => rehearsal.core.facts().completed === 3 * many && rehearsal.unrest().length === 0, 24 * hour);
    expect(rehearsal.core.facts()).toMatchObject({ lost: 0, runTwice: 0 });
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });

  it.each([undefined, { deferMs: 0, deferCount: 0, admins: ['domus'] }])(
    'capped by a limit that only the scheduler knows start hardly a machine after the first (Maui: %j)',
    async (maui) => {
      const policy = rehearsalPolicy({ environments: { grid: { seats: 12, idleMs: 2 * minute } }, hosts: 6, hostMemoryMiB: 10 * 1024 });
      const rehearsal = rehearse(policy, { batch: { maxJobsOfUser: 4, ...(maui === undefined ? {} : { maui }) } });
      for (let job = 0; job < 1_000; job++) rehearsal.submit(['-q', 'grid'], 'sleep 14400\n');
      const life = await rehearsal.begin();
      await rehearsal.pass(hour);
      expect(rehearsal.core.facts().byState.R).toBe(4);
      const early = rehearsal.datacentre.guestsMade;
      await rehearsal.pass(2 * hour);
      expect(rehearsal.datacentre.guestsMade - early, 'machines made in the next two hours').toBeLessThanOrEqual(12);
      expect(rehearsal.datacentre.guests().length, 'no more stand than run jobs, and a try').toBeLessThanOrEqual(8);
      const said = [...(life?.present?.plan.reasons.values() ?? [])].flat().map(sentence);
      expect(said.some((line) => /scheduler/.test(line))).toBe(true);
      expect(rehearsal.datacentre.invariants()).toEqual([]);
      life?.stop();
    },
  );

  it('and rights lost in mid-drain: the machine waits, a person is told, and it goes when they are back', async () => {
    const rehearsal = rehearse(rehearsalPolicy({ environments: { grid: { seats: 4, idleMs: minute } }, hosts: 2 }));
    const life = await rehearsal.begin();
    for (let job = 0; job < 3; job++) rehearsal.submit(['-q', 'grid'], 'sleep 300\n');
    await rehearsal.until('they run', () => rehearsal.core.facts().byState.R === 3);
    rehearsal.manage(['qmgr', '-c', 'set server operators -= domus@*']);
    await rehearsal.until('they are done', () => rehearsal.core.facts().completed === 3);
    const machines = rehearsal.datacentre.guests().length;
    await rehearsal.pass(30 * minute);
    expect(rehearsal.datacentre.guests()).toHaveLength(machines);
    const said = (subject: string): string => (life?.present?.plan.reasons.get(subject) ?? []).map(sentence).join('; ');
    expect(said('source:main'), 'asked of the source itself').toMatch(/denied.*withhold-node|withhold-node.*denied/);
    rehearsal.manage(['qmgr', '-c', 'set server operators += domus@*']);
    await rehearsal.until('all is put away', () => rehearsal.unrest().length === 0, hour);
    expect(rehearsal.datacentre.invariants()).toEqual([]);
    life?.stop();
  });
});
