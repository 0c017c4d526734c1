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
});
