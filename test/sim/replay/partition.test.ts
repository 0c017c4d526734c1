import { describe, expect, it } from 'vitest';
import { sharedPool, staticPartition } from '../../../src/sim/replay/partition.js';
import { hourMs, siteOf, workload } from './runs.js';

const sizes = (lots: readonly { readonly name: string; readonly hosts: number }[]): Record<string, number> =>
  Object.fromEntries(lots.map(({ name, hosts }) => [name, hosts]));
const day = 24 * 60;

describe('a static partition', () => {
  // a: 10 h each day for ten days; b: 60 h on one day.
  const swinging = workload(
    ...Array.from({ length: 10 }, (_, at) => ({ at: at * day, class: 'a', runMs: 10 * hourMs })),
    ...Array.from({ length: 6 }, () => ({ at: 3 * day, class: 'b', runMs: 10 * hourMs })),
  );
  it('by mean gives each class hosts in proportion to all its work', () => {
    expect(sizes(staticPartition(swinging, siteOf(16), 'mean'))).toEqual({ a: 10, b: 6 });
  });
  it('by peak in proportion to the work of its busiest day', () => {
    expect(sizes(staticPartition(swinging, siteOf(14), 'peak'))).toEqual({ a: 2, b: 12 });
  });
  it('gives whole hosts, every one of them, by largest remainder', () => {
    const three = workload({ class: 'a', runMs: 5 * hourMs }, { class: 'b', runMs: 3 * hourMs }, { class: 'c', runMs: 2 * hourMs });
    expect(sizes(staticPartition(three, siteOf(7), 'mean'))).toEqual({ a: 4, b: 2, c: 1 });
  });
  it('leaves no class without a host', () => {
    const tiny = workload({ class: 'a', runMs: 1000 * hourMs }, { class: 'b', runMs: 1000 }, { class: 'c', runMs: 1 });
    expect(sizes(staticPartition(tiny, siteOf(5), 'mean'))).toEqual({ a: 3, b: 1, c: 1 });
  });
  it('has room for the widest job of each class', () => {
    const wide = workload({ class: 'a', runMs: 1000 * hourMs }, { class: 'b', runMs: 1000, slots: 9 });
    expect(sizes(staticPartition(wide, siteOf(5), 'mean'))).toEqual({ a: 2, b: 3 });
  });
  it('is refused where the site is too small for that', () => {
    const wide = workload({ class: 'a', slots: 16 }, { class: 'b', slots: 5 });
    expect(() => staticPartition(wide, siteOf(5), 'mean')).toThrow(/needs 6 hosts of 4 cores for the widest job of each class, there are 5/);
  });
});

describe('the shared pool', () => {
  it('is one lot for all', () => {
    expect(sharedPool(workload({ class: 'a' }, { class: 'b' }), siteOf(5))).toEqual([{ name: 'pool', classes: ['a', 'b'], hosts: 5 }]);
  });
});
