import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../../src/sim/replay/heap.js';

it('gives what was put in earliest first, and at one instant in the order of putting', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (instants) => {
      const heap = new Heap();
      const taken: (readonly [number, number])[] = [];
      for (const [order, at] of instants.entries()) heap.add(at, () => taken.push([at, order]));
      while (heap.next < Number.POSITIVE_INFINITY) heap.take()?.act();
      const expected = instants.map((at, order) => [at, order] as const).sort(([a, first], [b, second]) => a - b || first - second);
      expect(taken).toEqual(expected);
    }),
  );
});

it('takes new ones between', () => {
  const heap = new Heap();
  const seen: number[] = [];
  heap.add(1, () => {
    seen.push(1);
    heap.add(2, () => seen.push(2));
  });
  heap.add(3, () => seen.push(3));
  for (let next = heap.take(); next !== undefined; next = heap.take()) next.act();
  expect(seen).toEqual([1, 2, 3]);
});
