import { because } from '../../src/model/reason.js';
import { given, minute, now } from '../given.js';
import { check, lab } from './table.js';

check('Seats, limits and breakers', [
  {
    when: 'all seats are taken',
    world: given()
      .env('grid')
      .host('post1')
      .seats('grid', 1)
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-seats' },
  },
  {
    when: 'the only seat is offline by a person',
    world: given()
      .env('grid')
      .host('post1')
      .seats('grid', 1, { blocked: because('wait-seat-person', { seat: 'grid-01', note: 'x' }) })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-seat-person' },
  },
  {
    when: 'the only seat is for feasibility',
    world: given().env('grid').host('post1').seats('grid', 1, { feasibility: true }).waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-seats' },
  },
  {
    when: 'only the second seat has the property',
    world: given()
      .env('grid')
      .host('post1')
      .seats('grid', 1)
      .seats('grid', 1, { properties: ['grid', 'fast'] })
      .waits('grid', { properties: ['fast'] }),
    decides: ['start grid-02 on post1 1/1024'],
  },
  {
    when: 'the environment has its maximum',
    world: lab({ max: 1 })
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-max' },
  },
  {
    when: 'too many start at once',
    world: lab().limit({ startsAtOnce: 2 }).machine('grid-01', 'booting', { jobs: [] }).waits('grid', { count: 4 }),
    decides: ['start grid-02 on post1 1/1024'],
    says: { 'group:grid-g0': 'wait-budget' },
  },
  {
    when: 'too many start on one host',
    world: lab().limit({ startsAtOncePerHost: 1 }).waits('grid', { count: 3 }),
    decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post2 1/1024'],
    says: { 'group:grid-g0': 'wait-budget' },
  },
  {
    when: 'too many machines in all',
    world: lab()
      .limit({ machines: 1 })
      .machine('grid-01', 'ready', { jobs: ['1'] })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-budget' },
  },
  {
    when: 'too many starts within the hour',
    world: lab()
      .limit({ startsPerHour: 3 })
      .change({ table: 'starts', key: 'grid', row: [now - 61 * minute, now - 2, now - 1] })
      .waits('grid', { count: 3 }),
    decides: ['start grid-01 on post1 1/1024'],
    says: { 'group:grid-g0': 'wait-rate' },
  },
  {
    when: 'the breaker of the environment is open',
    world: lab()
      .change({ table: 'breakers', key: 'environment:grid', row: { subject: 'environment:grid', failures: 3, lastAt: 1, openUntil: now + 1, why: 'x' } })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-breaker', 'environment:grid': 'jobs-wait' },
  },
  {
    when: 'the breaker of a host is open',
    world: lab()
      .change({ table: 'breakers', key: 'host:post1', row: { subject: 'host:post1', failures: 3, lastAt: 1, openUntil: now + 1, why: 'x' } })
      .waits('grid'),
    decides: ['start grid-01 on post2 1/1024'],
    says: { 'host:post1': 'wait-breaker' },
  },
  {
    when: 'a breaker has closed',
    world: lab()
      .change({ table: 'breakers', key: 'host:post1', row: { subject: 'host:post1', failures: 3, lastAt: 1, openUntil: now, why: 'x' } })
      .waits('grid'),
    decides: ['start grid-01 on post1 1/1024'],
  },
]);
