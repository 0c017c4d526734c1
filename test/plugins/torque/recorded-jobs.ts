import { expect } from 'vitest';
import { holdsNodes, isEligible, memoryPerSlotMiB, slotsOf } from '../../../src/model/job.js';
import { bytesOf, jobNamed, jobsOf, textOf } from './fixtures.js';
import { type Cases, isRefusedByAllReaders } from './refused-by-all.js';

const srv = (...ids: readonly (number | string)[]): string[] => ids.map((id) => `${id}.torque.example.org`);
const idsOf = (file: string): string[] => jobsOf(bytesOf(file)).jobs.map((job) => job.id);

/** What `qstat` printed. */
export const jobCases: Cases = {
  'qstat-x-nojobs-noqueues.xml': () => expect(jobsOf(bytesOf('qstat-x-nojobs-noqueues.xml'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-x-nojobs.xml': () => expect(jobsOf(bytesOf('qstat-x-nojobs.xml'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-nojobs.txt': () => expect(jobsOf(bytesOf('qstat-nojobs.txt'))).toMatchObject({ jobs: [], warnings: [] }),
  'qstat-x-queued-mix.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-queued-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.map((j) => j.id)).toEqual(srv(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '10[]', '11[]', 12, 13, 14, 15, 16, 20));
    expect(list.showsNeednodes).toBe(false);
    expect(list.jobs.filter((j) => !isEligible(j)).map((j) => j.name)).toEqual(['held', 'waiting', 'depchild']);
    expect(jobNamed(list, 'plain')).toEqual({
      source: 'main',
      id: '0.torque.example.org',
      name: 'plain',
      owner: 'alice',
      group: 'alice',
      queue: 'sl5',
      state: 'queued',
      request: { chunks: [], walltimeMs: 3_600_000, unsupported: [] },
      submittedAt: 1795233750_000,
      eligibleAt: 1795233750_000,
      execHosts: [],
      dependent: false,
      holds: '',
      rerunnable: true,
    });
    expect(jobNamed(list, 'multinode').request.chunks).toEqual([{ count: 2, ppn: 2, properties: ['sl5'] }]);
    expect(jobNamed(list, 'props').request).toEqual({
      chunks: [{ count: 1, ppn: 4, properties: ['sl6', 'bigmem'] }],
      memoryMiB: 2048,
      memoryPerProcMiB: 500,
      walltimeMs: 7_200_000,
      unsupported: [],
    });
    expect(memoryPerSlotMiB(jobNamed(list, 'props').request)).toBe(512);
    expect(jobNamed(list, 'procs').request).toEqual({ chunks: [], procs: 3, unsupported: [] });
    expect(slotsOf(jobNamed(list, 'plus').request)).toBe(3);
    expect(jobNamed(list, 'held')).toMatchObject({ state: 'held', holds: 'u', dependent: false });
    expect(jobNamed(list, 'waiting')).toMatchObject({ state: 'waiting', holds: '' });
    expect(jobNamed(list, 'waiting').eligibleAt).toBeUndefined();
    expect(jobNamed(list, 'acct')).toMatchObject({ account: 'acct42', request: { unsupported: ['-W x=FLAGS:RESTARTABLE', 'feature=foo'] } });
    expect(jobNamed(list, 'depparent')).toMatchObject({ state: 'queued', dependent: false });
    expect(jobNamed(list, 'depchild')).toMatchObject({ state: 'held', holds: 's', dependent: true });
    expect(list.jobs.map((j) => j.name)).toContain('we<ird&"x');
    expect(jobNamed(list, 'ctrl')).toMatchObject({ state: 'queued', owner: 'alice' });
    expect(jobNamed(list, 'ctrl').damaged).toBeUndefined();
    expect(jobNamed(list, 'routed').queue).toBe('sl5');
  },
  'qstat-x-queued-mix-as-root.xml': () => {
    const asRoot = jobsOf(bytesOf('qstat-x-queued-mix-as-root.xml'));
    expect(asRoot.showsNeednodes).toBe(true);
    expect(asRoot.jobs).toEqual(jobsOf(bytesOf('qstat-x-queued-mix.xml')).jobs);
  },
  'qstat-t-x-arrays.xml': () => {
    const { jobs, warnings } = jobsOf(bytesOf('qstat-t-x-arrays.xml'));
    expect(warnings).toEqual([]);
    const elements = jobs.filter((j) => /\[\d+\]/.test(j.id));
    expect(elements).toHaveLength(15);
    expect(jobs.some((j) => j.id.includes('[]'))).toBe(false);
    expect(elements.filter((j) => j.state === 'held').map((j) => j.name)).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map((n) => `arrlimit-${n}`));
    expect(elements.filter(isEligible)).toHaveLength(7);
  },
  'qstat-x-running-mix.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-running-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.filter(holdsNodes).map((j) => j.name)).toEqual(['plain', 'props', 'depchild']);
    expect(jobNamed(list, 'props')).toMatchObject({ execHosts: [{ node: 'wn03.example.org', slots: 4 }], startedAt: 1795233795_000 });
    expect(jobNamed(list, 'depchild')).toMatchObject({ state: 'running', dependent: false, holds: '' });
    expect(jobNamed(list, 'ctrl')).toMatchObject({ state: 'complete', exitStatus: 271 });
  },
  'qstat-x-one-running.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-one-running.xml'));
    expect(jobs).toMatchObject([{ state: 'running', execHosts: [{ node: 'wn01.example.org', slots: 1 }] }]);
  },
  'qstat-x-multinode-running.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-multinode-running.xml'));
    expect(jobs).toMatchObject([
      {
        state: 'running',
        execHosts: [
          { node: 'wn01.example.org', slots: 2 },
          { node: 'wn02.example.org', slots: 2 },
        ],
      },
    ]);
  },
  'qstat-x-completed.xml': () => {
    expect(jobsOf(bytesOf('qstat-x-completed.xml')).jobs).toMatchObject([{ state: 'complete', exitStatus: 7, account: 'acc1', startedAt: 1795233956_000 }]);
  },
  'qstat-x-running-xmlchars.xml': () => {
    const list = jobsOf(bytesOf('qstat-x-running-xmlchars.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.jobs.map((j) => j.name)).toContain('we<ird&"x');
  },
  'qstat-fx.xml': () => expect(jobsOf(bytesOf('qstat-fx.xml')).jobs).toEqual(jobsOf(bytesOf('qstat-x-running-xmlchars.xml')).jobs),
  'qstat-x-big-sample.xml': () => {
    const { jobs } = jobsOf(bytesOf('qstat-x-big-sample.xml'));
    expect(jobs).toHaveLength(3);
    expect(jobs.map((j) => j.owner)).toContain('bob');
    expect(jobs.every((j) => slotsOf(j.request) === 1 && j.request.walltimeMs === 3_600_000)).toBe(true);
  },
  'v6-qstat-x-mix.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-x-mix.xml'));
    expect(list.warnings).toEqual([]);
    expect(list.showsNeednodes).toBe(true);
    expect(jobNamed(list, 'multi')).toMatchObject({
      state: 'running',
      execHosts: [
        { node: 'wn02.example.org', slots: 2 },
        { node: 'wn01.example.org', slots: 2 },
      ],
    });
    expect(jobNamed(list, 'ctrl').damaged).toBeUndefined();
    expect(jobNamed(list, 'procs').request).toEqual({ chunks: [], procs: 2, memoryMiB: 1024, memoryPerProcMiB: 100, unsupported: [] });
    expect(idsOf('v6-qstat-x-mix.xml')).toContain('6[].torque.example.org');
  },
  'v6-qstat-x-mix-as-user.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-x-mix-as-user.xml'));
    expect(list.showsNeednodes).toBe(false);
    const times = (j: { readonly id: string; readonly state: string }): unknown => ({ id: j.id, state: j.state });
    expect(list.jobs.map(times)).toEqual(jobsOf(bytesOf('v6-qstat-x-mix.xml')).jobs.map(times));
  },
  'v6-qstat-t-x.xml': () => {
    const list = jobsOf(bytesOf('v6-qstat-t-x.xml'));
    expect(list.warnings).toEqual([]);
    const elements = list.jobs.filter((j) => j.id.startsWith('6['));
    expect(elements.map((j) => [j.id, j.state, j.holds])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [`6[${n}].torque.example.org`, n > 2 ? 'held' : 'queued', n > 2 ? 'l' : '']),
    );
    expect(jobNamed(list, 'child')).toMatchObject({ state: 'held', dependent: true, holds: 's' });
    expect(jobNamed(list, 'nn3').comment).toBe('Job started on Sat Nov 21 at 04:24');
  },

  // jobs for people
  'qstat-t-arrays.txt': () => {
    const shown = textOf('qstat-t-arrays.txt')
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => ({ id: line.split(/\s+/)[0], state: line.trim().split(/\s+/).at(-2) }));
    const letters = { queued: 'Q', held: 'H', waiting: 'W' } as Readonly<Record<string, string>>;
    const read = jobsOf(bytesOf('qstat-t-x-arrays.xml')).jobs.map((j) => ({ id: j.id.replace('.example.org', ''), state: letters[j.state] }));
    expect(read).toEqual(shown);
    isRefusedByAllReaders('qstat-t-arrays.txt');
  },
  'qstat-f.txt': () => {
    expect([...textOf('qstat-f.txt').matchAll(/^Job Id: (.*)$/gm)].map((m) => m[1])).toEqual(idsOf('qstat-x-queued-mix.xml'));
    isRefusedByAllReaders('qstat-f.txt');
  },
  'qstat-a.txt': () => isRefusedByAllReaders('qstat-a.txt'),
  'qstat-n-1.txt': () => isRefusedByAllReaders('qstat-n-1.txt'),
};
