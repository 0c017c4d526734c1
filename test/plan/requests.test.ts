import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/model/machine.js';
import { because, sentence } from '../../src/model/reason.js';
import type { Request } from '../../src/model/rows.js';
import { type Given, given, now } from '../given.js';

const world = (): Given =>
  given()
    .env('grid')
    .host('post1')
    .host('post2')
    .seats('grid', 2)
    .machine('grid-01', 'ready', { jobs: ['1'] });

/** State and sentence of the answer to the only request. */
function answer(g: Given): string {
  const change = g.decide().changes.find((c) => c.table === 'requests');
  const row = change?.table === 'requests' ? change.row : undefined;
  return row?.answer === undefined ? 'unanswered' : `${row.state}: ${sentence(row.answer)}`;
}

const leaving = because('drain-idle', { idleMs: 1 });
const held = { row: { held: { by: 'eve', why: 'debug', at: 1 } } };
const frozen = { table: 'freeze', key: 'freeze', row: { by: 'eve', why: 'storm', at: 1 } } as const;
const silent = (row: Partial<Machine> = {}): Given => world().machine('grid-01', 'ready', { jobs: ['1'], row, states: ['down'] });
const proposal = {
  table: 'proposals',
  key: 'start-grid-grid-01',
  row: { id: 'start-grid-grid-01', subject: 'environment:grid', reason: leaving, since: 1 },
} as const;
const stray = { kind: 'guest', key: 'guest:post1/old', host: 'post1', name: 'old', ours: false } as const;

const cases: readonly [kind: Request['kind'], subject: string, when: string, world: Given, answer: string][] = [
  ['drain', 'grid-01#1', 'it serves', world(), 'done: grid-01#1 takes no new jobs and leaves when its last one has ended'],
  ['drain', 'grid-02#1', 'nobody knows it', world(), 'refused: refused: there is no machine "grid-02#1"; did you mean grid-01#1?'],
  ['drain', 'zebra', 'nothing is near', world(), 'refused: refused: there is no machine "zebra"'],
  ['drain', 'grid-01#1', 'it leaves already', world().machine('grid-01', 'draining', { leaving }), 'refused: refused: grid-01#1 is leaving already'],
  ['drain', 'grid-01#1', 'it is held', world().machine('grid-01', 'ready', held), 'refused: refused: grid-01#1 is held by eve (debug): release it first'],
  ['drain', 'grid-01#1', 'all is frozen', world().change(frozen), 'refused: refused: frozen by eve (storm): thaw first'],
  ['drain', 'grid-01#1', 'it is only watched', world().with({ mode: 'watch' }), 'refused: refused: grid-01#1 is in watch mode: nothing is done to it'],
  ['bury', 'grid-01#1', 'its worker is down', silent(), 'done: grid-01#1 goes: 1 there count(s) for nothing unless its worker is heard again'],
  ['bury', 'grid-01#1', 'it is held', silent(held.row), 'refused: refused: grid-01#1 is held by eve (debug): release it first'],
  ['bury', 'grid-01#1', 'all is frozen', silent().change(frozen), 'refused: refused: frozen by eve (storm): thaw first'],
  ['bury', 'grid-01#1', 'it was buried', silent({ buried: { by: 'eve', why: 'dead', at: 1 } }), 'refused: refused: grid-01#1 was buried already by eve (dead)'],
  ['hold', 'grid-01#1', 'it serves', world(), 'done: grid-01#1 is left alone until it is released'],
  ['hold', 'grid-01#1', 'all is frozen', world().change(frozen), 'done: grid-01#1 is left alone until it is released'],
  ['hold', 'grid-01', 'the generation is missing', world(), 'refused: refused: there is no machine "grid-01"; did you mean grid-01#1?'],
  ['release', 'grid-01#1', 'it is held', world().machine('grid-01', 'ready', held), 'done: grid-01#1 is released'],
  ['release', 'grid-01#1', 'it is not held', world(), 'refused: refused: grid-01#1 is not held'],
  ['cordon', 'post1', 'it is in use', world(), 'done: post1 gets no new machines'],
  ['cordon', 'psot1', 'it is misspelt', world(), 'refused: refused: there is no host "psot1"; did you mean post1?'],
  ['uncordon', 'post1', 'it is not cordoned', world(), 'refused: refused: host "post1" is not cordoned'],
  ['freeze', '', 'all runs', world(), 'done: nothing is begun any more; machines stay as they are'],
  ['freeze', '', 'all is frozen', world().change(frozen), 'refused: refused: frozen already by eve (storm)'],
  ['thaw', '', 'all is frozen', world().change(frozen), 'done: deeds are done again'],
  ['thaw', '', 'nothing is frozen', world(), 'refused: refused: not frozen'],
  ['forget', 'old', 'it is a stray', world().extra({ strays: [stray] }), 'done: guest:post1/old is not spoken of any more'],
  [
    'forget',
    'guest:post1/odl',
    'it is misspelt',
    world().extra({ strays: [stray] }),
    'refused: refused: there is no stray "guest:post1/odl"; did you mean guest:post1/old?',
  ],
  [
    'forget',
    'old',
    'two strays have the name',
    world().extra({ strays: [stray, { ...stray, key: 'guest:post2/old', host: 'post2' }] }),
    'refused: refused: "old" names several: guest:post1/old, guest:post2/old',
  ],
  ['approve', 'start-grid-grid-01', 'it is proposed', world().change(proposal), 'done: start-grid-grid-01 is approved'],
  [
    'approve',
    'start-grid-grid-02',
    'it is not',
    world().change(proposal),
    'refused: refused: there is no proposal "start-grid-grid-02"; did you mean start-grid-grid-01?',
  ],
];

describe('The answer to a request', () => {
  it.each(cases)('%s %s, when %s', (kind, subject, _, g, expected) => {
    expect(answer(g.asks(kind, subject))).toBe(expected);
  });

  it('is that it expired, when nobody could answer in time', () => {
    expect(answer(world().asks('freeze', '', { expiresAt: now }))).toBe('expired: expired before it could be answered');
  });

  it('is given once: answered requests are left as they are', () => {
    expect(
      world()
        .asks('freeze', '', { state: 'done' })
        .decide()
        .changes.filter((c) => c.table === 'requests'),
    ).toEqual([]);
  });

  it('sees what the request before it has changed', () => {
    const changes = world()
      .asks('freeze', '', { at: now - 2 })
      .asks('thaw', '', { at: now - 1 })
      .decide().changes;
    expect(changes.map((c) => (c.table === 'requests' ? c.row?.state : c.row))).toEqual(['done', null, 'done']);
  });
});

describe('What a request changes', () => {
  it('drains the machine, busy or not, with the name of who asked', () => {
    const outcome = world().asks('drain', 'grid-01#1').decide();
    expect(outcome.decisions).toMatchObject([{ kind: 'drain', machine: 'grid-01#1', reason: { code: 'drain-asked' } }]);
    expect(outcome.said('machine:grid-01#1')).toEqual(['bob asked: because']);
  });

  it('holds a machine from the same look on', () => {
    const g = world().machine('grid-01', 'ready', { row: { idleSince: 1 } });
    expect(g.decide().decisions).toHaveLength(1);
    expect(g.asks('hold', 'grid-01#1').decide().decisions).toEqual([]);
  });

  it('empties a host when the cordon says so', () => {
    expect(world().asks('cordon', 'post1', { drain: true }).decide().decisions).toMatchObject([{ kind: 'drain', machine: 'grid-01#1' }]);
    expect(world().asks('cordon', 'post1').decide().decisions).toEqual([]);
  });

  it('places nothing on a host that is being cordoned', () => {
    const starts = world().waits('grid').asks('cordon', 'post1').decide().decisions;
    expect(starts).toMatchObject([{ kind: 'start', host: 'post2' }]);
  });

  it('freezes from the same look on: decisions are only recorded', () => {
    const outcome = world().waits('grid').asks('freeze', '').decide();
    expect(outcome.decisions).toEqual([]);
    expect(outcome.recorded).toHaveLength(1);
    expect(outcome.said('domus')).toEqual(['frozen by bob: because']);
  });
});

describe('A job that nobody serves', () => {
  it('is explained by name, and no other', () => {
    const wide = because('unserved-nodes', { wanted: 9, environment: 'grid', max: 2 });
    const verdicts = new Map([
      ['torque/1', { unserved: wide }],
      ['torque/2', { environment: 'grid' }],
    ]);
    const outcome = world()
      .extra({ verdicts, unserved: new Map([['torque/1', wide]]) })
      .decide();
    expect(outcome.said('job:torque/1')).toEqual(['asks for 9 nodes at once, environment grid may have 2']);
    expect(outcome.said('job:torque/2')).toEqual([]);
  });
});
