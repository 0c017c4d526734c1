import { describe, expect, it } from 'vitest';
import type { Deed } from '../../src/model/action.js';
import type { Plan } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import { breaches, type LawName, lawNames } from '../../src/plan/laws.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import { lab } from './table.js';

const reason = because('drain-idle', { idleMs: 1 });
const size = { cores: 1, memoryMiB: 1024 };
const stop: Deed = { verb: 'shutdown-guest', host: 'post1', machine: 'grid-01#1', uuid: 'u', guestName: 'g', reason };
const migrate: Deed = {
  ...{ verb: 'migrate-guest', host: 'post1', machine: 'grid-01#1', uuid: 'u', guestName: 'g', overlay: 'o', memoryMiB: 1024 },
  ...{ to: 'post2', address: '10.0.0.2', port: 22, reason },
};
const move = { kind: 'move', machine: 'grid-01#1', to: 'post2', way: 'live', reason } as const;
const create = (machine: string): Deed => ({
  verb: 'create-overlay',
  host: 'post1',
  machine,
  overlay: 'o',
  image: { name: 'el9', version: '1' },
  diskMiB: 1,
  reason,
});
const start = (seat: string, cores = 1) =>
  ({ kind: 'start', environment: 'grid', seat, host: 'post1', size: { ...size, cores }, image: { name: 'el9', version: '1' }, reason }) as const;
const guest = (machine: string): Deed => ({ verb: 'create-guest', host: 'post1', machine, spec: {} as never, reason });

interface Planted {
  readonly law: LawName;
  readonly when: string;
  readonly world: Given;
  readonly planted: (made: Plan) => Plan;
}
const deeds =
  (...more: readonly Deed[]) =>
  (made: Plan): Plan => ({ ...made, deeds: [...made.deeds, ...more] });
const decisions =
  (...more: Plan['decisions']) =>
  (made: Plan): Plan => ({ ...made, decisions: [...made.decisions, ...more] });
const freeze = (world: Given): Given => world.change({ table: 'freeze', key: 'freeze', row: { by: 'eve', why: 'x', at: 1 } });
const drain = { kind: 'drain', machine: 'grid-01#1', reason } as const;

const table: readonly Planted[] = [
  { law: 'touches-only-jobless', when: 'jobs are on it', world: lab().machine('grid-01', 'ready', { jobs: ['1'] }), planted: deeds(stop) },
  { law: 'touches-only-jobless', when: 'its node is online', world: lab().machine('grid-01', 'ready'), planted: deeds(stop) },
  {
    law: 'touches-only-jobless',
    when: 'the reading is older than the proof',
    world: lab().machine('grid-01', 'draining', { withheldAt: now, leaving: reason }),
    planted: deeds(stop),
  },
  { law: 'takes-only-idle', when: 'it is busy', world: lab().machine('grid-01', 'ready', { jobs: ['1'] }), planted: decisions(drain) },
  {
    law: 'takes-only-idle',
    when: 'it is held',
    world: lab().machine('grid-01', 'ready', { row: { held: { by: 'eve', why: 'x', at: 1 } } }),
    planted: decisions(drain),
  },
  { law: 'takes-only-idle', when: 'its node is silent', world: lab().machine('grid-01', 'ready', { nodeHeard: false }), planted: decisions(drain) },
  { law: 'takes-only-idle', when: 'nobody knows it', world: lab(), planted: decisions(drain) },
  { law: 'moves-only-movable', when: 'a job is on it', world: lab().machine('grid-01', 'ready', { jobs: ['1'] }), planted: decisions(move) },
  { law: 'moves-only-movable', when: 'its environment says never', world: lab({ moves: 'never' }).machine('grid-01', 'ready'), planted: decisions(move) },
  { law: 'moves-only-movable', when: 'it is there already', world: lab().machine('grid-01', 'ready'), planted: decisions({ ...move, to: 'post1' }) },
  { law: 'touches-only-jobless', when: 'it is moved with a job', world: lab().machine('grid-01', 'ready', { jobs: ['1'] }), planted: deeds(migrate) },
  { law: 'starts-only-for-heard', when: 'the batch server is silent', world: lab().batchSilent(), planted: decisions(start('grid-01')) },
  { law: 'rows-first', when: 'no row tells of it', world: lab(), planted: deeds(create('grid-01#1')) },
  { law: 'claims-fit', when: 'the host is smaller', world: lab(), planted: decisions(start('grid-01', 5)) },
  { law: 'seats-once', when: 'it is taken twice', world: lab(), planted: decisions(start('grid-01'), start('grid-01')) },
  { law: 'seats-once', when: 'somebody sits there', world: lab().machine('grid-01', 'ready', { jobs: ['1'] }), planted: decisions(start('grid-01')) },
  { law: 'within-bounds', when: 'no more may be', world: lab({ max: 1 }), planted: decisions(start('grid-01'), start('grid-02')) },
  { law: 'within-bounds', when: 'too many start in an hour', world: lab().limit({ startsPerHour: 0 }), planted: decisions(start('grid-01')) },
  { law: 'one-creation-each', when: 'one host makes two', world: lab(), planted: deeds(guest('grid-01#1'), guest('grid-02#1')) },
  { law: 'idle-hands', when: 'all is frozen', world: freeze(lab()), planted: deeds({ verb: 'cycle', source: 'torque', reason }) },
  { law: 'idle-hands', when: 'it only watches', world: lab().with({ mode: 'watch' }), planted: deeds({ verb: 'cycle', source: 'torque', reason }) },
  {
    law: 'closed-when-gone',
    when: 'its guest may be there',
    world: lab().machine('grid-01', 'ready', { jobs: ['1'] }),
    planted: (made) => ({ ...made, changes: [...made.changes, { table: 'machines', key: 'grid-01#1', row: null }] }),
  },
  { law: 'explained', when: 'nothing is said', world: lab().waits('grid'), planted: (made) => ({ ...made, reasons: new Map() }) },
];

describe('The laws that a replay watches over', () => {
  it.each(table)('$law: broken when $when', ({ law, world, planted }) => {
    const seen = world.world();
    const made = plan(seen, world.policy, now);
    expect(breaches(seen, world.policy, now, made)).toEqual([]);
    expect(breaches(seen, world.policy, now, planted(made)).map((breach) => breach.law)).toContain(law);
  });

  it('every one of them can be broken', () => {
    expect(new Set(table.map(({ law }) => law))).toEqual(new Set(lawNames));
  });

  it('of very many subjects each is asked for its reasons within some looks', () => {
    const world = given().env('grid').host('post1').seats('grid', 1);
    for (let at = 0; at < 300; at++) world.waits('grid', { key: `g${at}`, waitedMs: minute + at });
    const seen = world.world();
    const made = plan(seen, world.policy, now);
    const reasons = new Map([...made.reasons].filter(([subject]) => subject !== 'group:g200'));
    const looks = Array.from({ length: 8 }, (_, look) => breaches(seen, world.policy, now + look * 1_000, { ...made, reasons }));
    expect(looks.flat().map(({ law }) => law)).toContain('explained');
    expect(looks.some((found) => found.length === 0)).toBe(true);
  });
});
