import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replayFixed } from '../../../src/sim/replay/fixed.js';
import { sharedPool } from '../../../src/sim/replay/partition.js';
import type { Refill, Run, Workload } from '../../../src/sim/replay/workload.js';
import { minuteMs, siteOf, workload } from './runs.js';

const jobs = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 300 }),
    run: fc.integer({ min: 1, max: 200 }),
    asked: fc.integer({ min: 1, max: 300 }),
    slots: fc.integer({ min: 1, max: 8 }),
  }),
  { minLength: 2, maxLength: 40 },
);
type Drawn = (typeof jobs extends fc.Arbitrary<infer T> ? T : never)[number];
const refill = fc.constantFrom<Refill>('immediate', { cycleMs: 30_000 });

const made = (drawn: readonly Drawn[]): Workload =>
  workload(...[...drawn].sort((a, b) => a.at - b.at).map(({ at, run, asked, slots }) => ({ at, runMs: run * minuteMs, walltimeMs: asked * minuteMs, slots })));
const replayed = (of: Workload, how: Refill): Run =>
  replayFixed(of, siteOf(2), sharedPool(of, siteOf(2)), { scenario: 'pool', seed: 1, refill: how, cpuMs: () => 0 });
/** Starts before an instant, by job. */
const startsBefore = (run: Run, at: number): readonly (number | undefined)[] => [...run.started].map((start) => (start < at ? start : undefined));

describe('a baseline looks at no future', () => {
  it('a job that runs longer changes nothing before it would have ended', () => {
    fc.assert(
      fc.property(jobs, refill, fc.nat(), fc.integer({ min: 1, max: 500 }), (drawn, how, which, longer) => {
        const before = made(drawn);
        const number = which % before.jobs.length;
        const after = { ...before, jobs: before.jobs.map((job) => (job.number === number ? { ...job, runMs: job.runMs + longer * minuteMs } : job)) };
        const one = replayed(before, how);
        const ended = (one.started[number] as number) + (before.jobs[number]?.runMs ?? 0);
        expect(startsBefore(replayed(after, how), ended)).toEqual(startsBefore(one, ended));
      }),
    );
  });

  it('what is submitted later changes nothing before', () => {
    fc.assert(
      fc.property(jobs, refill, fc.nat(), (drawn, how, which) => {
        const whole = made(drawn);
        const cut = which % whole.jobs.length;
        const until = whole.jobs[cut]?.submitAt ?? 0;
        const first = { ...whole, jobs: whole.jobs.slice(0, cut) };
        expect(startsBefore(replayed(first, how), until)).toEqual(startsBefore(replayed(whole, how), until).slice(0, cut));
      }),
    );
  });

  it('and starts every job, once, on cores that are there', () => {
    fc.assert(
      fc.property(jobs, refill, (drawn, how) => {
        const { workload: of, started, submitted } = replayed(made(drawn), how);
        expect([...started].every((start, at) => start >= (submitted[at] as number))).toBe(true);
        for (const start of started) {
          const busy = of.jobs.filter((job, at) => (started[at] as number) <= start && start < (started[at] as number) + job.runMs);
          expect(busy.reduce((sum, job) => sum + job.slots, 0)).toBeLessThanOrEqual(8);
        }
      }),
    );
  });
});
