import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { type Given, given, now } from '../given.js';

const lab = (wish = {}): Given => given().env('grid', wish).host('post1').host('post2').seats('grid', 6);
const proposals = (g: Given): readonly (string | null)[] =>
  g.decide().changes.flatMap((c) => (c.table === 'proposals' ? [c.row === null ? null : c.row.id] : []));

describe('In watch mode', () => {
  it.each([
    ['of the deployment', lab().with({ mode: 'watch' })],
    ['of the pool', lab().with({ pools: { lab: { mode: 'watch' } } })],
    ['of the environment', lab({ mode: 'watch' })],
  ])('%s, decisions are recorded and nothing is done', (_, world) => {
    const outcome = world.waits('grid').decide();
    expect(outcome.decisions).toEqual([]);
    expect(outcome.recorded).toMatchObject([{ kind: 'start', seat: 'grid-01' }]);
    expect(outcome.codes('environment:grid')).toContain('wait-mode-watch');
  });

  it('what is only thought of takes no room from what is done, however old', () => {
    const world = given().env('grid', { mode: 'watch' }).env('bio').host('post1').seats('grid', 1).seats('bio', 1);
    const outcome = world.waits('grid', { slots: 4, waitedMs: 9_000_000 }).waits('bio', { slots: 4 }).decide();
    expect(outcome.decisions).toMatchObject([{ kind: 'start', environment: 'bio' }]);
    expect(outcome.recorded).toEqual([]);
  });

  it('acts in the pool that acts, and records in the other', () => {
    const world = given()
      .with({ pools: { lab: { mode: 'act' }, rack: { mode: 'watch' } } })
      .env('grid', { pools: ['rack', 'lab'] })
      .host('rack1', { pool: 'rack' })
      .host('post1')
      .seats('grid', 8)
      .waits('grid', { count: 6 });
    const outcome = world.decide();
    expect(outcome.decisions.map((d) => d.kind === 'start' && d.host)).toEqual(['post1', 'post1', 'post1', 'post1']);
    expect(outcome.recorded.map((d) => d.kind === 'start' && d.host)).toEqual(['rack1', 'rack1']);
  });
});

describe('In advise mode', () => {
  it('a decision becomes a proposal and is said to wait for a person', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    expect(proposals(world)).toEqual(['start-grid-grid-01']);
    expect(world.decide().decisions).toEqual([]);
    expect(world.decide().said('environment:grid')).toContain('advise mode: waits for a person (domus approve start-grid-grid-01)');
  });

  it('the proposal is written once', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    expect(proposals(world.change(...world.decide().changes))).toEqual([]);
  });

  it('a yes lets it be done, and the proposal goes', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    world.change(...world.decide().changes).asks('approve', 'start-grid-grid-01');
    const outcome = world.decide();
    expect(outcome.decisions).toMatchObject([{ kind: 'start', seat: 'grid-01' }]);
    expect(world.apply(outcome).rows.proposals.size).toBe(0);
  });

  it('a proposal that nobody would make any more goes', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    world.change(...world.decide().changes);
    world.groups.length = 0;
    expect(proposals(world)).toEqual([null]);
  });

  it('proposals stay while the batch server is silent or all is frozen', () => {
    const world = lab({ mode: 'advise' }).waits('grid');
    world.change(...world.decide().changes);
    world.groups.length = 0;
    expect(proposals(world.change({ table: 'freeze', key: 'freeze', row: { by: 'eve', why: 'x', at: 1 } }))).toEqual([]);
    expect(proposals(world.change({ table: 'freeze', key: 'freeze', row: null }).batchSilent())).toEqual([]);
  });

  it('a drain that a person asked for needs no second yes', () => {
    const world = lab({ mode: 'advise' }).machine('grid-01', 'ready').asks('drain', 'grid-01#1');
    expect(world.decide().decisions).toMatchObject([{ kind: 'drain' }]);
  });

  it('an idle machine is proposed to leave', () => {
    expect(proposals(lab({ mode: 'advise' }).machine('grid-01', 'ready', { row: { idleSince: 1 } }))).toEqual(['drain-grid-01#1']);
  });
});

describe('An environment that is gone from the configuration', () => {
  const gone = (): Given => {
    const world = lab().machine('grid-01', 'ready', { jobs: ['1'] });
    const definition = world.policy.environments['grid'];
    if (definition !== undefined) world.change({ table: 'environments', key: 'grid', row: definition });
    return world.with({ environments: {} });
  };

  it('drains its machines, busy ones too', () => {
    expect(gone().decide().decisions).toMatchObject([
      { kind: 'drain', machine: 'grid-01#1', reason: because('drain-removed', { environment: 'grid' }, ['machine:grid-01#1']) },
    ]);
  });

  it('does not while the batch server is silent, nor after a clock jump', () => {
    expect(gone().batchSilent().decide().decisions).toEqual([]);
    expect(gone().extra({ clockJumpAt: now }).decide().decisions).toEqual([]);
  });

  it('leaves a held machine alone', () => {
    const world = gone();
    const view = world.machines.get('grid-01#1');
    if (view !== undefined) world.machines.set('grid-01#1', { ...view, row: { ...view.row, held: { by: 'eve', why: 'x', at: 1 } } });
    expect(world.decide().decisions).toEqual([]);
  });
});
