import { describe, expect, it } from 'vitest';
import type { BatchSnapshot } from '../../src/model/batch.js';
import type { Job } from '../../src/model/job.js';
import type { SchedulerHold, SchedulerSnapshot } from '../../src/model/scheduler.js';
import { readJobs } from '../../src/observe/groups.js';
import { settleScheduler } from '../../src/observe/intake.js';
import { givenJob } from '../given-records.js';

const server = { name: 's', version: '4.2.10', scheduling: true, iterationMs: 1, autoNodeNp: false };
const batch = (jobs: readonly Job[]): BatchSnapshot => ({ jobs, nodes: [], queues: [], server, warnings: [] });
const says = (held: Readonly<Record<string, SchedulerHold>>): SchedulerSnapshot => ({ order: ['1'], held: new Map(Object.entries(held)), settings: {} });
const classify = () => ({ environment: 'grid' });

describe('jobs and what the scheduler holds', () => {
  const jobs = ['1.srv', '2.srv', '3[7].srv', '4.srv', '5.srv'].map((id, at) => givenJob(id, { eligibleAt: 1_000 - at }));
  const word = says({
    '2': { state: 'batch-hold' },
    '3[7]': { state: 'deferred' },
    '4': { state: 'deferred' },
    '5': { state: 'blocked' },
    '99': { state: 'deferred' },
  });

  it('those held for good are in no group; all others stay demand, whatever the order says', () => {
    const { groups, jobs: all } = readJobs(undefined, batch(jobs), classify, word);
    expect(groups.map((group) => [group.count, group.sample])).toEqual([[4, ['5.srv', '4.srv', '3[7].srv']]]);
    expect(all.size).toBe(5);
  });

  it('those put aside are listed, oldest first', () => {
    expect(readJobs(undefined, batch(jobs), classify, word).deferred.map((job) => job.id)).toEqual(['4.srv', '3[7].srv']);
  });

  it('only eligible jobs of an environment are put aside or in a group', () => {
    const running = jobs.map((job) => ({ ...job, state: 'running' as const }));
    expect(readJobs(undefined, batch(running), classify, word).deferred).toEqual([]);
    const unserved = readJobs(undefined, batch(jobs), () => ({ unserved: { code: 'unserved-none', args: {}, refs: [] } }), word);
    expect(unserved.deferred).toEqual([]);
  });

  it('without a scheduler everything is as it was', () => {
    const { groups, deferred } = readJobs(undefined, batch(jobs), classify);
    expect([groups[0]?.count, deferred]).toEqual([5, []]);
  });

  it('are read anew when it holds others, and only then', () => {
    const snapshot = batch(jobs);
    const first = readJobs(undefined, snapshot, classify, word);
    expect(readJobs(first, snapshot, classify, { ...word, order: ['5'] })).toBe(first);
    const next = readJobs(first, snapshot, classify, says({}));
    expect(next.groups[0]?.count).toBe(5);
    expect(readJobs(next, snapshot, classify, undefined).groups[0]?.count).toBe(5);
  });
});

describe('a scheduler’s answer beside the one before', () => {
  it('is the one before when it says the same', () => {
    const before = says({ '2': { state: 'deferred', why: 'x' } });
    expect(settleScheduler(before, says({ '2': { state: 'deferred', why: 'x' } }))).toBe(before);
    expect(settleScheduler(undefined, before)).toBe(before);
  });

  it('keeps what it holds when only the order changed', () => {
    const before = says({ '2': { state: 'deferred' } });
    const next = settleScheduler(before, { ...says({ '2': { state: 'deferred' } }), order: ['7'] });
    expect(next.order).toEqual(['7']);
    expect(next.held).toBe(before.held);
  });

  it.each<[string, SchedulerSnapshot]>([
    ['another state', says({ '2': { state: 'batch-hold' } })],
    ['another job', says({ '3': { state: 'deferred' } })],
    ['one job less', says({})],
  ])('is new with %s', (_, next) => {
    const before = says({ '2': { state: 'deferred' } });
    expect(settleScheduler(before, next).held).toBe(next.held);
  });
});
