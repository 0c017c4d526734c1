import { describe, expect, it } from 'vitest';
import { areaPath, box, heightOf, linePath, pointsPath, stepsPath } from '../../src/chart/path.js';
import { peak, thin } from '../../src/chart/thin.js';

const { NaN: gap } = Number;

describe('thinning', () => {
  it('keeps the lowest and the highest of every column, and the mean', () => {
    const made = thin([1, 9, 2, 3, 0, 4], 3);
    expect(made.columns).toBe(3);
    expect([...made.low]).toEqual([1, 2, 0]);
    expect([...made.high]).toEqual([9, 3, 4]);
    expect([...made.mean]).toEqual([5, 2.5, 2]);
  });

  it('loses no peak of one step, wherever it stands', () => {
    for (const at of [0, 1, 999, 1000, 5000, 8639]) {
      const values = new Float64Array(8640).fill(3);
      values[at] = 777;
      const made = thin(values, 720);
      expect(peak(made.high)).toBe(777);
      expect(linePath(made, 777)).toMatch(/V0|M\S+ 0/);
    }
  });

  it('does not count what is not known', () => {
    const made = thin([gap, 4, gap, gap, 1, 3], 3);
    expect([...made.mean]).toEqual([4, gap, 2]);
    expect([...made.low]).toEqual([4, gap, 1]);
  });

  it.each([
    [[], 10, 0],
    [[7], 10, 1],
    [[1, 2, 3], 2, 2],
    [[1, 2, 3], 0, 0],
  ])('of %j in %d columns makes %d', (values, columns, expected) => {
    expect(thin(values, columns).columns).toBe(expected);
  });

  it('puts every value into one column', () => {
    const values = Float64Array.from({ length: 1001 }, (_, index) => index);
    const made = thin(values, 77);
    expect(made.low[0]).toBe(0);
    expect(made.high[76]).toBe(1000);
    for (let column = 1; column < 77; column++) expect(made.low[column]).toBe(made.high[column - 1]! + 1);
  });

  it('takes no peak of nothing', () => {
    expect(peak([])).toBe(0);
    expect(peak([gap, -2])).toBe(0);
    expect(peak([1, Number.POSITIVE_INFINITY, 5])).toBe(5);
  });
});

describe('paths', () => {
  it('stay in the box whatever the value', () => {
    expect([-5, 0, 50, 100, 1000].map((value) => heightOf(value, 100))).toEqual([200, 200, 100, 0, 0]);
    expect(heightOf(5, 0)).toBe(box.height);
  });

  it('draw a level run as one stroke', () => {
    expect(linePath(thin([5, 5, 5, 10], 4), 10)).toBe('M0 100H540V0H720');
  });

  it('go to the highest and the lowest of a column', () => {
    expect(linePath(thin([0, 10, 0, 0], 2), 10)).toBe('M0 100V0V200V100H360V200H720');
  });

  it('leave gaps open', () => {
    const values = thin([10, gap, 5], 3);
    expect(linePath(values, 10)).toBe('M0 0H240M480 100H720');
    expect(areaPath(values.mean, 10)).toBe('M0 200V0H240V200H0ZM480 200V100H720V200H480Z');
    expect(linePath(thin([gap, gap], 2), 10)).toBe('');
    expect(areaPath(new Float64Array(0), 10)).toBe('');
  });

  it('fill between two rows', () => {
    expect(areaPath(Float64Array.of(10, 10), 10, Float64Array.of(5, 0))).toBe('M0 100V0H720V200H360V100H0Z');
  });

  it('lead through points, by steps and straight', () => {
    expect(
      stepsPath([
        [0, 0],
        [0.5, 0.5],
        [1, 0.5],
      ]),
    ).toBe('M0 200H360V100H720');
    expect(
      pointsPath([
        [0, 0],
        [0.5, 0.123],
      ]),
    ).toBe('M0 200L360 175.4');
    expect(stepsPath([])).toBe('');
  });
});
