import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/sim/replay/workload.js';
import { sentence } from '../../../src/sim/report/answer.js';
import { stages } from '../../../src/sim/report/scenes.js';
import { compared, listed, plural, rangeOf, refillText, timesText } from '../../../src/sim/report/words.js';
import { from, givenRun, givenWorkload, site } from './given-runs.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const [second, minute, hour] = [1000, 60_000, 3_600_000];

describe('two waits', () => {
  it.each([
    [1.6 * hour, 32 * hour, 'shorter'],
    [32 * hour, 1.6 * hour, 'longer'],
    [1.6 * hour, 1.57 * hour, 'same'],
    [95 * minute, 105 * minute, 'same'],
    [90 * minute, 105 * minute, 'shorter'],
    [0, 4 * second, 'same'],
    [0, 6 * second, 'shorter'],
    [0, 0, 'same'],
    [Number.NaN, hour, 'unknown'],
    [hour, Number.NaN, 'unknown'],
  ])('of %d and %d ms: the first is %s', (ms, other, expected) => {
    expect(compared(ms, other)).toBe(expected);
  });

  it.each([
    [1.6 * hour, 32 * hour, '20 times shorter'],
    [hour, 2.5 * hour, '2.5 times shorter'],
    [3 * hour, 2 * hour, '50 % longer'],
    [2 * hour, 3 * hour, '33 % shorter'],
    [hour, 5000 * hour, 'more than 1,000 times shorter'],
    [0, hour, 'much shorter'],
    [hour, 0, 'much longer'],
  ])('%d against %d ms is %s', (ms, other, text) => {
    expect(plain(timesText(ms, other))).toBe(text);
  });
});

it('says ranges, lists, counts and schedulers', () => {
  expect(plain(rangeOf({ mean: hour * 2, low: hour * 1.98, high: hour * 2.03 })!)).toBe('1.98 h and 2.03 h');
  expect(rangeOf({ mean: hour, low: hour, high: hour })).toBeUndefined();
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  expect([plural(1, 'job'), plural(0, 'job'), plural(1200, 'class', 'classes')]).toEqual(['1 job', '0 jobs', '1,200 classes']);
  expect(plain(refillText({ cycleMs: 30_000 }))).toBe('a batch scheduler that looks every 30 s');
});

/** A run in which every job waits so long. */
const waiting = (scenario: string, ms: number, seed = 1): Run => {
  const workload = givenWorkload({ jobs: 200, days: 4 });
  const submitted = Float64Array.from(workload.jobs, ({ submitAt }) => submitAt);
  return givenRun(workload, scenario, seed, site, 'immediate', { submitted, started: submitted.map((at) => at + ms) });
};
const said = (...runs: readonly Run[]): string => plain(sentence(stages(runs)[0]!));

describe('the answer', () => {
  it.each([
    [
      'better',
      [waiting('domus', 2 * hour), waiting('static-mean', 40 * hour), waiting('static-peak', 30 * hour)],
      'Your users would have waited 2 h on average instead of 30 h.',
    ],
    [
      'worse',
      [waiting('domus', 3 * hour), waiting('static-mean', 2 * hour), waiting('pool', hour)],
      'Your users would have waited 3 h on average with Domus: longer than the 2 h with the same hosts in a fixed partition.',
    ],
    [
      'equal',
      [waiting('domus', 2 * hour), waiting('static-mean', 2.05 * hour)],
      'Your users would have waited 2 h on average with Domus, about as long as with the same hosts in a fixed partition (2.05 h).',
    ],
    [
      'only the ideal to compare with',
      [waiting('domus', 2 * hour), waiting('pool', 1.95 * hour)],
      'Your users would have waited 2 h on average with Domus, about as long as in the ideal pool (1.95 h).',
    ],
    ['nothing to compare with', [waiting('domus', 2 * hour)], 'Your users would have waited 2 h on average with Domus.'],
    ['a policy of another name', [waiting('eager', 2 * hour)], 'Your users would have waited 2 h on average under the policy eager.'],
    ['no Domus', [waiting('pool', hour)], 'No run of Domus is among these: only what it would be measured against is shown.'],
  ])('is honest where the result is: %s', (_, runs, expected) => {
    expect(said(...runs)).toBe(expected);
  });

  it('takes the mean over the runs', () => {
    expect(said(waiting('domus', hour), waiting('domus', 3 * hour, 2), waiting('static-mean', 20 * hour))).toContain('waited 2 h on average instead of 20 h');
  });

  it('tells nothing of a workload in which no job counts', () => {
    const empty = { ...givenWorkload({ jobs: 0 }), startAt: from, endAt: from };
    expect(said(givenRun(empty, 'domus', 1, site))).toBe('No job was counted: there is nothing to tell of waiting.');
  });
});

describe('the parts that scenarios play', () => {
  it('the better partition is the one whose users wait less, and the drawn run the one in the middle', () => {
    const [stage] = stages([waiting('static-mean', 9 * hour), waiting('static-peak', 8 * hour), waiting('pool', hour), waiting('domus', hour)]);
    expect(stage!.fixed!.scenario).toBe('static-peak');
    expect(stage!.scenes.map(({ scenario }) => scenario)).toEqual(['domus', 'static-mean', 'static-peak', 'pool']);
  });

  it('a partition that switches hosts off is compared in energy, and is the better one only where there is no other', () => {
    const [both] = stages([
      waiting('domus', hour),
      waiting('static-mean', 9 * hour),
      waiting('static-mean-power', 8 * hour),
      waiting('static-peak-power', 7 * hour),
    ]);
    expect([both!.fixed!.scenario, both!.saving!.scenario]).toEqual(['static-mean', 'static-mean-power']);
    const [alone] = stages([waiting('domus', hour), waiting('static-mean-power', 8 * hour), waiting('pool-power', hour)]);
    expect([alone!.fixed!.scenario, alone!.ideal!.scenario, alone!.saving]).toEqual(['static-mean-power', 'pool-power', undefined]);
  });

  it('kinds of refill are kept apart, in the order in which they come', () => {
    const cycle = { ...waiting('domus', hour), refill: { cycleMs: 30_000 } };
    expect(stages([cycle, waiting('domus', hour), cycle]).map(({ refill, scenes }) => [refill, scenes[0]!.runs.length])).toEqual([
      [{ cycleMs: 30_000 }, 2],
      ['immediate', 1],
    ]);
  });

  it('a policy may be called anything', () => {
    const names = ['constructor', '__proto__', 'toString'];
    const [stage] = stages(names.map((name) => waiting(name, hour)));
    expect(stage!.scenes.map(({ name, kind }) => [name, kind])).toEqual(names.map((name) => [name, 'other']));
    expect(new Set(stage!.scenes.map(({ tone }) => tone)).size).toBe(3);
  });
});
