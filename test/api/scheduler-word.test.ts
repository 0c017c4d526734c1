import { describe, expect, it } from 'vitest';
import { listJobs } from '../../src/api/lists.js';
import type { Viewer } from '../../src/api/viewer.js';
import { whyRecord } from '../../src/api/views-why.js';
import type { Present } from '../../src/model/present.js';
import { because } from '../../src/model/reason.js';
import type { SchedulerSnapshot } from '../../src/model/scheduler.js';
import { givenAt, givenJob, givenPresent } from '../given-present.js';

const viewer: Viewer = { full: true };
const scheduler: SchedulerSnapshot = {
  order: ['3'],
  held: new Map([
    ['1', { state: 'deferred', why: 'NoResources' }],
    ['2', { state: 'batch-hold', why: 'NoResources' }],
  ]),
  settings: {},
};

/** Three waiting jobs; Maui is asked, or not. */
function present(asked: boolean): Present {
  const built = givenPresent({ jobs: ['1.srv', '2.srv', '3.srv', '4.srv'].map((id) => givenJob(id, id === '4.srv' ? { state: 'held', holds: 'u' } : {})) });
  const group = built.world.groups[0]?.key ?? '';
  const reasons = new Map([[`group:${group}`, [because('fits-coming', { machine: 'grid-01#1', phase: 'booting' })]]]);
  const source = built.world.sources.get('torque');
  if (!asked || source === undefined) return { ...built, plan: { ...built.plan, reasons } };
  const view = { ...source, scheduler: { askedAt: givenAt - 1, answeredAt: givenAt, revision: 1, value: scheduler } };
  const groups = built.world.groups.map((each) => ({ ...each, sample: each.sample.filter((id) => id !== '2.srv') })); // as the join leaves it out
  return { ...built, world: { ...built.world, groups, sources: new Map([['torque', view]]) }, plan: { ...built.plan, reasons } };
}

const why = (world: Present, id: string): readonly string[] =>
  whyRecord(world, viewer, { kind: 'job', key: `torque/${id}` }, []).chain.flatMap((link) => link.said.map(({ text }) => text));

describe('domus why JOB, where Maui is asked', () => {
  it('gives Maui’s word before what Domus does about it', () => {
    expect(why(present(true), '1.srv')).toEqual([
      'the scheduler has put it aside (NoResources): released when a node it fits has free slots',
      'machine grid-01#1 is booting for it',
    ]);
    expect(why(present(true), '3.srv')[0]).toBe("place 1 of 1 in the scheduler's order");
  });

  it('says of a job that is held for good only that: it is in no group', () => {
    const held = 'the scheduler holds it for good (NoResources): no demand until a person releases it (releasehold -a 2)';
    expect(why(present(true), '2.srv')).toEqual([held]);
    const { jobs } = listJobs(present(true), viewer, { limit: 10 });
    expect(jobs.find((job) => job.id === '2.srv')?.why).toBe(held);
    expect(jobs.find((job) => job.id === '1.srv')?.why).toBe('machine grid-01#1 is booting for it');
  });

  it('without the plugin nothing changes, nor for a job that waits for its owner', () => {
    expect(why(present(false), '2.srv')).toEqual(['machine grid-01#1 is booting for it']);
    expect(why(present(true), '4.srv')).toEqual(why(present(false), '4.srv'));
  });
});
