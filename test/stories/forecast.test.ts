import { describe, expect, it } from 'vitest';
import type { UsualHour } from '../../src/model/forecast.js';
import { sentence } from '../../src/model/reason.js';
import type { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';
import { rehearse } from './given.js';

const minute = 60_000;
const hour = 60 * minute;

function lab(most: number): Rehearsal {
  const forecast = { most, leadMs: 10 * minute, pastMs: 28 * 24 * hour };
  return rehearse(
    rehearsalPolicy({
      environments: { grid: { seats: 12, idleMs: minute, cores: { min: 1, max: 1, step: 1 } } },
      hosts: 5,
      hostCores: 2,
      power: { trusted: true, cyclesPerDay: 10, forecast },
    }),
  );
}
const states = (rehearsal: Rehearsal): string => [...rehearsal.datacentre.hosts.values()].map((h) => h.power.state).join(' ');

describe('hosts that are kept warm by what is usual', () => {
  it.each([
    [4, 'on on on off off'],
    [2, 'on on off off off'],
  ])('are woken ahead of the hour, at most %i, stay through it, say why, and go after it', async (most, warm) => {
    const rehearsal = lab(most);
    const life = await rehearsal.begin();
    await rehearsal.until('all sleep', () => states(rehearsal) === 'off off off off off', 2 * hour);
    const since = rehearsal.clock.now() + 2 * hour;
    const usual: readonly UsualHour[] = [{ since, until: since + hour, hosts: 3, when: 'Mondays 09:00' }];
    life?.adopt({ ...rehearsal.policy, usual: { lab: usual } }, rehearsal.classify);
    await rehearsal.pass(110 * minute - minute);
    expect(states(rehearsal)).toBe('off off off off off');
    await rehearsal.pass(11 * minute);
    expect(states(rehearsal)).toBe(warm);
    await rehearsal.pass(50 * minute);
    expect(states(rehearsal)).toBe(warm);
    const said = (life?.present?.plan.reasons.get('host:post01') ?? []).map(sentence).join('; ');
    expect(said).toContain('kept warm: Mondays 09:00 usually need 3 host(s) in pool lab');
    await rehearsal.until('all sleep again', () => states(rehearsal) === 'off off off off off', hour);
    life?.stop();
  });

  it('are fewer by those that have work already', async () => {
    const rehearsal = lab(4);
    const life = await rehearsal.begin();
    for (let job = 0; job < 4; job++) rehearsal.submit(['-q', 'grid'], 'sleep 36000\n');
    await rehearsal.until('the jobs run', () => rehearsal.core.facts().byState.R === 4, hour);
    const on = () => [...rehearsal.datacentre.hosts.values()].filter((h) => h.power.state === 'on').length;
    await rehearsal.until('the others sleep', () => on() === 2, 3 * hour);
    const since = rehearsal.clock.now();
    life?.adopt({ ...rehearsal.policy, usual: { lab: [{ since, until: since + hour, hosts: 3, when: 'Mondays 09:00' }] } }, rehearsal.classify);
    await rehearsal.pass(10 * minute);
    expect(on()).toBe(3);
    life?.stop();
  });
});
