import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packJobs, unpackJobs } from '../../src/drivers/job-rows.js';
import { type Job, jobStates } from '../../src/model/job.js';

const ordinary = { noNullPrototype: true } as const;
const text = fc.string({ maxLength: 6 });
const instant = fc.integer({ min: 0, max: 2 ** 45 });
const required = {
  source: text,
  id: text,
  name: text,
  owner: text,
  queue: text,
  state: fc.constantFrom(...jobStates),
  request: fc.record({ chunks: fc.constant([{ count: 2, ppn: 1, properties: ['a'] }]), unsupported: fc.array(text, { maxLength: 1 }) }, ordinary),
  submittedAt: instant,
  execHosts: fc.array(fc.record({ node: text, slots: fc.nat(9) }, ordinary), { maxLength: 2 }),
  dependent: fc.boolean(),
  holds: text,
  rerunnable: fc.boolean(),
};
const optional = {
  group: text,
  account: text,
  comment: text,
  damaged: text,
  eligibleAt: instant,
  startedAt: instant,
  exitStatus: fc.integer({ min: -99, max: 300 }),
};
const job: fc.Arbitrary<Job> = fc.record(
  { ...required, ...optional },
  { ...ordinary, requiredKeys: ['source', 'id', 'name', 'owner', 'queue', 'state', 'request', 'submittedAt', 'execHosts', 'dependent', 'holds', 'rerunnable'] },
);

describe('packed jobs', () => {
  it('are the same jobs again, on the other side of a thread, too', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 20 }), (jobs) => {
        expect(unpackJobs(structuredClone(packJobs(jobs)))).toStrictEqual(jobs);
      }),
    );
  });

  it('share what they share', () => {
    const [one] = fc.sample(job, { numRuns: 1, seed: 1 });
    if (one === undefined) throw new Error('a job was expected');
    const [a, b] = unpackJobs(structuredClone(packJobs([one, { ...one, id: 'other' }])));
    expect(a?.request).toBe(b?.request);
  });
});
