import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, merged, p95Beside, quantile } from '../../src/history/sketch.js';

const sketchOf = (values: readonly number[]) => merged(values.map((ms) => new Map([[bucketOf(ms), 1]])));

test('a quantile is within 10 % of the true one, from one second on', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1000, max: 2_000_000_000 }), { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.95, 1), (values, q) => {
      const truth = [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0;
      const told = quantile(sketchOf(values), q) ?? 0;
      expect(Math.abs(told - truth) / truth).toBeLessThan(truth === 1000 ? 0.51 : 0.1);
    }),
  );
});

test('sketches add up: two halves tell what the whole tells', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 })), fc.array(fc.integer({ min: 0, max: 1e9 })), (a, b) => {
      expect([...merged([sketchOf(a), sketchOf(b)])].sort()).toEqual([...sketchOf([...a, ...b])].sort());
    }),
  );
});

test('nothing is told of an empty sketch, and a second is the least', () => {
  expect(quantile(new Map(), 0.95)).toBeUndefined();
  expect(quantile(sketchOf([0, 0, 0]), 0.95)).toBe(500);
});

test('the 95 % quantile is not below the mean by the edges of its bucket alone; a truly smaller one stays', () => {
  const sketch = (...values: readonly number[]) => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
    return counts;
  };
  const alike = Array.from({ length: 10 }, () => 100_000);
  expect(quantile(sketch(...alike), 0.95)).not.toBe(100_000);
  expect(p95Beside(sketch(...alike), 100_000)).toBeGreaterThanOrEqual(100_000);
  const skewed = [...Array.from({ length: 99 }, () => 2000), 10_000_000];
  expect(p95Beside(sketch(...skewed), 101_980)).toBeLessThan(3000);
  expect(p95Beside(new Map(), undefined)).toBeUndefined();
});
