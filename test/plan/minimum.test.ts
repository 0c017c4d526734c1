import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/model/environment.js';
import { because } from '../../src/model/reason.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, now } from '../given.js';
import { check, lab } from './table.js';

check('Minimum and spare', [
  { when: 'a minimum is kept', world: lab({ min: 2 }), decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post1 1/1024'] },
  { when: 'the minimum is there', world: lab({ min: 1 }).machine('grid-01', 'ready', { jobs: ['1'] }), decides: [] },
  { when: 'jobs use the minimum first', world: lab({ min: 1 }).waits('grid', { slots: 4 }), decides: ['start grid-01 on post1 4/4096'] },
  { when: 'a spare is kept beyond demand', world: lab({ spare: 1 }).machine('grid-01', 'ready').waits('grid'), decides: ['start grid-02 on post1 1/1024'] },
  { when: 'the spare is there', world: lab({ spare: 1 }).machine('grid-01', 'ready'), decides: [] },
  { when: 'the spare boots already', world: lab({ spare: 1 }).machine('grid-01', 'booting'), decides: [] },
  { when: 'a minimum is wanted while the batch server is silent', world: lab({ min: 1, spare: 1 }).batchSilent(), decides: [] },
]);

describe('A spare machine that is taken back from its drain', () => {
  const leaving = { leaving: because('drain-idle', { idleMs: 1 }) };
  const world = (wish: Partial<Environment>): Given =>
    lab({ max: 3, ...wish })
      .machine('grid-01', 'wanted', { size: { cores: 2, memoryMiB: 2048 } })
      .machine('grid-02', 'draining', leaving)
      .waits('grid', { count: 2 });

  it('stays the spare one at the next look, though it is smaller than the one that jobs count on', () => {
    const once = world({ spare: 1 });
    expect(once.decide().decisions).toMatchObject([{ kind: 'keep', machine: 'grid-02#1' }]);
    expect(once.apply(once.decide()).decide().decisions).toEqual([]);
  });

  it('so does one that was taken back for the minimum', () => {
    const once = world({ min: 2, spare: 1 });
    expect(once.decide().decisions).toMatchObject([{ kind: 'keep', machine: 'grid-02#1' }]);
    expect(once.apply(once.decide()).decide().decisions).toEqual([]);
  });

  it('the row says why it was taken back', () => {
    const { rows } = ((given) => given.apply(given.decide()))(world({ spare: 1 }));
    expect(rows.machines.get('grid-02#1')?.reason.code).toBe('keeps-spare');
    const built = world({ spare: 1 });
    const [change] = plan(built.world(), built.policy, now).changes.filter(({ key }) => key === 'grid-02#1');
    expect(change).toMatchObject({ table: 'machines', row: { goal: { kind: 'serve' }, reason: { code: 'keeps-spare' } } });
  });
});
