import { describe, expect, it } from 'vitest';
import { type Figures, figuresOf } from '../../../src/sim/replay/metrics.js';
import { spreadOf, summarise } from '../../../src/sim/replay/summary.js';
import { judge, type Targets, usualTargets } from '../../../src/sim/replay/targets.js';
import type { Refill, Run } from '../../../src/sim/replay/workload.js';
import { runOf, workload } from './runs.js';

const jobs = workload({}, {});
const cycle: Refill = { cycleMs: 30_000 };
/** A run in which both jobs wait so many minutes. */
const run = (scenario: string, minutes: number, differences: Partial<Run> = {}): Figures =>
  figuresOf(runOf(jobs, [minutes, minutes], { scenario, ...differences }));

describe('runs of one scenario', () => {
  it('are averaged, with what they differ by, and their seeds', () => {
    const [summary] = summarise([run('domus', 10, { seed: 4 }), run('domus', 20, { seed: 5 }), run('domus', 30, { seed: 6 })]);
    expect(summary?.figures['wait.mean']).toEqual({ mean: 1200, min: 600, max: 1800, deviation: 600 });
    expect(summary?.seeds).toEqual([4, 5, 6]);
    expect(summary?.waitByClass).toEqual({ a: 1200 });
  });
  it('of one do not differ', () => expect(spreadOf([3])).toEqual({ mean: 3, min: 3, max: 3, deviation: 0 }));
});

describe('scenarios', () => {
  const all = summarise([
    run('pool', 10),
    run('static-mean', 100),
    run('static-peak', 60),
    run('domus', 12),
    run('pool', 20, { refill: cycle }),
    run('domus', 12, { refill: cycle }),
  ]);
  const of = (scenario: string, refill: Refill) => all.find((each) => each.scenario === scenario && each.refill === refill);

  it('are compared with the pool and the better partition of the same refill', () => {
    expect(of('domus', 'immediate')?.ratios).toMatchObject({ waitToPool: 1.2, p95ToPool: 1.2, belowBetterStatic: 5, betterStatic: 'static-peak' });
    expect(of('domus', cycle)?.ratios).toMatchObject({ waitToPool: 0.6 });
    expect(of('domus', cycle)?.ratios).not.toHaveProperty('belowBetterStatic');
  });
  it('in which nobody waits anywhere are equal', () => {
    const [, mine] = summarise([run('pool', 0), run('domus', 0)]);
    expect(mine?.ratios.waitToPool).toBe(1);
  });
});

describe('targets', () => {
  const verdicts = (runs: readonly Figures[], targets: Targets = usualTargets, refill: Refill = 'immediate') => {
    const all = summarise(runs);
    const mine = all.find((each) => each.scenario === 'domus' && each.refill === refill);
    return new Map((mine === undefined ? [] : judge(mine, all, targets)).map((verdict) => [verdict.target, verdict]));
  };
  it.each([
    [11, 'immediate', true],
    [11.8, 'immediate', false],
    [11.8, 'cycle', true],
    [12.2, 'cycle', false],
  ] as const)('on the mean wait: %d to the pool of 10 under %s holds: %s', (minutes, kind, holds) => {
    const refill = kind === 'cycle' ? cycle : 'immediate';
    expect(verdicts([run('pool', 10, { refill }), run('domus', minutes, { refill })], usualTargets, refill).get('mean wait / pool')?.holds).toBe(holds);
  });
  it.each([
    ['better static partition / mean wait', [run('static-peak', 49), run('domus', 10)], false],
    ['better static partition / mean wait', [run('static-peak', 50), run('domus', 10)], true],
    ['jobs killed', [run('domus', 1, { jobsKilled: 1 })], false],
    ['jobs killed', [run('domus', 1)], true],
    ['invariants broken', [run('domus', 1, { violations: ['one'] })], false],
    ['jobs never started', [figuresOf(runOf(jobs, [0, Number.NaN], {}))], false],
    ['power cycles per host and day', [run('domus', 1, { powerOns: 1 })], false],
    ['host-hours / lower bound', [run('domus', 1)], false],
  ] as const)('%s', (target, runs, holds) => {
    expect(verdicts(runs).get(target)).toMatchObject({ target, holds });
  });
  it('on host-hours are sharper where machines are moved', () => {
    expect(verdicts([run('domus', 1, { migrations: 2 })]).get('host-hours / lower bound, migrating')?.wanted).toBe('<= 1.12');
  });
  it('on what was not run are left out', () => {
    expect([...verdicts([run('domus', 1)]).keys()]).not.toContain('mean wait / pool');
  });
  it('may be absolute', () => {
    const targets: Targets = { ...usualTargets, waitAbovePoolSeconds: 60, medianWaitSeconds: 120 };
    const found = verdicts([run('pool', 1), run('domus', 2.5)], targets);
    expect(found.get('mean wait - pool, s')).toMatchObject({ reached: 90, holds: false });
    expect(found.get('median wait, s')).toMatchObject({ reached: 150, holds: false });
  });
});
