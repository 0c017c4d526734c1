import { describe, expect, test } from 'vitest';
import type { Deed } from '../../src/model/action.js';
import type { ImageVersion } from '../../src/model/host.js';
import { because, sentence } from '../../src/model/reason.js';
import type { Replica } from '../../src/model/replica.js';
import type { Change } from '../../src/model/rows.js';
import { Reasons } from '../../src/plan/decision.js';
import { Draft } from '../../src/plan/draft.js';
import { replicate } from '../../src/plan/replicas.js';
import { type Given, given, minute, now } from '../given.js';

const policy = { bytesPerSecond: 1000, atOnce: 4, keep: 1 };
const versions = (...names: readonly string[]): readonly ImageVersion[] =>
  names.map((version, at) => ({ name: 'el9', version, ...(at === 0 ? { current: true as const } : {}) }));
const whole = (version = '2'): Replica => ({ name: 'el9', version, bytes: 100, ofBytes: 100, whole: true });
const part = (bytes: number, version = '2'): Replica => ({ name: 'el9', version, bytes, ofBytes: 100, whole: false });

/** A pool of hosts that keep copies, each with those. Version 2 of el9 is published. */
function pool(hosts: Readonly<Record<string, readonly Replica[]>>, wish: Partial<typeof policy> = {}): Given {
  const world = given()
    .with({ pools: { lab: { mode: 'act', replicas: { ...policy, ...wish } } } })
    .env('grid');
  for (const [name, replicas] of Object.entries(hosts)) world.host(name, { snapshot: { images: versions('2', '1'), replicas } });
  return world.seats('grid', 4);
}
const row = (host: string, bytes: number, more = {}): Change => ({
  table: 'replicas',
  key: `${host} el9 2`,
  row: { host, name: 'el9', version: '2', bytes, ofBytes: 100, from: 'store', since: now - minute, ...more },
});
const intent = (deed: Partial<Deed>): Change => ({
  table: 'intents',
  key: 'i1',
  row: { id: 'i1', deed: { reason: because('step-join'), ...deed } as Deed, life: 'life', openedAt: now, deadlineAt: now + minute },
});
const copies = (host: string, from?: string): Change =>
  intent({
    verb: 'copy-image',
    host,
    image: { name: 'el9', version: '2' },
    ...(from === undefined ? {} : { from: { host: from, address: 'x', port: 22 } }),
  } as Partial<Deed>);

function replicated(world: Given): { readonly does: readonly string[]; readonly writes: readonly Change[]; readonly says: (host: string) => string } {
  const reasons = new Reasons();
  const draft = new Draft(world.rows);
  const deeds = replicate({ world: world.world(), policy: world.policy, now, holds: new Map() }, draft, reasons);
  const line = (deed: Deed): string =>
    deed.verb === 'copy-image'
      ? `${deed.host} copies ${deed.image.version} from ${deed.from?.host ?? 'store'}`
      : deed.verb === 'drop-image'
        ? `${deed.host} drops ${deed.image.version}`
        : deed.verb;
  return { does: deeds.map(line), writes: draft.changes(), says: (host) => (reasons.all().get(`host:${host}`) ?? []).map(sentence).join('; ') };
}

describe('copies of images: what is done when', () => {
  const broken = (subject: string): Change => ({
    table: 'breakers',
    key: subject,
    row: { subject, failures: 2, lastAt: now, openUntil: now + minute, why: 'no space' },
  });
  test.each<[string, Given, readonly string[], Readonly<Record<string, string>>?]>([
    ['nobody has one: one host reads the store', pool({ a: [], b: [], c: [] }), ['a copies 2 from store'], { b: 'a copies it from the store first' }],
    ['one is under way from the store', pool({ a: [part(10)], b: [] }).change(copies('a')), [], { b: 'a copies it from the store first' }],
    [
      'it has begun, between two slices',
      pool({ a: [], b: [part(10)] }).change(row('b', 10)),
      ['b copies 2 from store'],
      { a: 'b copies it from the store first' },
    ],
    [
      'whoever had begun is silent',
      pool({ a: [], b: [part(10)] })
        .change(row('b', 10))
        .hostSilent('b'),
      ['a copies 2 from store'],
    ],
    [
      'one has it whole: one other copies from it, the next waits',
      pool({ a: [whole()], b: [], c: [] }),
      ['b copies 2 from a'],
      { c: 'every host that has one gives it to another' },
    ],
    ['two have it whole', pool({ a: [whole()], b: [], c: [], d: [whole()] }), ['b copies 2 from a', 'c copies 2 from d']],
    ['who has it gives it already', pool({ a: [whole()], b: [part(5)], c: [] }).change(copies('b', 'a')), []],
    ['a copy from the store goes on from a host, once one is whole', pool({ a: [whole()], b: [part(10)] }).change(row('b', 10)), ['b copies 2 from a']],
    [
      'so many are under way in the pool',
      pool({ a: [whole()], b: [], c: [whole()], d: [] }, { atOnce: 1 }),
      ['b copies 2 from a'],
      { d: '1 copies are under way' },
    ],
    ['all have it', pool({ a: [whole()], b: [whole()] }), []],
    ['a host keeps none', pool({ a: [whole()] }).host('b', { snapshot: { images: versions('2') } }), []],
    ['the host is blocked', pool({ a: [] }).host('a', { blocked: because('host-store-hung'), snapshot: { images: versions('2'), replicas: [] } }), []],
    ['whoever reads the store has failed a moment ago', pool({ a: [], b: [part(10)] }).change(row('b', 10), broken('replica:b')), ['a copies 2 from store']],
    ['the last slice has ended, and its host was not looked at since', pool({ a: [], b: [] }).change(row('b', 0, { deedAt: now })), []],
    ['it failed a moment ago', pool({ a: [] }).change(broken('replica:a')), [], { a: 'no space; tried again' }],
    ['everything is frozen', pool({ a: [] }).change({ table: 'freeze', key: 'freeze', row: { by: 'bob', why: 'x', at: now } }), []],
    ['the pool is only watched', pool({ a: [] }).with({ mode: 'watch' }), []],
    ['the former version is kept for going back', pool({ a: [whole(), whole('1')] }), []],
    ['more former versions than are kept', pool({ a: [whole(), whole('1'), whole('0')] }), ['a drops 0']],
    ['a former one was never whole', pool({ a: [whole(), part(5, '1')] }), ['a drops 1']],
    ['a machine stands on it', pool({ a: [whole(), whole('1')] }, { keep: 0 }).machine('grid-01', 'ready', { host: 'a' }), []],
    ['the wanted one comes before what goes', pool({ a: [whole('1'), whole('0')] }), ['a copies 2 from store']],
    ['the store does not say what is wanted: nothing goes', pool({}).host('a', { snapshot: { images: [], replicas: [whole('1'), whole('0')] } }), []],
    ['an environment of another pool wants it', pool({ a: [] }).env('grid', { pools: ['rack'] }), []],
  ])('%s', (_, world, does, says = {}) => {
    const seen = replicated(world);
    expect(seen.does).toEqual(does);
    for (const [host, words] of Object.entries(says)) expect(seen.says(host)).toContain(words);
  });
});

describe('what the journal remembers of copies', () => {
  const written = (world: Given) =>
    replicated(world).writes.map((change) => [change.key, change.table === 'replicas' && change.row === null ? 'gone' : change.row]);
  test('begins with where it comes from, follows the host, and says since when it is whole', () => {
    expect(written(pool({ a: [] }))).toEqual([['a el9 2', { host: 'a', name: 'el9', version: '2', bytes: 0, ofBytes: 0, from: 'store', since: now }]]);
    expect(written(pool({ a: [part(40)] }).change(row('a', 10), copies('a')))).toMatchObject([['a el9 2', { bytes: 40, since: now - minute }]]);
    expect(written(pool({ a: [whole()] }).change(row('a', 40)))).toMatchObject([['a el9 2', { bytes: 100, wholeAt: now }]]);
    expect(written(pool({ a: [whole()] }).change(row('a', 100, { wholeAt: now - 5 })))).toEqual([]);
  });
  test('is kept while the host is silent, and goes with the copy or the host', () => {
    expect(
      written(
        pool({ a: [] })
          .change(row('a', 100, { wholeAt: 1 }))
          .hostSilent('a'),
      ),
    ).toEqual([]);
    expect(written(pool({ a: [], b: [whole()] }).change(row('a', 100, { wholeAt: 1 }), copies('a', 'b')))).not.toContainEqual(['a el9 2', 'gone']);
    expect(written(pool({ a: [] }, {}).change(row('x', 100)).change(copies('a')))).toEqual([['x el9 2', 'gone']]);
    expect(
      written(
        pool({ a: [] })
          .with({ mode: 'watch' })
          .change(row('a', 100, { wholeAt: 1 })),
      ),
    ).toEqual([['a el9 2', 'gone']]);
  });
});

test('a new machine goes where the copy is, though another host is fuller', () => {
  const world = pool({ a: [], b: [whole()] })
    .machine('grid-01', 'ready', { host: 'a', jobs: ['7'], row: { image: { name: 'el9', version: '2' } } })
    .waits('grid');
  expect(world.decide().decisions).toMatchObject([{ kind: 'start', host: 'b' }]);
});
