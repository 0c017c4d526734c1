import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import { check } from './table.js';

/** Two environments on one host of four cores, all of it `bio`'s, and every machine with a job; `bio` has more that wait. */
const saturated = (grid = {}, bio = {}, waits = {}): Given =>
  ['bio-01', 'bio-02', 'bio-03', 'bio-04'].reduce(
    (g, seat, at) => g.machine(seat, 'ready', { jobs: [`${at}.srv`] }),
    given()
      .env('grid', grid)
      .env('bio', bio)
      .host('post1')
      .seats('grid', 6)
      .seats('bio', 6)
      .waits('bio', { count: 9, waitedMs: 2 * minute, ...waits }),
  );
const holdsOf = (world: Given): readonly string[] => {
  const outcome = world.decide();
  return [...outcome.holds].map(([id, reason]) => `${id} ${reason.code}`);
};
const all = ['bio-01#1', 'bio-02#1', 'bio-03#1', 'bio-04#1'].map((id) => `${id} hold-share`);

check('Handover', [
  {
    when: 'every slot is refilled by younger jobs',
    world: saturated().waits('grid', { waitedMs: 20 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-handover' },
  },
  {
    when: 'the others have waited nearly as long: a handover costs more than it gives',
    world: saturated().waits('grid', { waitedMs: 6 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-room' },
  },
  {
    when: 'all have waited for long, the others less by no more than a quarter of it',
    world: saturated({}, {}, { waitedMs: 100 * minute }).waits('grid', { waitedMs: 125 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-room' },
  },
  {
    when: 'all have waited for long, the others less by more than a quarter of it',
    world: saturated({}, {}, { waitedMs: 100 * minute }).waits('grid', { waitedMs: 126 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-handover' },
  },
  {
    when: 'all have waited for hours: half an hour is felt however long it was',
    world: saturated({}, {}, { waitedMs: 600 * minute }).waits('grid', { waitedMs: 631 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-handover' },
  },
  {
    when: 'one has run dry while it took no new jobs',
    world: saturated()
      .machine('bio-02', 'joining', {
        row: { readyAt: 1, admittedAt: 1 },
        withheldAt: now - 20_000,
      })
      .waits('grid', { waitedMs: 20 * minute }),
    decides: ['drain bio-02#1 drain-share'],
    says: { 'group:grid-g1': 'wait-drain' },
  },
]);

describe('Machines that take no new jobs for the sake of others', () => {
  it('are all that the younger environment has: whichever is free first goes', () => {
    expect(holdsOf(saturated().waits('grid', { waitedMs: 20 * minute }))).toEqual(all);
  });

  it.each([
    ['the minimum', saturated({}, { min: 4 })],
    ['the guaranteed share', saturated({}, { share: 1 })],
    ['what an environment of higher priority has', saturated({}, { priority: 20 })],
    ['what an environment with older jobs has', saturated({}, {}, { waitedMs: 60 * minute })],
  ])('are never %s', (_, world) => {
    expect(holdsOf(world.waits('grid', { waitedMs: 20 * minute }))).toEqual([]);
  });

  it('are never those of a person, silent ones, or ones that are held', () => {
    const world = saturated()
      .machine('bio-01', 'ready', { jobs: ['1.srv'], row: { held: { by: 'bob', why: 'x', at: 1 } } })
      .machine('bio-02', 'ready', { jobs: ['2.srv'], nodeHeard: false })
      .machine('bio-03', 'joining', { jobs: ['3.srv'], note: 'broken fan', row: { admittedAt: 1 } });
    expect(holdsOf(world.waits('grid', { waitedMs: 20 * minute }))).toEqual(['bio-04#1 hold-share']);
  });

  it('for a wide job as for a small one, but for none that is wider than all hosts together', () => {
    const wide = (count: number) => ({ waitedMs: 20 * minute, places: [{ count, slots: 1, properties: [], anywhere: true as const }] });
    expect(holdsOf(saturated().waits('grid', wide(4)))).toEqual(all);
    expect(holdsOf(saturated().waits('grid', wide(5)))).toEqual([]);
  });

  it('are told on their nodes: withheld with the reason', () => {
    const world = saturated().waits('grid', { waitedMs: 20 * minute });
    const { deeds } = plan(world.world(), world.policy, now);
    const withheld = deeds.flatMap((deed) => (deed.verb === 'withhold-node' ? [deed.node] : []));
    expect(withheld).toEqual(['bio-01', 'bio-02', 'bio-03', 'bio-04']);
  });

  it.each(['advise', 'watch'] as const)('are nobody in %s mode: no person has said yes to it', (mode) => {
    expect(holdsOf(saturated({ mode }).waits('grid', { waitedMs: 20 * minute }))).toEqual([]);
    expect(holdsOf(saturated({ mode }, { mode }).waits('grid', { waitedMs: 20 * minute }))).toEqual([]);
  });

  it('are nobody when a person has frozen everything', () => {
    const world = saturated().waits('grid', { waitedMs: 20 * minute });
    world.change({ table: 'freeze', key: 'freeze', row: { by: 'ann', why: 'x', at: 1 } });
    expect(holdsOf(world)).toEqual([]);
  });
});

describe('What was given away', () => {
  const given2 = (since: number): Given =>
    saturated()
      .machine('bio-01', 'draining', {
        row: { readyAt: 1, admittedAt: 1, goal: { kind: 'gone', since, reason: because('drain-share', { to: 'grid', job: 'g', waitedMs: 1, from: 'bio' }) } },
      })
      .waits('grid', { waitedMs: 30 * minute });

  it('is not taken back while the other is owed more', () => {
    expect(given2(now - 5 * minute).decide().decisions).toEqual([]);
  });

  it('nor within a round of readings', () => {
    const world = given2(now - 10_000);
    world.groups.splice(1, 1); // nobody waits for it any more
    expect(world.decide().decisions).toEqual([]);
  });

  it('but afterwards it is, when nobody waits for it any more', () => {
    const world = given2(now - 5 * minute);
    world.groups.splice(1, 1);
    expect(world.decide().decisions).toMatchObject([{ kind: 'keep', machine: 'bio-01#1' }]);
  });
});
