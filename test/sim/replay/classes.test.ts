import { describe, expect, it } from 'vitest';
import { type Making, workloadOf } from '../../../src/sim/replay/classes.js';
import type { Log, LoggedJob } from '../../../src/sim/replay/logged.js';
import { longestShakeMs, shaken } from '../../../src/sim/replay/shake.js';

const hour = 3_600_000;
const job = (differences: Partial<LoggedJob>): LoggedJob => ({
  id: '1',
  queue: 'grid',
  group: 'cms',
  account: '',
  user: 'anna',
  name: 'STDIN',
  submitAt: 0,
  runMs: hour,
  walltimeMs: 2 * hour,
  slots: 1,
  nodes: 1,
  ppn: 1,
  memoryMiB: 0,
  properties: [],
  array: false,
  ...differences,
});
const logOf = (...jobs: readonly LoggedJob[]): Log => ({
  name: 'site',
  format: 'torque',
  jobs,
  dropped: {},
  bad: { count: 0, first: [] },
  header: {},
  site: {},
});
const make = (log: Log, making: Partial<Making> = {}) => workloadOf(log, { by: 'queue', widest: 32, ...making });
const classesOf = (log: Log, making: Partial<Making> = {}): readonly string[] => make(log, making).jobs.map((each) => each.class);

describe('classes of a workload', () => {
  const log = logOf(
    job({ id: '1', queue: 'grid', group: 'cms', user: 'anna', account: 'a' }),
    job({ id: '2', queue: 'grid', group: 'atlas', user: 'bob', account: 'b', slots: 8 }),
    job({ id: '3', queue: 'theory', group: 'cms', user: 'anna', account: 'b', submitAt: 5 }),
  );
  it.each([
    ['queue', ['grid', 'grid', 'theory']],
    ['group', ['cms', 'atlas', 'cms']],
    ['account', ['a', 'b', 'b']],
    ['user', ['anna', 'bob', 'anna']],
    ['queue + "-" + group', ['grid-cms', 'grid-atlas', 'theory-cms']],
    ['slots > 4 ? "wide" : "narrow"', ['narrow', 'wide', 'narrow']],
  ])('by %s', (by, classes) => {
    expect(classesOf(log, { by })).toEqual(classes);
  });

  it('are those that are named, and other', () => {
    expect(classesOf(log, { by: 'group', classes: ['cms'] })).toEqual(['cms', 'other', 'cms']);
  });

  it('come in the order of their work', () => {
    expect(make(log, { by: 'group' }).classes).toEqual(['atlas', 'cms']);
  });

  it('that nobody names are the eight largest, and no crumbs', () => {
    const many = logOf(
      ...Array.from({ length: 30 }, (_, at) => job({ id: String(at), user: `u${at}`, runMs: at < 7 ? hour * 10 : hour })),
      job({ id: 'x', user: 'crumb', runMs: 1000 }),
    );
    const { classes, jobs } = make(many, { by: 'user' });
    expect(classes).toHaveLength(8);
    expect(classes).toContain('other');
    expect(jobs.find((each) => each.owner === 'crumb')?.class).toBe('other');
  });

  it('are shown without what a terminal would obey', () => {
    expect(classesOf(logOf(job({ queue: 'a\u001b[2J b:c' })))).toEqual(['a_[2J_b_c']);
    expect(classesOf(logOf(job({ queue: '' })))).toEqual(['none']);
  });

  it.each([
    [{ classes: ['nobody'] }, /--classes nobody: no job is of this; there are grid, theory/],
    [{ by: 'qeue' }, /--classes-by qeue is neither queue, group, account, user nor an expression that gives text/],
    [{ by: 'slots' }, /it gives int, not text/],
    [{ by: 'properties[0]' }, /--classes-by properties\[0\] fails on job 1: /],
  ])('%o is refused', (making, sentence) => {
    expect(() => make(log, making)).toThrow(sentence);
  });
});

describe('a workload', () => {
  it('is in the order of submission', () => {
    const { jobs, startAt, endAt } = make(logOf(job({ id: '2', submitAt: 9 }), job({ id: '1', submitAt: 3 })));
    expect(jobs.map((each) => [each.number, each.id])).toEqual([
      [0, '1'],
      [1, '2'],
    ]);
    expect([startAt, endAt]).toEqual([3, 9]);
  });

  it('folds jobs that are too wide: as much work, no wider than the limit', () => {
    const { jobs, folded } = make(logOf(job({ slots: 128 }), job({ slots: 32 }), job({ slots: 33, runMs: 32_000, walltimeMs: 64_000 })));
    expect(folded).toBe(2);
    expect(jobs.map((each) => [each.slots, each.runMs, each.walltimeMs])).toEqual([
      [32, 4 * hour, 8 * hour],
      [32, hour, 2 * hour],
      [32, 33_000, 66_000],
    ]);
  });

  it("gives a job without a walltime its queue's longest, or the longest of all, and none below a minute", () => {
    const { jobs } = make(
      logOf(
        job({ queue: 'a', walltimeMs: 0 }),
        job({ queue: 'a', walltimeMs: 5 * hour }),
        job({ queue: 'b', walltimeMs: 0 }),
        job({ queue: 'c', walltimeMs: 9 * hour }),
        job({ queue: 'c', walltimeMs: 1000 }),
      ),
    );
    expect(jobs.map((each) => each.walltimeMs)).toEqual([5 * hour, 5 * hour, 9 * hour, 9 * hour, 60_000]);
  });

  it('may be cut to the first jobs or days', () => {
    const week = logOf(...Array.from({ length: 14 }, (_, at) => job({ id: String(at), submitAt: at * 12 * hour })));
    expect(make(week, { jobs: 5 }).jobs).toHaveLength(5);
    expect(make(week, { days: 2 }).jobs).toHaveLength(4);
  });
});

describe('shaking', () => {
  const workload = make(logOf(...Array.from({ length: 200 }, (_, at) => job({ id: String(at), submitAt: at * 60_000 }))));
  it('moves every submission by up to ten minutes, the same way for the same seed', () => {
    const one = shaken(workload, 1);
    expect(shaken(workload, 1)).toEqual(one);
    expect(shaken(workload, 2)).not.toEqual(one);
    const before = new Map(workload.jobs.map((each) => [each.id, each.submitAt]));
    const moved = one.jobs.map((each) => each.submitAt - (before.get(each.id) ?? Number.NaN));
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...moved)).toBeLessThanOrEqual(longestShakeMs);
    expect(Math.max(...moved) - Math.min(...moved)).toBeGreaterThan(longestShakeMs * 0.9);
  });
  it('leaves the order of submission and its numbers true', () => {
    const { jobs, startAt, endAt } = shaken(workload, 3);
    expect(jobs.map((each) => each.number)).toEqual(jobs.map((_, at) => at));
    expect(jobs.every((each, at) => at === 0 || (jobs[at - 1]?.submitAt ?? 0) <= each.submitAt)).toBe(true);
    expect([startAt, endAt]).toEqual([jobs[0]?.submitAt, jobs.at(-1)?.submitAt]);
  });
});
