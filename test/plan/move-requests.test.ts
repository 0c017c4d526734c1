import { describe, expect, it } from 'vitest';
import { because, sentence } from '../../src/model/reason.js';
import type { Request } from '../../src/model/rows.js';
import { type Given, given, now } from '../given.js';
import type { MachineWish } from '../given-machine.js';

const able = { snapshot: { capabilities: ['pvh', 'live-migration'] } };
const still = { snapshot: { capabilities: ['pv', 'pvh'] } };

/** A machine on post1; post2 and post3 are empty, post4 is of another pool. */
function site(machine: MachineWish = {}, environment: Parameters<Given['env']>[1] = {}): Given {
  return given()
    .env('grid', { cores: { min: 2, max: 2, step: 1 }, ...environment })
    .host('post1', able)
    .host('post2', able)
    .host('post3', { ...able, cores: 8 })
    .host('post4', { ...able, pool: 'rack' })
    .seats('grid', 3)
    .machine('grid-01', 'ready', { host: 'post1', ...machine });
}
const moving = { from: 'post1', to: 'post2', since: now - 1000, reason: because('move-relief', { from: 'post1', to: 'post2' }), way: 'live' as const };
const frozen = { table: 'freeze', key: 'freeze', row: { by: 'eve', why: 'storm', at: 1 } } as const;
const cordon = { table: 'cordons', key: 'post2', row: { host: 'post2', by: 'eve', why: 'dust', at: 1, drain: false } } as const;
const maintenance = {
  table: 'maintenances',
  key: 'm-1',
  row: { id: 'm-1', of: 'post2', hosts: ['post2'], who: 'eve', why: 'fans', at: 1, due: now + 3_600_000, until: now + 7_200_000 },
} as const;

function answers(g: Given): readonly string[] {
  return g
    .decide()
    .changes.flatMap((change) =>
      change.table === 'requests' && change.row?.answer !== undefined ? [`${change.row.state}: ${sentence(change.row.answer)}`] : [],
    );
}
const goes = (to: string): string =>
  `done: grid-01#1 goes from post1 to ${to}; it stays where it is after all where that cannot begin within 15 minutes ("domus stay" takes it back)`;
const cannot = (why: string): string => `refused: refused: grid-01#1 cannot go to post2: ${why}`;
const stays = (why: string): string => `refused: refused: grid-01#1 stays where it is: ${why}`;

const moves: readonly [when: string, world: Given, to: string | undefined, answer: string][] = [
  ['there is room', site(), 'post2', goes('post2')],
  ['no host is named: the fullest with room', site(), undefined, goes('post2')],
  ['the fullest has none', site().machine('grid-02', 'ready', { host: 'post2', size: { cores: 4, memoryMiB: 1024 } }), undefined, goes('post3')],
  [
    'it has none',
    site().machine('grid-02', 'ready', { host: 'post2', size: { cores: 4, memoryMiB: 1024 } }),
    'post2',
    cannot('0 cores and 7168 MiB are free there, it takes 2 and 1024'),
  ],
  ['it is there', site(), 'post1', 'refused: refused: grid-01#1 cannot go to post1: it is there'],
  ['the host is misspelt', site(), 'psot2', 'refused: refused: there is no host "psot2"; did you mean post2?'],
  ['the host is another pool’s', site(), 'post4', 'refused: refused: grid-01#1 cannot go to post4: environment grid may not use pool rack'],
  ['the host is cordoned', site().change(cordon), 'post2', cannot('cordoned by eve: dust')],
  ['the host is wanted empty soon', site().change(maintenance), 'post2', cannot('post2 must be empty in 56 minutes')],
  ['the host does not see its image', site().host('post2', { ...able, images: ['el8'] }), 'post2', cannot('post2 does not see image el9 1')],
  ['the host cannot take live guests', site().host('post2', still), 'post2', cannot('post2 cannot move pvh guests while they run')],
  [
    'the host has lesser processors',
    site()
      .host('post1', { snapshot: { ...able.snapshot, cpuFeatures: '178bf3ff:80002001' } })
      .host('post2', { snapshot: { ...able.snapshot, cpuFeatures: '178bf3fd:80002001' } }),
    'post2',
    cannot('the processors of post2 cannot do all that those of post1 can, and a guest does not lose that while it runs'),
  ],
  [
    'the host has better processors',
    site()
      .host('post1', { snapshot: { ...able.snapshot, cpuFeatures: '178bf3fd:80002001' } })
      .host('post2', { snapshot: { ...able.snapshot, cpuFeatures: '178bf3ff:80002001:00000001' } }),
    'post2',
    goes('post2'),
  ],
  [
    'the pool of the host is only watched',
    site({}, { pools: ['lab', 'rack'] }).with({ pools: { lab: { mode: 'act' }, rack: { mode: 'watch' } } }),
    'post4',
    'refused: refused: grid-01#1 cannot go to post4: its pool is in watch mode',
  ],
  ['a job is on it', site({ jobs: ['7'] }), 'post2', stays('its environment moves idle machines only (moves: idle), and 7 runs on it')],
  ['a job is on it that may be moved', site({ jobs: ['7'] }, { moves: 'busy' }), 'post2', goes('post2')],
  ['its environment never moves', site({}, { moves: 'never' }), 'post2', stays('its environment does not allow it')],
  ['its swap is on its host', site({}, { swapMiB: 512 }), 'post2', stays('its scratch space or swap is on its host')],
  ['it is on its way', site({ row: { moving } }), 'post3', stays('it is on its way from post1 to post2 already')],
  ['it leaves', site({ leaving: because('drain-idle', { idleMs: 1 }) }), 'post2', 'refused: refused: grid-01#1 is leaving already'],
  ['it is held', site({ row: { held: { by: 'eve', why: 'debug', at: 1 } } }), 'post2', 'refused: refused: grid-01#1 is held by eve (debug): release it first'],
  ['all is frozen', site().change(frozen), 'post2', 'refused: refused: frozen by eve (storm): thaw first'],
  ['it is only watched', site().with({ mode: 'watch' }), 'post2', 'refused: refused: grid-01#1 is in watch mode: nothing is done to it'],
  ['its host is silent', site({ hostHeard: false }), 'post2', stays('it is not ready')],
];

describe('A person wants a machine elsewhere', () => {
  it.each(moves)('when %s', (_, g, to, answer) => {
    expect(answers(g.asks('move', 'grid-01#1', to === undefined ? {} : { to }))).toEqual([answer]);
  });

  it('and it has nowhere to go: why not, counted', () => {
    const g = site().change(cordon).host('post3', still);
    expect(answers(g.asks('move', 'grid-01#1'))).toEqual([
      'refused: refused: grid-01#1 has nowhere to go (hosts: 1 not to be used now, 1 to which its kind of guest cannot move now, 1 outside its pools)',
    ]);
  });

  it('and nobody could say whether it would be in time', () => {
    const consolidation = { manage: false, over: 0.9, under: 0.3, cooldownMs: 1, worthMs: 1, eachMs: 3000, mibPerSecond: 1, atOnce: 1, atOncePerHost: 1 };
    const g = site().with({ consolidation } as never);
    expect(answers(g.asks('move', 'grid-01#1', { to: 'post2' }))).toEqual([stays('its memory may take longer to move than intervals.migrateLimit')]);
  });

  it('becomes a move of the same look, in advise mode too: who asks has said yes', () => {
    for (const mode of ['act', 'advise'] as const) {
      const { decisions, said } = site().with({ mode }).asks('move', 'grid-01#1', { to: 'post2' }).decide();
      expect(decisions).toMatchObject([{ kind: 'move', machine: 'grid-01#1', to: 'post2', way: 'live' }]);
      expect(said('machine:grid-01#1')).toContain('bob wants it on post2: because');
    }
  });

  it('of two that want the last room, the first has it', () => {
    const g = site()
      .machine('grid-02', 'ready', { host: 'post1' })
      .machine('grid-03', 'ready', { host: 'post2' })
      .asks('move', 'grid-01#1', { to: 'post2', at: now - 2 })
      .asks('move', 'grid-02#1', { to: 'post2', at: now - 1 });
    expect(answers(g)[0]).toBe(goes('post2'));
    expect(answers(g)[1]).toContain('grid-02#1 cannot go to post2: 0 cores');
    expect(g.decide().decisions.filter(({ kind }) => kind === 'move')).toHaveLength(1);
  });

  it('and another that it leaves: it leaves', () => {
    const { decisions } = site()
      .asks('move', 'grid-01#1', { to: 'post2', at: now - 2 })
      .asks('drain', 'grid-01#1', { at: now - 1 })
      .decide();
    expect(decisions.map(({ kind }) => kind)).toEqual(['drain']);
  });

  it('while its room there is nobody else’s: a job that waits starts elsewhere', () => {
    const full = { cores: 2, memoryMiB: 1024 };
    const { decisions } = site()
      .machine('grid-02', 'ready', { host: 'post2', size: full })
      .asks('move', 'grid-01#1', { to: 'post2' })
      .waits('grid', { slots: 2 })
      .decide();
    expect(decisions.find(({ kind }) => kind === 'start')).not.toMatchObject({ host: 'post2' });
  });
});

describe('A person wants a machine to stay', () => {
  const asked = (wish: MachineWish): Given => site(wish).asks('stay', 'grid-01#1');
  const cases: readonly [string, MachineWish, string][] = [
    ['nothing is under way', {}, 'refused: refused: grid-01#1 is not on its way anywhere'],
    ['it has not begun', { row: { moving } }, 'done: is not moved to post2 after all: bob wants it to stay (because)'],
    [
      'it is over',
      { row: { moving: { ...moving, endedAt: now } } },
      'refused: refused: grid-01#1 was moved to post2 already: "domus move grid-01#1 post1" brings it back when it has come',
    ],
  ];
  it.each(cases)('when %s', (_, wish, answer) => {
    expect(answers(asked(wish))).toEqual([answer]);
  });

  it('and is left alone for a while then', () => {
    const rows = asked({ row: { moving } })
      .decide()
      .changes.flatMap((change) => (change.table === 'machines' && change.row !== null ? [change.row] : []));
    expect(rows).toMatchObject([{ id: 'grid-01#1', moved: { at: now, from: 'post1' } }]);
    expect(rows[0]?.moving).toBeUndefined();
  });
});

describe('The kind of a request', () => {
  it('that only one machine knows is unknown', () => {
    const unknown = (kind: Request['kind']): readonly string[] => answers(site().asks(kind, 'grid-09#1'));
    expect(unknown('move')).toEqual(['refused: refused: there is no machine "grid-09#1"; did you mean grid-01#1?']);
    expect(unknown('stay')).toEqual(unknown('move'));
  });
});
