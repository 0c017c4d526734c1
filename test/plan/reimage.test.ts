import { expect, test } from 'vitest';
import { because } from '../../src/model/reason.js';
import { versionOn } from '../../src/model/versions.js';
import { given, minute, now } from '../given.js';
import { check, idle } from './table.js';

/** One host that has version 2 published and 1 beside it; machines are made from 1 unless wished otherwise. */
const lab = (wish = {}, current = '2') =>
  given()
    .env('grid', wish)
    .host('post1', {
      cores: 16,
      memoryMiB: 32_768,
      snapshot: { images: ['1', '2'].map((version) => ({ name: 'el9', version, ...(version === current ? { current: true as const } : {}) })) },
    })
    .seats('grid', 6);
const fresh = { image: { name: 'el9', version: '2' } };
const failedBefore = {
  table: 'breakers' as const,
  key: 'image:el9 2',
  row: { subject: 'image:el9 2', failures: 1, lastAt: now, openUntil: 0, why: 'no readiness' },
};
const leaving = { leaving: because('drain-image', { have: 'el9 1', want: 'el9 2' }) };

check('Another version of the image', [
  {
    when: 'idle machines of the old one stand by',
    world: lab()
      .machine('grid-01', 'ready', idle(minute))
      .machine('grid-02', 'ready', idle(2 * minute)),
    decides: ['drain grid-01#1 drain-image'],
    says: { 'machine:grid-02#1': 'image-outdated', 'environment:grid': 'image-turnover' },
  },
  {
    when: 'more may be replaced at once',
    world: lab({ reimage: { atOnce: 2, busy: 'wait' } })
      .machine('grid-01', 'ready', idle(1))
      .machine('grid-02', 'ready', idle(1)),
    decides: ['drain grid-01#1 drain-image', 'drain grid-02#1 drain-image'],
  },
  { when: 'the spare one is old too', world: lab({ spare: 1 }).machine('grid-01', 'ready', idle(minute)), decides: ['drain grid-01#1 drain-image'] },
  {
    when: 'one leaves already',
    world: lab().machine('grid-01', 'draining', leaving).machine('grid-02', 'ready', idle(minute)),
    decides: [],
    says: { 'machine:grid-02#1': 'image-outdated' },
  },
  { when: 'a new one is not ready yet', world: lab().machine('grid-01', 'booting', { row: fresh }).machine('grid-02', 'ready', idle(minute)), decides: [] },
  {
    when: 'a new one is ready',
    world: lab()
      .machine('grid-01', 'ready', { row: { ...fresh, idleSince: now } })
      .machine('grid-02', 'ready', idle(minute)),
    decides: ['drain grid-02#1 drain-image'],
  },
  {
    when: 'an idle one comes before a busy one',
    world: lab()
      .machine('grid-01', 'ready', { jobs: ['7'] })
      .machine('grid-02', 'ready', idle(minute)),
    decides: ['drain grid-02#1 drain-image'],
  },
  {
    when: 'all are busy: the one with the fewest jobs takes no more',
    world: lab()
      .machine('grid-01', 'ready', { jobs: ['7', '8'] })
      .machine('grid-02', 'ready', { jobs: ['9'] }),
    decides: ['drain grid-02#1 drain-image'],
    says: { 'machine:grid-01#1': 'image-outdated' },
  },
  {
    when: 'busy ones are waited for',
    world: lab({ reimage: { atOnce: 3, busy: 'wait' } }).machine('grid-01', 'ready', { jobs: ['7'] }),
    decides: [],
    says: { 'machine:grid-01#1': 'image-outdated' },
  },
  {
    when: 'a person wants nothing replaced',
    world: lab({ reimage: { atOnce: 0, busy: 'drain' } }).machine('grid-01', 'ready', idle(minute)),
    decides: [],
    says: { 'machine:grid-01#1': 'image-outdated' },
  },
  { when: 'a waiting job counts on the idle one', world: lab().machine('grid-01', 'ready', idle(minute)).waits('grid'), decides: [] },
  {
    when: 'the new version has only failed',
    world: lab().change(failedBefore).machine('grid-02', 'ready', idle(minute)),
    decides: [],
    says: { 'environment:grid': 'image-unproved', 'machine:grid-02#1': 'image-outdated' },
  },
  {
    when: 'one of the new version has failed, and another is ready',
    world: lab()
      .change(failedBefore)
      .machine('grid-02', 'ready', idle(minute))
      .machine('grid-03', 'ready', { row: { ...fresh, idleSince: now } }),
    decides: ['drain grid-02#1 drain-image'],
  },
  {
    when: 'the environment may start nothing',
    world: lab()
      .machine('grid-01', 'ready', idle(minute))
      .change({
        table: 'breakers',
        key: 'environment:grid',
        row: { subject: 'environment:grid', failures: 3, lastAt: now, openUntil: now + minute, why: 'boots fail' },
      }),
    decides: [],
  },
  {
    when: 'it was gone back: the newer one leaves',
    world: lab({}, '1')
      .machine('grid-01', 'ready', { row: { ...fresh, idleSince: now } })
      .machine('grid-02', 'ready', idle(1)),
    decides: ['drain grid-01#1 drain-image'],
  },
  {
    when: 'the environment stays with a version by name',
    world: lab({ image: { name: 'el9', version: '1' } }).machine('grid-01', 'ready', idle(1)),
    decides: [],
  },
  { when: 'another image is named', world: lab({ image: { name: 'el10', version: 'latest' } }).machine('grid-01', 'ready', idle(1)), decides: [] },
  {
    when: 'it is held',
    world: lab().machine('grid-01', 'ready', idle(1, { held: { by: 'bob', why: 'x', at: 1 } })),
    decides: [],
    says: { 'machine:grid-01#1': 'keep-held' },
  },
  { when: 'its host is silent', world: lab().machine('grid-01', 'ready', { ...idle(1), hostHeard: false }), decides: [] },
  {
    when: 'too many stop at once',
    world: lab().limit({ stopsAtOnce: 0 }).machine('grid-01', 'ready', idle(1)),
    decides: [],
    says: { 'machine:grid-01#1': 'wait-budget' },
  },
]);

test('a drain for another image is not taken back when demand returns: the room goes to a new machine', () => {
  const world = lab().machine('grid-01', 'draining', leaving).waits('grid');
  expect(world.decide().decisions.map((d) => d.kind)).toEqual(['start']);
});

test('latest means the published version, also an older one; else the newest', () => {
  const images = [
    { name: 'a', version: '9' },
    { name: 'a', version: '10' },
  ];
  expect(versionOn(images, { name: 'a', version: 'latest' })).toBe('10');
  expect(
    versionOn(
      [
        { name: 'a', version: '9', current: true },
        { name: 'a', version: '10' },
      ],
      { name: 'a', version: 'latest' },
    ),
  ).toBe('9');
  expect(versionOn(images, { name: 'a', version: '9' })).toBe('9');
});
