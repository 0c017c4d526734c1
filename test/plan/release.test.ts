import { describe, expect, it } from 'vitest';
import type { Deed } from '../../src/model/action.js';
import type { Job } from '../../src/model/job.js';
import { because, sentence } from '../../src/model/reason.js';
import type { Change } from '../../src/model/rows.js';
import type { SchedulerHold, SchedulerSnapshot } from '../../src/model/scheduler.js';
import type { World } from '../../src/model/world.js';
import { nextDue } from '../../src/plan/due.js';
import { plan } from '../../src/plan/plan.js';
import { type Given, given, minute, now } from '../given.js';
import { givenJob } from '../given-records.js';

const snapshot: SchedulerSnapshot = { order: [], held: new Map(), settings: {} };

/** A lab with a ready machine of two free slots, and single-slot jobs that the scheduler has put aside. */
function lab(count = 1): { readonly built: Given; readonly jobs: readonly Job[] } {
  const built = given().env('grid').host('post1').seats('grid', 2);
  built.machine('grid-01', 'ready', { size: { cores: 2, memoryMiB: 2048 } });
  return { built, jobs: Array.from({ length: count }, (_, at) => givenJob(`${at + 1}.srv`)) };
}

interface Wish {
  readonly jobs: readonly Job[];
  /** Jobs that the batch server shows; default the same. */
  readonly listed?: readonly Job[];
  readonly silent?: 'scheduler' | 'batch';
  readonly snapshot?: Partial<SchedulerSnapshot>;
  readonly none?: boolean;
}

function worldOf(built: Given, { jobs, listed = jobs, silent, snapshot: more, none = false }: Wish, at = now): World {
  const world = built.world(at);
  const source = world.sources.get('torque');
  if (source === undefined) throw new Error('no source');
  const heard = { askedAt: at - 1000, answeredAt: at, revision: 1, value: { ...snapshot, ...more } };
  const quiet = { silentSince: at - minute, cause: 'gone' };
  const view = {
    ...source,
    reading: silent === 'batch' ? { ...source.reading, ...quiet } : source.reading,
    deferred: jobs,
    ...(none ? {} : { scheduler: silent === 'scheduler' ? { ...heard, ...quiet } : heard }),
  };
  const keyed = listed.map((job) => [`torque/${job.id}`, job] as const);
  return { ...world, sources: new Map([['torque', view]]), jobs: new Map(keyed), verdicts: new Map(keyed.map(([key]) => [key, { environment: 'grid' }])) };
}

const isRelease = (deed: Deed): deed is Extract<Deed, { verb: 'release-job' }> => deed.verb === 'release-job';
const planned = (built: Given, wish: Wish, at = now) => plan(worldOf(built, wish, at), built.policy, at);
const released = (built: Given, wish: Wish, at = now): readonly string[] =>
  planned(built, wish, at)
    .deeds.filter(isRelease)
    .map((deed) => deed.job);
const remembered = (changes: readonly Change[]): readonly Change[] => changes.filter((change) => change.table === 'releases');
const row = (job: string, at: number, pauseMs: number): Change => ({ table: 'releases', key: `torque/${job}`, row: { source: 'torque', job, at, pauseMs } });

describe('a job that the scheduler has put aside', () => {
  it('is released when a ready machine has free slots for it, and that is remembered', () => {
    const { built, jobs } = lab();
    const { deeds, changes } = planned(built, { jobs });
    const [deed] = deeds.filter(isRelease);
    expect(deed).toMatchObject({ verb: 'release-job', source: 'torque', job: '1.srv' });
    expect(deed && sentence(deed.reason)).toBe('has the scheduler of torque consider job 1.srv again: grid-01 has free slots for it');
    expect(remembered(changes)).toEqual([row('1.srv', now, minute)]);
  });

  it('waits for as many free slots as there are: the oldest first', () => {
    const { built, jobs } = lab(5);
    expect(released(built, { jobs })).toEqual(['1.srv', '2.srv']);
  });

  it('is released ten at a time, those under way counted', () => {
    const { built, jobs } = lab(30);
    built.foreignNode('static1', 64);
    expect(released(built, { jobs })).toHaveLength(10);
    const reason = because('step-release', {});
    for (let at = 0; at < 4; at++) {
      const deed: Deed = { verb: 'release-job', source: 'torque', job: `x${at}.srv`, reason };
      built.change({ table: 'intents', key: `i${at}`, row: { id: `i${at}`, deed, life: 'life', openedAt: now, deadlineAt: now + minute } });
    }
    expect(released(built, { jobs })).toHaveLength(6);
  });

  it('is released again only after a pause, which doubles up to an hour', () => {
    const { built, jobs } = lab();
    built.change(row('1.srv', now - 59_000, minute));
    expect(released(built, { jobs })).toEqual([]);
    expect(nextDue(worldOf(built, { jobs }), built.policy, now)).toBe(now + 1_000);
    expect(remembered(planned(built, { jobs }, now + 1_000).changes)).toEqual([row('1.srv', now + 1_000, 2 * minute)]);
    built.change(row('1.srv', now - 61 * minute, 60 * minute));
    expect(remembered(planned(built, { jobs }).changes)).toEqual([row('1.srv', now, 60 * minute)]);
  });

  it('that was just released keeps its slots: the next one is not promised the same', () => {
    const { built, jobs } = lab(3);
    built.change(row('1.srv', now - 1_000, minute), row('2.srv', now - 1_000, minute));
    expect(released(built, { jobs })).toEqual([]);
  });

  it('of two nodes waits for both', () => {
    const { built } = lab();
    const wide = givenJob('1.srv', { request: { chunks: [{ count: 2, ppn: 1, properties: [] }], unsupported: [] } });
    expect(released(built, { jobs: [wide] })).toEqual([]);
    expect(released(built, { jobs: [wide, givenJob('2.srv'), givenJob('3.srv')] })).toEqual(['2.srv', '3.srv']);
    built.machine('grid-02', 'ready');
    expect(released(built, { jobs: [wide] })).toEqual(['1.srv']);
  });

  it.each<[string, Wish]>([
    ['the scheduler is silent', { jobs: lab().jobs, silent: 'scheduler' }],
    ['the batch server is silent', { jobs: lab().jobs, silent: 'batch' }],
    ['no scheduler is asked', { jobs: lab().jobs, none: true }],
  ])('is left alone while %s', (_, wish) => {
    expect(released(lab().built, wish)).toEqual([]);
  });

  it('is left alone in watch mode, while frozen, and while the scheduler refuses us', () => {
    const { jobs } = lab();
    expect(released(lab().built.with({ mode: 'watch' }), { jobs })).toEqual([]);
    expect(released(lab().built.change({ table: 'freeze', key: 'freeze', row: { by: 'bob', why: 'x', at: now } }), { jobs })).toEqual([]);
    const breaker = { subject: 'scheduler:torque', failures: 1, lastAt: now, openUntil: now + 1, why: 'denied' };
    expect(released(lab().built.change({ table: 'breakers', key: 'scheduler:torque', row: breaker }), { jobs })).toEqual([]);
  });

  it('is left alone while the machine boots, leaves, or is full', () => {
    const { jobs } = lab();
    const one = (): Given => given().env('grid').host('post1').seats('grid', 1);
    expect(released(one().machine('grid-01', 'booting'), { jobs })).toEqual([]);
    expect(released(one().machine('grid-01', 'ready', { leaving: because('drain-idle', { idleMs: 1 }) }), { jobs })).toEqual([]);
    expect(released(one().machine('grid-01', 'ready', { jobs: ['9'] }), { jobs })).toEqual([]);
  });

  it('is forgotten once it no longer waits, but not on the word of a silent server', () => {
    const { built, jobs } = lab();
    built.change(row('1.srv', now - 1_000, minute), row('2.srv', now - 1_000, minute));
    expect(remembered(planned(built, { jobs }).changes)).toEqual([{ table: 'releases', key: 'torque/2.srv', row: null }]);
    expect(remembered(planned(built, { jobs, silent: 'batch' }).changes)).toEqual([]);
  });
});

describe('after a release', () => {
  const cycles = (built: Given, wish: Wish): readonly Deed[] => planned(built, wish).deeds.filter((deed) => deed.verb === 'cycle');
  const asked: Change = { table: 'cycles', key: 'torque', row: { source: 'torque', lastAt: now - 20_000, pauseMs: 600_000 } };

  it('one scheduling cycle is asked for, however long the pause has become', () => {
    const { built, jobs } = lab();
    expect(cycles(built.change(asked), { jobs })).toEqual([]);
    expect(cycles(built.change(row('1.srv', now - 1_000, minute)), { jobs })).toHaveLength(1);
  });

  it('not before the scheduler has answered', () => {
    const { built, jobs } = lab();
    const deed: Deed = { verb: 'release-job', source: 'torque', job: '1.srv', reason: because('step-release', {}) };
    built.change(asked, row('1.srv', now - 1_000, minute));
    built.change({ table: 'intents', key: 'i', row: { id: 'i', deed, life: 'life', openedAt: now, deadlineAt: now + minute } });
    expect(cycles(built, { jobs })).toEqual([]);
  });
});

describe('what stands out of the scheduler’s word', () => {
  const held = new Map<string, SchedulerHold>([
    ['4', { state: 'deferred' }],
    ['5', { state: 'batch-hold' }],
    ['6', { state: 'batch-hold' }],
  ]);
  const codes = (wish: Wish): readonly string[] => (planned(lab().built, wish).reasons.get('source:torque') ?? []).map((reason) => reason.code);

  it('is said of its source: jobs held for good, and that it defers', () => {
    expect(codes({ jobs: [], snapshot: { held, deferMs: 3_600_000 } })).toEqual(['scheduler-holds', 'scheduler-defers']);
    expect(codes({ jobs: [], snapshot: { deferMs: 0 } })).toEqual([]);
  });

  it('stands while it is silent, and that is said', () => {
    expect(codes({ jobs: [], silent: 'scheduler', snapshot: { held } })).toEqual(['scheduler-silent', 'scheduler-holds']);
  });
});
