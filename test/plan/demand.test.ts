import { because } from '../../src/model/reason.js';
import { type Given, minute, now } from '../given.js';
import { check, lab } from './table.js';

/** Two hosts; the first has not answered for an hour. */
const silentFirst = (): Given =>
  lab()
    .host('post1', { blocked: because('host-silent', { cause: 'no route' }) })
    .host('post2')
    .hostSilent('post1');

check('Demand and supply', [
  { when: 'nothing waits', world: lab(), decides: [], says: { 'environment:grid': 'environment-calm', 'host:post1': 'host-usable' } },
  {
    when: 'one job waits',
    world: lab().waits('grid'),
    decides: ['start grid-01 on post1 1/1024'],
    says: { 'group:grid-g0': 'fits-coming', 'environment:grid': 'start-for-job' },
  },
  {
    when: 'three single-slot jobs wait',
    world: lab().waits('grid', { count: 3 }),
    decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post1 1/1024', 'start grid-03 on post1 1/1024'],
  },
  {
    when: 'a ready machine has a free slot',
    world: lab().machine('grid-01', 'ready').waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'fits-ready', 'machine:grid-01#1': 'keep-wanted' },
  },
  {
    when: 'a machine boots already',
    world: lab().machine('grid-01', 'booting').waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'fits-coming', 'machine:grid-01#1': 'keep-wanted' },
  },
  { when: 'a machine is only wanted', world: lab().machine('grid-01', 'wanted').waits('grid'), decides: [] },
  {
    when: 'a machine is only wanted, on a host that has been silent for an hour: another is begun where it can be',
    world: silentFirst().machine('grid-01', 'wanted', { host: 'post1' }).waits('grid'),
    decides: ['start grid-02 on post2 1/1024'],
  },
  {
    when: 'its disk is made on a host that has been silent: it may be booting there, and is waited for',
    world: silentFirst()
      .machine('grid-01', 'booting', { host: 'post1', row: { overlayAt: now - minute, guestAt: now - minute } })
      .waits('grid'),
    decides: [],
  },
  {
    when: 'a machine is being resized to fit',
    world: lab()
      .machine('grid-01', 'resizing', { goalSize: { cores: 2, memoryMiB: 2048 } })
      .waits('grid', { slots: 2 }),
    decides: [],
  },
  {
    when: 'the only machine is busy',
    world: lab()
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
    says: { 'machine:grid-01#1': 'keep-busy' },
  },
  { when: 'the only machine failed', world: lab().machine('grid-01', 'failed').waits('grid'), decides: ['start grid-02 on post1 1/1024'] },
  {
    when: 'the machine was set offline by a person',
    world: lab()
      .machine('grid-01', 'joining', { states: ['offline'], note: 'disk', row: { admittedAt: 1 } })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
    says: { 'machine:grid-01#1': 'offline-by-person' },
  },
  { when: 'a foreign node fits', world: lab().foreignNode('static1', 2).waits('grid', { slots: 2 }), decides: [], says: { 'group:grid-g0': 'fits-ready' } },
  {
    when: 'the foreign node lacks the property',
    world: lab()
      .foreignNode('static1', 2)
      .waits('grid', { properties: ['grid'] }),
    decides: ['start grid-01 on post1 1/1024'],
  },
  {
    when: 'a machine has the slots but not the memory',
    world: lab()
      .machine('grid-01', 'ready', { size: { cores: 2, memoryMiB: 2048 } })
      .waits('grid', { perSlotMiB: 4096 }),
    decides: ['resize grid-01#1 resize-for-job'],
  },
  {
    when: 'a two-node job waits',
    world: lab().waits('grid', { nodes: 2, slots: 2 }),
    decides: ['start grid-01 on post1 2/2048', 'start grid-02 on post2 2/2048'],
  },
  {
    when: 'a two-node job has one node already',
    world: lab()
      .machine('grid-01', 'ready', { size: { cores: 2, memoryMiB: 2048 } })
      .waits('grid', { nodes: 2, slots: 2 }),
    decides: ['start grid-02 on post2 2/2048'],
  },
  {
    when: 'one machine has room for both places of a two-node job, which wants two',
    world: lab()
      .machine('grid-01', 'ready', { size: { cores: 4, memoryMiB: 4096 } })
      .waits('grid', { nodes: 2, slots: 2 }),
    decides: ['start grid-02 on post2 2/2048'],
  },
  {
    when: 'procs may share a node',
    world: lab()
      .machine('grid-01', 'ready', { size: { cores: 4, memoryMiB: 4096 } })
      .waits('grid', { places: [{ count: 4, slots: 1, properties: [], anywhere: true }] }),
    decides: [],
  },
  {
    when: 'chunks of two shapes wait',
    world: lab().waits('grid', {
      places: [
        { count: 1, slots: 4, properties: [] },
        { count: 1, slots: 1, properties: [] },
      ],
    }),
    decides: ['start grid-01 on post1 4/4096', 'start grid-02 on post2 1/1024'],
  },
  {
    when: 'the batch server is silent',
    world: lab().machine('grid-01', 'ready').waits('grid', { count: 4 }).batchSilent(),
    decides: [],
    says: { 'group:grid-g0': 'wait-silent', 'machine:grid-01#1': 'wait-silent' },
  },
]);
