import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../src/model/rows.js';
import { type Given, given, minute, now } from '../given.js';

const lab = (): Given => given().env('grid').host('post1').seats('grid', 6);
const cycle = 30_000;

/** The row of the group `g` after a look at `at`. */
function lookAt(world: Given, at: number): Refusal | undefined {
  world.change(...world.decide(at).changes);
  return world.rows.refusals.get('g');
}

describe('The memory of refusals', () => {
  const waiting = (): Given => lab().machine('grid-01', 'ready').waits('grid', { key: 'g' });

  it('begins when a ready node would take the oldest job', () => {
    expect(lookAt(waiting(), now)).toMatchObject({ node: 'grid-01', pausedUntil: 0, oldest: 'g.1' });
  });

  it('does not begin for a node on its way', () => {
    expect(lookAt(lab().machine('grid-01', 'booting').waits('grid', { key: 'g' }), now)).toBeUndefined();
  });

  it('leaves the group out of demand after three scheduling cycles, and the machine becomes idle', () => {
    const world = waiting();
    lookAt(world, now);
    expect(lookAt(world, now + 3 * cycle - 1)?.pausedUntil).toBe(0);
    const at = now + 3 * cycle;
    const outcome = world.decide(at);
    expect(outcome.codes('group:g')).toEqual(['refused-by-scheduler']);
    world.change(...outcome.changes);
    expect(world.rows.refusals.get('g')).toMatchObject({ pausedUntil: at + 6 * cycle, pauseMs: 6 * cycle });
    world.apply({ ...outcome, decisions: [] });
    const later = world.decide(at + 1);
    expect(later.codes('group:g')).toEqual(['refused-by-scheduler']);
    expect(later.changes).toMatchObject([{ table: 'machines', row: { idleSince: at + 1 } }]);
  });

  it('doubles the pause each time, up to an hour', () => {
    const world = waiting();
    const pauses: number[] = [];
    let at = now;
    for (let round = 0; round < 8; round++) {
      lookAt(world, at);
      const row = lookAt(world, at + 3 * cycle);
      pauses.push(row?.pauseMs ?? 0);
      at = row?.pausedUntil ?? 0;
    }
    expect(pauses).toEqual([3, 6, 12, 24, 48, 60, 60, 60].map((m) => m * minute));
  });

  it('begins anew when the oldest job is another one: the scheduler does start them', () => {
    const world = waiting();
    lookAt(world, now);
    const [group] = world.groups;
    if (group !== undefined) world.groups[0] = { ...group, sample: ['g.2'] };
    expect(lookAt(world, now + 3 * cycle)).toMatchObject({ oldest: 'g.2', pausedUntil: 0 });
  });

  it('ends a pause when the oldest job is another one', () => {
    const world = waiting().change({
      ...{ table: 'refusals', key: 'g' },
      row: { group: 'g', node: 'grid-01', freeSince: 1, pausedUntil: now + minute, pauseMs: minute, oldest: 'g.0' },
    });
    expect(world.decide().codes('group:g')).toEqual(['fits-ready']);
  });

  it('is forgotten with its group, but not while the batch server is silent', () => {
    const world = waiting();
    lookAt(world, now);
    world.groups.length = 0;
    expect(lookAt(world.batchSilent(), now)).toBeDefined();
    const heard = waiting();
    lookAt(heard, now);
    heard.groups.length = 0;
    expect(lookAt(heard, now)).toBeUndefined();
  });

  it('is dropped when the free slots are gone before three cycles', () => {
    const world = waiting();
    lookAt(world, now);
    world.machine('grid-01', 'ready', { jobs: ['other'] });
    expect(lookAt(world, now + cycle)).toBeUndefined();
  });

  it('remembers the length of the pause while no free slots stand there', () => {
    const row = { group: 'g', node: 'grid-01', freeSince: now - 60 * minute, pausedUntil: now - 1, pauseMs: 12 * minute, oldest: 'g.1' };
    const world = lab().waits('grid', { key: 'g' }).change({ table: 'refusals', key: 'g', row });
    expect(lookAt(world, now)).toMatchObject({ freeSince: 0, pauseMs: 12 * minute });
    expect(world.decide().changes.filter((c) => c.table === 'refusals')).toEqual([]);
  });

  it('never starts a machine for a refused group', () => {
    const row = { group: 'g', node: 'grid-01', freeSince: 1, pausedUntil: now + minute, pauseMs: minute, oldest: 'g.1' };
    expect(lab().waits('grid', { key: 'g' }).change({ table: 'refusals', key: 'g', row }).decide().decisions).toEqual([]);
  });
});

describe('The memory of idleness', () => {
  const idleOf = (world: Given): unknown => world.decide().changes.map((c) => (c.table === 'machines' ? (c.row?.idleSince ?? 'none') : c.table));

  it.each<[string, Given, unknown]>([
    ['begins when a ready machine has no job', lab().machine('grid-01', 'ready'), [now]],
    ['stays as it is while idle', lab().machine('grid-01', 'ready', { row: { idleSince: now - 5 } }), []],
    ['ends with a job', lab().machine('grid-01', 'ready', { row: { idleSince: now - 5 }, jobs: ['1'] }), ['none']],
    [
      'ends while silent hosts are asked for nothing: a job is a job',
      lab().machine('grid-01', 'ready', { row: { idleSince: 5 }, jobs: ['1'], hostHeard: false }),
      ['none'],
    ],
    ['does not begin while the node is silent', lab().machine('grid-01', 'ready', { nodeHeard: false }), []],
    ['does not begin while the host is silent', lab().machine('grid-01', 'ready', { hostHeard: false }), []],
    ['does not end while the node is silent', lab().machine('grid-01', 'ready', { row: { idleSince: now - 5 }, jobs: ['1'], nodeHeard: false }), []],
    ['does not begin while the machine boots', lab().machine('grid-01', 'booting'), []],
  ])('%s', (_, world, expected) => {
    expect(idleOf(world)).toEqual(expected);
  });

  it('does not begin while a waiting job counts on the machine, and ends when one comes', () => {
    const machines = (world: Given): unknown => world.decide().changes.filter((c) => c.table === 'machines');
    expect(machines(lab().machine('grid-01', 'ready').waits('grid'))).toEqual([]);
    const [change] = machines(
      lab()
        .machine('grid-01', 'ready', { row: { idleSince: 5 } })
        .waits('grid'),
    ) as [{ row: object }];
    expect(change.row).not.toHaveProperty('idleSince');
  });
});
