import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, candidatesOf, isOpenTo, WaysIn } from '../../src/classify/candidate.js';
import { createClassifier } from '../../src/classify/classify.js';
import { chunksOf, slotsOf } from '../../src/model/job.js';
import { jobOf, policyOf } from './site.js';

const words = ['sl5', 'sl6', 'x86_64', 'gpu'];
const queues = ['grid', 'old', 'any'];
const subset = (among: readonly string[]) => fc.uniqueArray(fc.constantFrom(...among), { maxLength: 3 });
const serves = fc.record({
  queues: subset(queues),
  properties: subset(words),
  accounts: subset(['cms', 'atlas']),
  jobs: fc.constantFrom(undefined, 'slots > 2', 'owner == "anna"', 'properties[0] == "sl5"'),
});
const environments = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.record({ serves: serves.map(({ jobs, ...rest }) => (jobs === undefined ? rest : { ...rest, jobs })), extra: subset(words) }),
  { minKeys: 1 },
);
const jobs = fc
  .record({
    queue: fc.constantFrom(...queues),
    chunks: fc.array(fc.record({ count: fc.integer({ min: 1, max: 6 }), ppn: fc.integer({ min: 1, max: 6 }), properties: subset(words) }), { maxLength: 3 }),
    memoryMiB: fc.integer({ min: 1, max: 40_000 }),
    account: fc.constantFrom('cms', 'lhcb'),
  })
  .map(({ queue, chunks, memoryMiB, account }) => jobOf(queue, chunks, { memoryMiB }, { account }));

test('a served job fits the largest machine and the number of machines, and every seat property it asks for is there', () => {
  fc.assert(
    fc.property(environments, jobs, (parts, job) => {
      const policy = policyOf(parts);
      const verdict = createClassifier(policy)(job, []);
      if (!('environment' in verdict)) return;
      const environment = policy.environments[verdict.environment];
      const seats = Object.values(policy.seats).filter((seat) => seat.environment === verdict.environment);
      for (const chunk of chunksOf(job.request)) {
        expect(chunk.ppn).toBeLessThanOrEqual(environment?.cores.max ?? 0);
        expect(seats.some((seat) => chunk.properties.every((word) => seat.properties.includes(word)))).toBe(true);
      }
      expect(slotsOf(job.request)).toBeLessThanOrEqual((environment?.max ?? 0) * (environment?.cores.max ?? 0));
    }),
  );
});

test('a verdict is the same each time, and names only environments that exist', () => {
  fc.assert(
    fc.property(environments, jobs, (parts, job) => {
      const policy = policyOf(parts);
      const verdict = createClassifier(policy)(job, []);
      expect(createClassifier(policyOf(Object.fromEntries(Object.entries(parts).reverse())))(job, [])).toEqual(verdict);
      const refs = 'environment' in verdict ? [`environment:${verdict.environment}`] : verdict.unserved.refs;
      for (const ref of refs) expect(Object.keys(policy.environments)).toContain(ref.replace('environment:', ''));
    }),
  );
});

test('a job that asks for an environment’s own property never lands in one whose seats lack it', () => {
  fc.assert(
    fc.property(environments, fc.constantFrom(...words), fc.constantFrom(...queues), (parts, word, queue) => {
      const policy = policyOf(parts);
      const verdict = createClassifier(policy)(jobOf(queue, [{ properties: [word] }]), []);
      if ('environment' in verdict)
        expect(Object.values(policy.seats).some((seat) => seat.environment === verdict.environment && seat.properties.includes(word))).toBe(true);
    }),
  );
});

test('whatever bytes a job is made of, the verdict is a verdict', () => {
  const site = createClassifier(policyOf({ a: { serves: { queues: ['grid'], jobs: 'name.contains("x") || owner.startsWith("y") || account in ["z"]' } } }));
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.array(fc.string(), { maxLength: 5 }), fc.double(), (name, owner, account, properties, memoryMiB) => {
      const verdict = site(jobOf('grid', [{ properties }], { memoryMiB }, { name, owner, account }), []);
      expect('environment' in verdict || verdict.unserved.code.startsWith('unserved-')).toBe(true);
    }),
  );
});

test('the ways in that are looked up are those that asking every environment finds, in the same order', () => {
  fc.assert(
    fc.property(environments, fc.constantFrom(...queues, 'none'), subset(words), fc.constantFrom('cms', 'lhcb'), (parts, queue, asked, account) => {
      const candidates = candidatesOf(policyOf(parts));
      const isOpen = (candidate: Candidate): boolean => isOpenTo(candidate, queue, asked, account);
      expect(new WaysIn(candidates).of(queue, asked).filter(isOpen)).toEqual(candidates.filter(isOpen));
    }),
  );
});
