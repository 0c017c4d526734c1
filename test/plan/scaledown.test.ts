import { because } from '../../src/model/reason.js';
import { minute, now } from '../given.js';
import { check, idle, lab, leavingIdle } from './table.js';

check('Scale-down', [
  {
    when: 'an idle machine is younger than the idle time',
    world: lab().machine('grid-01', 'ready', idle(minute)),
    decides: [],
    says: { 'machine:grid-01#1': 'keep-idle' },
  },
  { when: 'an idle machine is older than the idle time', world: lab().machine('grid-01', 'ready', idle(11 * minute)), decides: ['drain grid-01#1 drain-idle'] },
  {
    when: 'it is the minimum',
    world: lab({ min: 1 }).machine('grid-01', 'ready', idle(11 * minute)),
    decides: [],
    says: { 'machine:grid-01#1': 'keep-minimum' },
  },
  {
    when: 'it is the spare',
    world: lab({ spare: 1 }).machine('grid-01', 'ready', idle(11 * minute)),
    decides: [],
    says: { 'machine:grid-01#1': 'keeps-spare' },
  },
  { when: 'it is busy after all', world: lab().machine('grid-01', 'ready', { ...idle(11 * minute), jobs: ['1'] }), decides: [] },
  {
    when: 'it is held',
    world: lab().machine('grid-01', 'ready', idle(11 * minute, { held: { by: 'bob', why: 'x', at: 1 } })),
    decides: [],
    says: { 'machine:grid-01#1': 'keep-held' },
  },
  { when: 'its node is silent', world: lab().machine('grid-01', 'ready', { ...idle(11 * minute), nodeHeard: false }), decides: [] },
  { when: 'its host is silent', world: lab().machine('grid-01', 'ready', { ...idle(11 * minute), hostHeard: false }), decides: [] },
  {
    when: 'a job waits for it',
    world: lab()
      .machine('grid-01', 'ready', idle(11 * minute))
      .waits('grid'),
    decides: [],
  },
  {
    when: 'the waiting job does not fit it and it cannot grow',
    world: lab()
      .machine('grid-01', 'ready', idle(11 * minute, { maxSize: { cores: 1, memoryMiB: 1024 } }))
      .waits('grid', { slots: 4 }),
    decides: ['start grid-02 on post2 4/4096', 'drain grid-01#1 drain-idle'],
  },
  {
    when: 'too many stop at once',
    world: lab()
      .limit({ stopsAtOnce: 1 })
      .machine('grid-01', 'ready', idle(11 * minute))
      .machine('grid-02', 'ready', idle(12 * minute)),
    decides: ['drain grid-02#1 drain-idle'],
    says: { 'machine:grid-01#1': 'wait-budget' },
  },
  {
    when: 'too many stop on one host',
    world: lab()
      .limit({ stopsAtOncePerHost: 1 })
      .machine('grid-01', 'ready', idle(12 * minute))
      .machine('grid-02', 'ready', idle(11 * minute))
      .machine('grid-03', 'ready', { ...idle(11 * minute), host: 'post2' }),
    decides: ['drain grid-01#1 drain-idle', 'drain grid-03#1 drain-idle'],
  },
  {
    when: 'the clock jumped and nothing was read since',
    world: lab()
      .machine('grid-01', 'ready', idle(11 * minute))
      .extra({ clockJumpAt: now - 500 }),
    decides: [],
    says: { 'machine:grid-01#1': 'wait-clock' },
  },
  {
    when: 'the clock jumped and everything was read since',
    world: lab()
      .machine('grid-01', 'ready', idle(11 * minute))
      .extra({ clockJumpAt: now - 5000 }),
    decides: ['drain grid-01#1 drain-idle'],
  },
  {
    when: 'there are more machines than the maximum',
    world: lab({ max: 1 })
      .machine('grid-01', 'ready', idle(1, { wantedAt: 5 }))
      .machine('grid-02', 'ready', idle(1, { wantedAt: 6 })),
    decides: ['drain grid-02#1 drain-surplus'],
  },
  {
    when: 'all the surplus is busy',
    world: lab({ max: 1 })
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .machine('grid-02', 'ready', { jobs: ['2'] }),
    decides: [],
  },
  {
    when: 'the host is to be emptied',
    world: lab()
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .change({ table: 'cordons', key: 'post1', row: { host: 'post1', by: 'bob', why: 'dust', at: 1, drain: true } }),
    decides: ['drain grid-01#1 drain-cordoned'],
  },
  {
    when: 'the host is only cordoned',
    world: lab()
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .change({ table: 'cordons', key: 'post1', row: { host: 'post1', by: 'bob', why: 'dust', at: 1, drain: false } }),
    decides: [],
  },
  {
    when: 'demand returns while the idle machine drains',
    world: lab().machine('grid-01', 'draining', { leaving: leavingIdle }).waits('grid'),
    decides: ['keep grid-01#1 kept-again'],
  },
  {
    when: 'its guest was told to stop',
    world: lab()
      .machine('grid-01', 'draining', { leaving: leavingIdle, row: { shutdownAt: 5 } })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
  {
    when: 'its guest is not seen',
    world: lab().machine('grid-01', 'draining', { leaving: leavingIdle, guest: false }).waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
  {
    when: 'a person asked for the drain',
    world: lab()
      .machine('grid-01', 'draining', { leaving: because('drain-asked', { who: 'bob', why: 'x' }) })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
]);
