import { describe, expect, it } from 'vitest';
import { because } from '../../src/model/reason.js';
import { type Given, given, minute, now } from '../given.js';

/** One environment, two hosts of 4 cores and 8 GiB, six seats. */
const lab = (wish = {}): Given => given().env('grid', wish).host('post1').host('post2').seats('grid', 6);
const short = (g: Given): readonly string[] =>
  g
    .decide()
    .decisions.map((d) =>
      d.kind === 'start' ? `start ${d.seat} on ${d.host} ${d.size.cores}/${d.size.memoryMiB}` : `${d.kind} ${d.machine} ${d.reason.code}`,
    );

interface Case {
  readonly when: string;
  readonly world: Given;
  readonly decides: readonly string[];
  /** Subject -> code that must be among its reasons. */
  readonly says?: Readonly<Record<string, string>>;
}

const silentLeaving = because('drain-idle', { idleMs: 1 });
const idle = (forMs: number, extra = {}): { row: object } => ({ row: { idleSince: now - forMs, ...extra } });

const cases: readonly Case[] = [
  // demand and supply
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
  // sizing
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
        intent: { id: 'i', deed: { verb: 'cycle', source: 'torque', reason: silentLeaving }, life: 'l', openedAt: 1, deadlineAt: 2 },
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
  // placement
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
  // seats, limits, breakers
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
  // minimum and spare
  { when: 'a minimum is kept', world: lab({ min: 2 }), decides: ['start grid-01 on post1 1/1024', 'start grid-02 on post1 1/1024'] },
  { when: 'the minimum is there', world: lab({ min: 1 }).machine('grid-01', 'ready', { jobs: ['1'] }), decides: [] },
  { when: 'jobs use the minimum first', world: lab({ min: 1 }).waits('grid', { slots: 4 }), decides: ['start grid-01 on post1 4/4096'] },
  { when: 'a spare is kept beyond demand', world: lab({ spare: 1 }).machine('grid-01', 'ready').waits('grid'), decides: ['start grid-02 on post1 1/1024'] },
  { when: 'the spare is there', world: lab({ spare: 1 }).machine('grid-01', 'ready'), decides: [] },
  { when: 'the spare boots already', world: lab({ spare: 1 }).machine('grid-01', 'booting'), decides: [] },
  { when: 'a minimum is wanted while the batch server is silent', world: lab({ min: 1, spare: 1 }).batchSilent(), decides: [] },
  // scale-down
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
  // taking a drain back
  {
    when: 'demand returns while the idle machine drains',
    world: lab().machine('grid-01', 'draining', { leaving: silentLeaving }).waits('grid'),
    decides: ['keep grid-01#1 kept-again'],
  },
  {
    when: 'its guest was told to stop',
    world: lab()
      .machine('grid-01', 'draining', { leaving: silentLeaving, row: { shutdownAt: 5 } })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
  {
    when: 'its guest is not seen',
    world: lab().machine('grid-01', 'draining', { leaving: silentLeaving, guest: false }).waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
  {
    when: 'a person asked for the drain',
    world: lab()
      .machine('grid-01', 'draining', { leaving: because('drain-asked', { who: 'bob', why: 'x' }) })
      .waits('grid'),
    decides: ['start grid-02 on post1 1/1024'],
  },
];

describe('What is decided when', () => {
  it.each(cases)('$when', ({ world, decides, says = {} }) => {
    expect(short(world)).toEqual(decides);
    const outcome = world.decide();
    for (const [subject, code] of Object.entries(says)) expect(outcome.codes(subject)).toContain(code);
  });
});

describe('Every subject is explained in every case', () => {
  it.each(cases)('$when', ({ world }) => {
    const outcome = world.decide();
    for (const group of world.groups) expect(outcome.said(`group:${group.key}`)).not.toEqual([]);
    for (const name of Object.keys(world.policy.hosts)) expect(outcome.said(`host:${name}`)).not.toEqual([]);
    for (const name of Object.keys(world.policy.environments)) expect(outcome.said(`environment:${name}`)).not.toEqual([]);
    for (const [id, view] of world.machines) if (view.phase !== 'failed') expect(outcome.said(`machine:${id}`)).not.toEqual([]);
  });
});
