import { given, minute } from '../given.js';
import { check, lab, leavingIdle } from './table.js';

check('Sizing', [
  { when: 'a four-slot job waits', world: lab().waits('grid', { slots: 4 }), decides: ['start grid-01 on post1 4/4096'] },
  {
    when: 'more slots wait than the maximum of machines gives when small',
    world: lab({ max: 2 }).waits('grid', { count: 6 }),
    decides: ['start grid-01 on post1 3/3072', 'start grid-02 on post2 3/3072'],
  },
  {
    when: 'more slots wait than seats and hosts could ever give',
    world: lab({ max: 2 }).waits('grid', { count: 60 }),
    decides: ['start grid-01 on post1 4/4096', 'start grid-02 on post2 4/4096'],
    says: { 'group:grid-g0': 'wait-max' },
  },
  { when: 'sizes go in steps', world: lab({ cores: { min: 2, max: 8, step: 2 } }).waits('grid', { slots: 3 }), decides: ['start grid-01 on post1 4/3072'] },
  { when: 'memory decides the size', world: lab().waits('grid', { slots: 2, perSlotMiB: 3000 }), decides: ['start grid-01 on post1 2/6144'] },
  { when: 'no machine could be that large', world: lab().waits('grid', { slots: 9 }), decides: [], says: { 'group:grid-g0': 'unserved-wide' } },
  {
    when: 'an idle machine is too small and its host has room',
    world: lab().machine('grid-01', 'ready').waits('grid', { slots: 4 }),
    decides: ['resize grid-01#1 resize-for-job'],
  },
  {
    when: 'the idle machine is held',
    world: lab()
      .machine('grid-01', 'ready', { row: { held: { by: 'bob', why: 'debug', at: 1 } } })
      .waits('grid', { slots: 4 }),
    decides: ['start grid-02 on post2 4/4096'],
    says: { 'machine:grid-01#1': 'keep-held' },
  },
  {
    when: 'the idle machine was made with a smaller maximum',
    world: lab()
      .machine('grid-01', 'ready', { row: { maxSize: { cores: 2, memoryMiB: 2048 } } })
      .waits('grid', { slots: 4 }),
    decides: ['start grid-02 on post2 4/4096'],
  },
  {
    when: 'the idle machine has a deed under way',
    world: lab()
      .machine('grid-01', 'ready', {
        intent: { id: 'i', deed: { verb: 'cycle', source: 'torque', reason: leavingIdle }, life: 'l', openedAt: 1, deadlineAt: 2 },
      })
      .waits('grid', { slots: 4 }),
    decides: ['start grid-02 on post2 4/4096'],
  },
  {
    when: 'an idle machine is too small, cannot grow, and the maximum is reached',
    world: lab({ max: 1 })
      .machine('grid-01', 'ready', { row: { maxSize: { cores: 1, memoryMiB: 1024 } } })
      .waits('grid', { slots: 4 }),
    decides: ['drain grid-01#1 drain-replace'],
    says: { 'group:grid-g0': 'wait-drain' },
  },
  {
    when: 'a younger narrow job counts on the idle machine that an older wide one could have',
    world: lab()
      .machine('grid-01', 'ready')
      .waits('grid', { slots: 4, waitedMs: 9 * minute })
      .waits('grid'),
    decides: ['resize grid-01#1 resize-for-job'],
  },
  {
    when: 'an older narrow job counts on the idle machine',
    world: lab()
      .machine('grid-01', 'ready')
      .waits('grid', { slots: 4 })
      .waits('grid', { waitedMs: 9 * minute }),
    decides: ['start grid-02 on post2 4/4096'],
  },
  {
    when: 'a wide job finds its host full of small idle machines of its own environment',
    world: given()
      .env('grid')
      .host('post1')
      .seats('grid', 4)
      .machine('grid-01', 'ready', { row: { maxSize: { cores: 1, memoryMiB: 1024 } } })
      .machine('grid-02', 'ready', { row: { maxSize: { cores: 1, memoryMiB: 1024 } } })
      .waits('grid', { slots: 4, waitedMs: 9 * minute })
      .waits('grid'),
    decides: ['drain grid-02#1 drain-replace', 'drain grid-01#1 drain-replace'],
    says: { 'group:grid-g0': 'wait-drain' },
  },
]);
