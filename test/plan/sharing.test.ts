import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { type Given, given, minute, now } from '../given.js';
import { check, idle } from './table.js';

/** Two environments on one host of four cores. */
const two = (grid = {}, bio = {}): Given => given().env('grid', grid).env('bio', bio).host('post1').seats('grid', 6).seats('bio', 6);
/** The host is full of `bio` machines, as wished. */
const full = (wish = {}, grid = {}, bio = {}): Given =>
  ['bio-01', 'bio-02', 'bio-03', 'bio-04'].reduce((g, seat) => g.machine(seat, 'ready', wish), two(grid, bio));
const shared = because('drain-share', { to: 'grid', job: '1', waitedMs: 1, from: 'bio' });

check('Sharing', [
  {
    when: 'no room is left and another environment has idle machines',
    world: full().waits('grid'),
    decides: ['drain bio-01#1 drain-share'],
    says: { 'group:grid-g0': 'wait-drain' },
  },
  {
    when: 'the longest idle one makes room',
    world: two()
      .machine('bio-01', 'ready', idle(1))
      .machine('bio-02', 'ready', idle(5))
      .machine('bio-03', 'ready', idle(3))
      .machine('bio-04', 'ready')
      .waits('grid'),
    decides: ['drain bio-02#1 drain-share'],
  },
  { when: 'all of them are busy', world: full({ jobs: ['1'] }).waits('grid'), decides: [], says: { 'group:grid-g0': 'wait-room' } },
  { when: 'they are held', world: full({ row: { held: { by: 'bob', why: 'x', at: 1 } } }).waits('grid'), decides: [], says: { 'group:grid-g0': 'wait-room' } },
  { when: 'they are silent', world: full({ nodeHeard: false }).waits('grid'), decides: [], says: { 'group:grid-g0': 'wait-room' } },
  { when: 'they are the minimum', world: full({}, {}, { min: 4 }).waits('grid'), decides: [], says: { 'group:grid-g0': 'wait-room' } },
  { when: 'only some are the minimum', world: full({}, {}, { min: 2 }).waits('grid', { slots: 3 }), decides: [], says: { 'group:grid-g0': 'wait-room' } },
  {
    when: 'older jobs of their own count on them',
    world: full()
      .waits('bio', { count: 4, waitedMs: 9 * minute })
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g1': 'wait-room' },
  },
  {
    when: 'younger jobs of their own count on them',
    world: full()
      .waits('bio', { count: 4, waitedMs: minute })
      .waits('grid', { waitedMs: 7 * minute }),
    decides: ['drain bio-01#1 drain-share'],
  },
  {
    when: 'jobs of their own count on them that are younger by less than a handover takes',
    world: full()
      .waits('bio', { count: 4, waitedMs: 2 * minute })
      .waits('grid', { waitedMs: 7 * minute }),
    decides: [],
    says: { 'group:grid-g1': 'wait-room' },
  },
  {
    when: 'younger jobs count on them, but their guaranteed share is theirs',
    world: full({}, {}, { share: 1 })
      .waits('bio', { count: 4, waitedMs: minute })
      .waits('grid', { waitedMs: 7 * minute }),
    decides: [],
  },
  {
    when: 'a wide job wants the room of several',
    world: full().waits('grid', { slots: 3 }),
    decides: ['drain bio-01#1 drain-share', 'drain bio-02#1 drain-share', 'drain bio-03#1 drain-share'],
  },
  {
    when: 'several jobs want room',
    world: full().waits('grid', { count: 2 }),
    decides: ['drain bio-01#1 drain-share', 'drain bio-02#1 drain-share'],
  },
  {
    when: 'several jobs want room, but they may have one machine only',
    world: full({}, { max: 1 }).waits('grid', { count: 2 }),
    decides: ['drain bio-01#1 drain-share'],
  },
  {
    when: 'too many would stop at once',
    world: full().limit({ stopsAtOnce: 1 }).waits('grid', { slots: 2 }),
    decides: [],
    says: { 'group:grid-g0': 'wait-budget' },
  },
  { when: 'the clock jumped', world: full().extra({ clockJumpAt: now }).waits('grid'), decides: [], says: { 'group:grid-g0': 'wait-clock' } },
  {
    when: 'room is being made already',
    world: two()
      .machine('bio-01', 'draining', { leaving: shared })
      .machine('bio-02', 'ready')
      .machine('bio-03', 'ready')
      .machine('bio-04', 'ready')
      .waits('grid'),
    decides: [],
    says: { 'group:grid-g0': 'wait-drain' },
  },
  {
    when: 'the one that makes room is wanted again by younger jobs',
    world: full({ leaving: undefined })
      .machine('bio-01', 'draining', { leaving: shared })
      .waits('grid', { waitedMs: 2 * minute })
      .waits('bio', { slots: 1, count: 4 }),
    decides: [],
    says: { 'group:grid-g0': 'wait-drain', 'group:bio-g1': 'wait-room' },
  },
  {
    when: 'the one that makes room is wanted again, and nobody else waits any more',
    world: two().machine('bio-01', 'draining', { leaving: shared }).waits('bio'),
    decides: ['keep bio-01#1 kept-again'],
  },
  {
    when: 'the last room goes to who waits longer',
    world: two()
      .waits('grid', { slots: 4, waitedMs: minute })
      .waits('bio', { slots: 4, waitedMs: 2 * minute }),
    decides: ['start bio-01 on post1 4/4096'],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'waiting counts more where the priority is larger',
    world: two({ priority: 3 })
      .waits('grid', { slots: 4, waitedMs: minute })
      .waits('bio', { slots: 4, waitedMs: 2 * minute }),
    decides: ['start grid-01 on post1 4/4096'],
  },
  {
    when: 'a guaranteed share comes first',
    world: two({ share: 0.5 })
      .waits('grid', { count: 4, waitedMs: minute })
      .waits('bio', { count: 4, waitedMs: 2 * minute }),
    decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post1 1/1024', 'start bio-01 on post1 1/1024', 'start bio-02 on post1 1/1024'],
  },
  {
    when: 'a minimum comes before older jobs of others',
    world: two({ min: 1 }).waits('bio', { count: 4, waitedMs: 2 * minute }),
    decides: ['start grid-01 on post1 1/1024', 'start bio-01 on post1 1/1024', 'start bio-02 on post1 1/1024', 'start bio-03 on post1 1/1024'],
  },
  {
    when: 'younger jobs fit where an older one does not',
    world: two()
      .machine('bio-01', 'ready', { jobs: ['1'] })
      .waits('grid', { slots: 4, waitedMs: 4 * minute })
      .waits('bio'),
    decides: ['start bio-02 on post1 1/1024'],
    says: { 'group:grid-g0': 'wait-room' },
  },
  {
    when: 'an older one does not fit and has waited longer than a handover costs: no younger one takes what is left',
    world: two()
      .machine('bio-01', 'ready', { jobs: ['1'] })
      .waits('grid', { slots: 4, waitedMs: 30 * minute })
      .waits('bio'),
    decides: [],
    says: { 'group:grid-g0': 'wait-handover' },
  },
]);

describe('A drain for another environment', () => {
  it('names who waits, for how long, and who gives', () => {
    const outcome = full()
      .waits('grid', { job: '7', waitedMs: 3 * minute })
      .decide();
    expect(outcome.said('machine:bio-01#1')).toEqual(['environment grid waits longer (job 7, 3 min): an idle machine of bio makes room']);
  });

  it('is decided once: the next look at the drained world asks for no more', () => {
    const world = full().waits('grid');
    expect(world.apply(world.decide()).decide().decisions).toEqual([]);
  });
});
