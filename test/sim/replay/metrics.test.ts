import { describe, expect, it } from 'vitest';
import { figuresOf, integral, occupied, windowOf } from '../../../src/sim/replay/metrics.js';
import { hourMs, minuteMs, runOf, siteOf, workload } from './runs.js';

/** A hundred and one jobs, one each hour. */
const hourly = workload(...Array.from({ length: 101 }, (_, at) => ({ at: at * 60, class: at % 2 === 0 ? 'even' : 'odd' })));

describe('what is measured', () => {
  it('leaves out the first eight and the last four hundredths of the time of submission', () => {
    expect(windowOf(hourly)).toEqual({ from: 8 * hourMs, until: 96 * hourMs });
    const figures = figuresOf(
      runOf(
        hourly,
        hourly.jobs.map((job) => job.submitAt / minuteMs),
      ),
    );
    expect(figures.jobs).toBe(89);
    expect(figures.classes['even']?.jobs).toBe(45);
    expect(figures.classes['odd']?.jobs).toBe(44);
  });

  it('counts a wait outside the window for nothing', () => {
    const starts = hourly.jobs.map(({ number, submitAt }) => submitAt / minuteMs + (number < 8 || number > 96 ? 1000 : 3));
    const { wait } = figuresOf(runOf(hourly, starts));
    expect(wait).toEqual({ mean: 180, median: 180, p95: 180, coreWeighted: 180 });
  });
});

describe('waits', () => {
  const of = (waits: readonly number[], slots: readonly number[] = []) => {
    const jobs = workload(...waits.map((_, at) => ({ at: 100, slots: slots[at] ?? 1 })));
    return figuresOf(
      runOf(
        jobs,
        waits.map((wait) => 100 + wait),
      ),
    );
  };
  it('are seconds: mean, median, and what 95 of 100 are not above', () => {
    const { wait } = of(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(wait).toMatchObject({ mean: 50.5 * 60, median: 50 * 60, p95: 95 * 60 });
  });
  it('are weighted by cores, too', () => {
    expect(of([10, 0], [1, 3]).wait.coreWeighted).toBe(150);
  });
  it('of a job that never starts last to the end, and it is counted', () => {
    const jobs = workload({}, {});
    const figures = figuresOf(runOf(jobs, [0, Number.NaN], { endAt: 5 * hourMs }));
    expect(figures.jobsUnstarted).toBe(1);
    expect(figures.wait.mean).toBe((5 * 3600) / 2);
  });
});

describe('bounded slowdown', () => {
  const of = (runMs: number, waitMinutes: number) => figuresOf(runOf(workload({ runMs }), [waitMinutes])).boundedSlowdown.mean;
  it('is wait and run over run', () => expect(of(hourMs, 60)).toBe(2));
  it('takes a run of under ten seconds for ten', () => expect(of(1000, 1)).toBeCloseTo(6.1));
  it('is never below one', () => expect(of(1000, 0)).toBe(1));
});

describe('host-hours', () => {
  const window = { from: 0, until: 10 * hourMs };
  it('needed at least are, at every instant, the whole hosts that the busy cores fill', () => {
    // 5 cores for 2 h, of which 4 for one hour more: two hosts for 2 h, one for 1 h.
    const jobs = workload({ slots: 4, runMs: 3 * hourMs }, { slots: 1, runMs: 2 * hourMs });
    expect(occupied(runOf(jobs, [0, 0]), window)).toEqual({ coreHours: 14, hostHours: 5 });
  });
  it('are cut at the window', () => {
    const jobs = workload({ runMs: 4 * hourMs });
    expect(occupied(runOf(jobs, [0]), { from: hourMs, until: 3 * hourMs })).toEqual({ coreHours: 2, hostHours: 2 });
    expect(occupied(runOf(jobs, [0]), { from: 5 * hourMs, until: 6 * hourMs })).toEqual({ coreHours: 0, hostHours: 0 });
  });
  it('of a run come from its series, step by step and cut at the window', () => {
    const series = { startAt: 0, stepMs: hourMs, columns: { hostsOn: [1, 2, 4] } };
    expect(integral(series, 'hostsOn', { from: hourMs / 2, until: 2.25 * hourMs })).toBe(0.5 + 2 + 1);
  });
  it('of a run that recorded none are not a number', () => {
    expect(integral({ startAt: 0, stepMs: hourMs, columns: {} }, 'hostsOn', window)).toBeNaN();
  });
});

describe('a run', () => {
  const jobs = workload(...Array.from({ length: 100 }, (_, at) => ({ at: at * 60, slots: 2 })));
  const figures = figuresOf(
    runOf(
      jobs,
      jobs.jobs.map((job) => job.submitAt / minuteMs),
      { site: siteOf(2, 4), powerOns: 20, boots: 7, migrations: 3, jobsKilled: 1, violations: ['a sentence'] },
    ),
  );
  it('is busy with what its jobs hold', () => {
    expect(figures.utilisation).toBeCloseTo(2 / 8);
    expect(figures.utilisationOfPowered).toBeCloseTo(2 / 8);
  });
  it('draws what its series says, in the window', () => {
    expect(figures.energyKWh).toBeCloseTo(0.2 * 99 * 0.88);
    expect(figures.energyPerCoreHourWh).toBeCloseTo(100);
  });
  it('tells its counts, and how much faster than life it was', () => {
    expect(figures).toMatchObject({ boots: 7, migrations: 3, jobsKilled: 1, invariantViolations: 1, speedUp: 360_000 });
    expect(figures.powerCyclesPerHostDay).toBeCloseTo(20 / 2 / (100 / 24));
  });
});
