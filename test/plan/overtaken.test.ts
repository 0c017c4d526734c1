import { describe, expect, it } from 'vitest';
import type { Deed } from '../../src/model/action.js';
import type { MachinePhase } from '../../src/model/machine.js';
import { sentence } from '../../src/model/reason.js';
import type { Assembly } from '../../src/model/rows.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import type { MachineWish } from '../given-machine.js';

/** Two busy machines, five hundred older one-core jobs, and a job of two nodes that has waited so long. */
function lab(waitedMs: number, oldestMs = 25 * minute): Given {
  const built = given().env('grid').host('post1').host('post2').seats('grid', 4);
  for (const [seat, host] of [
    ['grid-01', 'post1'],
    ['grid-02', 'post2'],
  ] as const)
    built.machine(seat, 'ready', { host, size: { cores: 4, memoryMiB: 4096 }, jobs: [`${seat}.srv`] });
  return built.waits('grid', { key: 'small', count: 500, waitedMs: oldestMs, job: '1.srv' }).waits('grid', { key: 'wide', nodes: 2, waitedMs, job: '501.srv' });
}

const planned = (built: Given, at = now) => plan(built.world(at), built.policy, at);
const advanced = ({ deeds }: { readonly deeds: readonly Deed[] }) => deeds.flatMap((deed) => (deed.verb === 'advance-job' ? [deed] : []));
const gathering = (built: Given): Assembly | undefined => {
  const change = planned(built).changes.find(({ table }) => table === 'assemblies');
  return change?.table === 'assemblies' ? (change.row ?? undefined) : undefined;
};
const row = (more: Partial<Assembly> = {}): Assembly => ({
  ...{ environment: 'grid', group: 'wide', job: '501.srv', machines: ['grid-01#1', 'grid-02#1'], since: now - minute, tries: 0, pausedUntil: 0 },
  ...more,
});
const withRow = (built: Given, more: Partial<Assembly> = {}): Given => built.change({ table: 'assemblies', key: 'grid', row: row(more) });

describe('a wide job behind older small ones', () => {
  it('waits its turn until intervals.wideWait is over, then machines gather for it', () => {
    expect(gathering(lab(15 * minute - 1))).toBeUndefined();
    expect(gathering(lab(15 * minute))).toMatchObject({ job: '501.srv', machines: ['grid-01#1', 'grid-02#1'] });
  });

  it('waits half as long as the oldest, where everybody waits for hours', () => {
    expect(gathering(lab(59 * minute, 120 * minute))).toBeUndefined();
    expect(gathering(lab(60 * minute, 120 * minute))).toMatchObject({ job: '501.srv' });
  });

  it('is gathered for after three scheduler cycles where nobody is older', () => {
    const built = lab(90_000);
    built.groups.shift();
    expect(gathering(built)).toMatchObject({ job: '501.srv' });
    expect(advanced(planned(withRow(built)))).toEqual([]);
  });

  it('goes before the one that stands first in its queue, once in a try, and that is written down with the deed', () => {
    const built = lab(20 * minute);
    const { deeds, changes } = planned(built);
    const [deed] = advanced({ deeds });
    expect(deed).toMatchObject({ source: 'torque', job: '501.srv', before: '1.srv' });
    expect(deed && sentence(deed.reason)).toBe('puts job 501.srv before older ones of its queue, in the place of 1.srv: it is wide, and has waited too long');
    expect(changes).toContainEqual({
      table: 'assemblies',
      key: 'grid',
      row: expect.objectContaining({ advancedAt: now, machines: ['grid-01#1', 'grid-02#1'] }),
    });
    expect(advanced(planned(withRow(lab(20 * minute), { advancedAt: now - 1000 })))).toEqual([]);
    expect(advanced(planned(withRow(lab(20 * minute), { pausedUntil: now + 1 })))).toEqual([]);
  });

  it('takes the next one at the next try, and never an element of an array', () => {
    const built = lab(20 * minute);
    built.groups[0] = { ...built.groups[0]!, sample: ['1.srv', '2[4].srv', '3.srv'] };
    const taken = [0, 1, 2].map((tries) => advanced(planned(withRow(built, { tries })))[0]?.before);
    expect(taken).toEqual(['1.srv', '3.srv', '1.srv']);
  });

  it('leaves jobs of other queues and of other servers where they are', () => {
    for (const other of [{ queue: 'other' }, { source: 'second' }]) {
      const built = lab(20 * minute);
      built.groups[0] = { ...built.groups[0]!, ...other };
      expect(advanced(planned(withRow(built)))).toEqual([]);
    }
  });

  it('is not brought forward while another is, while that pauses, while Domus is frozen or only watches', () => {
    const deed = advanced(planned(lab(20 * minute)))[0]!;
    const intent = { id: 'i', deed: { ...deed, job: '9.srv' }, life: 'l1', openedAt: now - 1000, deadlineAt: now + minute };
    const breaker = { subject: 'order:torque', failures: 3, lastAt: now, openUntil: now + minute, why: 'x' };
    const cases: readonly Given[] = [
      withRow(lab(20 * minute)).change({ table: 'intents', key: 'i', row: intent }),
      withRow(lab(20 * minute)).change({ table: 'breakers', key: 'order:torque', row: breaker }),
      withRow(lab(20 * minute)).change({ table: 'freeze', key: 'freeze', row: { by: 'bob', at: now, why: 'x' } }),
      withRow(lab(20 * minute)).with({ mode: 'watch' }),
    ];
    for (const built of cases) expect(advanced(planned(built))).toEqual([]);
    expect(advanced(planned(withRow(lab(20 * minute))))).toHaveLength(1);
  });
});

describe('one that becomes free while a chosen one works on', () => {
  /** The first is gathered, the second chosen and busy; the third as told. */
  const three = (third: MachineWish, phase: MachinePhase = 'ready'): Given => {
    const built = given().env('grid').host('post1').host('post2').host('post3').seats('grid', 4);
    const size = { cores: 4, memoryMiB: 4096 };
    built.machine('grid-01', 'joining', { host: 'post1', size, withheldAt: now - 10_000 });
    built.machine('grid-02', 'joining', { host: 'post2', size, jobs: ['7.srv'], withheldAt: now - 10_000 });
    built.machine('grid-03', phase, { host: 'post3', size, ...third });
    return withRow(built.waits('grid', { key: 'wide', nodes: 2, waitedMs: 20 * minute, job: '501.srv' }));
  };
  const held = (built: Given): readonly string[] =>
    planned(built).deeds.flatMap((deed) => (deed.verb === 'withhold-node' && deed.note.includes('released together') ? [deed.node] : []));

  it('is held instead, the busy one stays held until that is proved, then they are released together', () => {
    expect(held(three({}))).toEqual(['grid-03']);
    expect(gathering(three({}))).toBeUndefined();
    const proved = three({ withheldAt: now - 10_000 }, 'joining');
    expect(gathering(proved)).toMatchObject({ machines: ['grid-01#1', 'grid-03#1'], releasedAt: now });
  });

  it('and is too small, and its host has no room for more, does not take the place of the busy one that fits', () => {
    const built = three({ size: { cores: 1, memoryMiB: 1024 }, withheldAt: now - 10_000 }, 'joining');
    const wide = built.groups[0]!;
    built.groups[0] = { ...wide, places: [{ count: 2, slots: 4, properties: [] }] };
    built.machine('grid-04', 'ready', { host: 'post3', size: { cores: 3, memoryMiB: 3072 }, jobs: ['9.srv'] });
    expect(gathering(built)?.machines ?? row().machines).toEqual(['grid-01#1', 'grid-02#1']);
  });

  it('and is busy before it is held, changes nothing', () => {
    expect([held(three({ jobs: ['8.srv'] })), gathering(three({ jobs: ['8.srv'] }))]).toEqual([[], undefined]);
    const late = three({ jobs: ['8.srv'], withheldAt: now - 10_000 }, 'joining');
    expect([held(late), gathering(late)]).toEqual([[], undefined]);
  });
});
