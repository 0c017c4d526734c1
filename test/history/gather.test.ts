import { describe, expect, it } from 'vitest';
import { Gatherer, minutesOf } from '../../src/history/gather.js';
import type { Measured } from '../../src/history/measure.js';
import { givenAt } from '../given-present.js';

const second = 1000;
/** A look; `running` undefined: the batch server was silent. */
const look = (atS: number, running: number | undefined): Measured => ({
  at: givenAt + atS * second,
  environments: new Map([['grid', { demand: running === undefined ? undefined : { runningJobs: running }, supply: { machines: 2, joules: 100 } }]]),
  pools: new Map([['lab', { on: 3, joules: 300 }]]),
  hosts: new Map([['post01', { on: 1, joules: 100, measured: 1 }]]),
});

function gathered(...looks: readonly Measured[]) {
  const gatherer = new Gatherer(() => 90 * second);
  for (const one of looks) gatherer.take(one);
  return gatherer.peek().map(({ at, environments, pools }) => {
    const grid = environments.get('grid');
    return [(at - givenAt) / second, grid?.demandMs, grid?.runningJobs, grid?.supplyMs, grid?.joules, pools.get('lab')?.joules];
  });
}

describe('what is gathered between two looks', () => {
  it('is the value of the first times the time between them, split at the minute; watts become joules', () => {
    expect(gathered(look(50, 4), look(70, 9))).toEqual([
      [0, 10_000, 40_000, 10_000, 1000, 3000],
      [60, 10_000, 40_000, 10_000, 1000, 3000],
    ]);
  });

  it('is known of the jobs only when both looks heard the batch server', () => {
    for (const [before, after] of [
      [4, undefined],
      [undefined, 4],
      [undefined, undefined],
    ])
      expect(gathered(look(0, before), look(10, after))).toEqual([[0, 0, 0, 10_000, 1000, 3000]]);
  });

  it('is nothing when they lie too far apart, or time went back', () => {
    expect(gathered(look(0, 4), look(91, 4))).toEqual([]);
    expect(gathered(look(10, 4), look(5, 4))).toEqual([]);
  });

  it('falls into every minute that it touches, and is all there', () => {
    const parts = [...minutesOf(givenAt + 59_999, givenAt + 180_001)];
    expect(parts.map(([, ms]) => ms)).toEqual([1, 60_000, 60_000, 1]);
  });
});
