import { because } from '../../src/model/reason.js';
import { given } from '../given.js';
import { check, lab } from './table.js';

check('Placement', [
  {
    when: 'a fuller host fits',
    world: lab()
      .machine('grid-01', 'ready', { host: 'post2', jobs: ['1'] })
      .waits('grid'),
    decides: ['start grid-02 on post2 1/1024'],
  },
  {
    when: 'a host is cordoned',
    world: lab()
      .change({ table: 'cordons', key: 'post1', row: { host: 'post1', by: 'bob', why: 'dust', at: 1, drain: false } })
      .waits('grid'),
    decides: ['start grid-01 on post2 1/1024'],
    says: { 'host:post1': 'host-cordoned' },
  },
  {
    when: 'the host in use is blocked',
    world: given()
      .env('grid')
      .host('post1', { blocked: because('host-store-hung') })
      .seats('grid', 1)
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room', 'host:post1': 'host-store-hung' },
  },
  {
    when: 'no host sees the image',
    world: given()
      .env('grid')
      .host('post1', { images: ['sl6'] })
      .seats('grid', 1)
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-image' },
  },
  {
    when: 'only other pools have room',
    world: given().env('grid').host('post1', { pool: 'rack' }).seats('grid', 1).waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'the host cannot boot the guest type',
    world: given()
      .env('grid')
      .host('post1', { snapshot: { capabilities: ['pv'] } })
      .seats('grid', 1)
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'the store has no space',
    world: given()
      .env('grid')
      .host('post1', { snapshot: { storeFreeMiB: 10 } })
      .seats('grid', 1)
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'the overhead of a guest does not fit',
    world: given()
      .with({ guestOverheadMiB: 64 })
      .env('grid', { memoryMiB: { min: 8192, max: 8192, step: 1024 } })
      .host('post1')
      .seats('grid', 1)
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
]);

check('Scratch space on the hosts themselves', [
  {
    when: 'one host has enough of it',
    world: given()
      .env('grid', { scratch: { on: 'host', sizeMiB: 100 }, swapMiB: 20 })
      .host('post1', { snapshot: { scratchFreeMiB: 119 } })
      .host('post2', { snapshot: { scratchFreeMiB: 120 } })
      .host('post3')
      .seats('grid', 6)
      .waits('grid'),
    decides: ['start grid-01 on post2 1/1024'],
  },
  {
    when: 'a machine on its way will take it',
    world: given()
      .env('grid', { swapMiB: 70 })
      .host('post1', { snapshot: { scratchFreeMiB: 100 } })
      .seats('grid', 6)
      .machine('grid-01', 'preparing', { row: { size: { cores: 1, memoryMiB: 1024 } } })
      .waits('grid', { count: 2 }),
    decides: [],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'it is a part of their own memory',
    world: given()
      .env('grid', { scratch: { on: 'memory', sizeMiB: 100 } })
      .host('post1')
      .seats('grid', 6)
      .waits('grid'),
    decides: ['start grid-01 on post1 1/1024'],
  },
]);
