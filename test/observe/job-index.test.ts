import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/model/job.js';
import { atOnce } from '../../src/model/slices.js';
import { type Judged, judge } from '../../src/observe/group.js';
import { JobIndex } from '../../src/observe/job-index.js';

const job = (id: string, eligibleAt: number): Job => ({
  ...{ source: 'main', id, name: 'j', owner: 'alice', queue: 'grid', state: 'queued', submittedAt: 1, eligibleAt, execHosts: [] },
  ...{ request: { chunks: [], unsupported: [] }, dependent: false, holds: '', rerunnable: true },
});
const index = () => {
  const jobs = new JobIndex(() => false);
  const judged = (each: Job): Judged => judge(each, { environment: 'grid' });
  return { add: (each: Job) => jobs.add(each, judged(each)), remove: (each: Job) => jobs.remove(each, judged(each)), groups: () => jobs.groups() };
};
const sampleOf = (it: ReturnType<typeof index>): readonly string[] => atOnce(it.groups()).flatMap(({ sample }) => sample);

describe('Jobs by group, kept by differences', () => {
  it('an age that is no number costs no other job its place', () => {
    const it = index();
    const strange = job('9.srv', Number.NaN);
    for (const each of [job('1.srv', 1), job('2.srv', 2), strange, job('3.srv', 3)]) it.add(each);
    it.remove(strange);
    expect(sampleOf(it)).toEqual(['1.srv', '2.srv', '3.srv']);
  });

  it('of two jobs with one name only the one that left is taken out', () => {
    const it = index();
    const [one, twin] = [job('1.srv', 5), job('1.srv', 5)];
    for (const each of [one, twin, job('2.srv', 6)]) it.add(each);
    it.remove(one);
    expect(atOnce(it.groups())[0]?.count).toBe(2);
    it.remove(twin);
    expect(sampleOf(it)).toEqual(['2.srv']);
    it.remove(twin); // and nothing when it is not there
    expect(sampleOf(it)).toEqual(['2.srv']);
  });

  it('says of each of the oldest since when it waits and what walltime it asks for', () => {
    const it = index();
    const asks = (id: string, eligibleAt: number, walltimeMs?: number): Job => {
      const plain = job(id, eligibleAt);
      return walltimeMs === undefined ? plain : { ...plain, request: { ...plain.request, walltimeMs } };
    };
    const [first, second, third] = [asks('1.srv', 1, 10), asks('2.srv', 2), asks('3.srv', 3, 30)];
    for (const each of [third, first, second]) it.add(each);
    expect(atOnce(it.groups())).toMatchObject([{ ages: [1, 2, 3], walltimes: [10, 0, 30] }]);
    it.remove(second);
    expect(atOnce(it.groups())).toMatchObject([{ ages: [1, 3], walltimes: [10, 30] }]);
    it.remove(first);
    expect(atOnce(it.groups())).toMatchObject([{ ages: [3], walltimes: [30] }]);
  });

  it('keeps hundreds in order, whoever comes or leaves at whatever place', () => {
    const it = index();
    const all = Array.from({ length: 300 }, (_, at) => job(`${at}.srv`, 1 + ((at * 7919) % 300)));
    for (const each of all) it.add(each);
    const gone = new Set(all.filter((_, at) => at % 3 === 0));
    for (const each of gone) it.remove(each);
    const left = all.filter((each) => !gone.has(each)).sort((a, b) => (a.eligibleAt ?? 0) - (b.eligibleAt ?? 0));
    expect(atOnce(it.groups())).toMatchObject([{ count: left.length, ages: left.map(({ eligibleAt }) => eligibleAt) }]);
    expect(sampleOf(it)).toEqual(left.slice(0, 3).map(({ id }) => id));
  });

  it('knows a job that holds slots by its name, also when its record is another one, and none of two with one name', () => {
    const jobs = new JobIndex(() => false);
    const judged = judge(job('1.srv', 1), { environment: 'grid' });
    const runs = (id: string, node = 'grid-01'): Job => ({ ...job(id, 1), state: 'running', execHosts: [{ node, slots: 1 }] });
    const [first, again, moved] = [runs('1.srv'), runs('1.srv'), runs('1.srv', 'grid-02')];
    jobs.add(job('2.srv', 1), judged);
    jobs.add(first, judged);
    expect([jobs.running('main/1.srv'), jobs.running('main/2.srv')]).toEqual([first, undefined]);
    jobs.exchange(first, again, judged);
    expect(jobs.running('main/1.srv')).toBe(again);
    jobs.exchange(again, moved, judged);
    expect(jobs.running('main/1.srv')).toBe(moved);
    jobs.add(first, judged);
    expect(jobs.running('main/1.srv')).toBeUndefined();
    jobs.remove(first, judged);
    expect(jobs.running('main/1.srv')).toBeUndefined();
  });
});
