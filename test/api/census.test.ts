import { describe, expect, it } from 'vitest';
import { censusOf } from '../../src/api/census.js';
import { because } from '../../src/model/reason.js';
import { givenJob, givenPresent } from '../given-present.js';
import { busyDay } from './scene.js';

describe('the census of all jobs', () => {
  it('counts by heap and by environment, running first, then by age', () => {
    const census = censusOf(busyDay().world);
    expect(census.classes).toEqual({ running: 1, waiting: 2, unserved: 1, other: 1 });
    expect([...census.environments]).toEqual([
      ['grid', { waiting: 1, running: 1, other: 1 }],
      ['bio', { waiting: 1, running: 0, other: 0 }],
    ]);
    expect(census.ordered.map(({ job }) => job.id)).toEqual(['11.srv', '12.srv', '13.srv', '14[1].srv', '14[2].srv']);
  });

  it('is taken once for the same jobs, and anew when a job or a verdict changes', () => {
    const { world } = givenPresent({ jobs: [givenJob('1.srv')] });
    expect(censusOf({ ...world })).toBe(censusOf(world));
    const unserved = new Map([['torque/1.srv', { unserved: because('unserved-none', { queue: 'grid' }) }]]);
    expect(censusOf({ ...world, verdicts: unserved }).classes.unserved).toBe(1);
    expect(censusOf({ ...world, jobs: new Map() }).classes.waiting).toBe(0);
  });
});
