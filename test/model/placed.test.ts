import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Placed } from '../../src/model/placed.js';

const all: readonly string[] = ['a', 'b', 'c', 'd', 'e'];
const names = fc.constantFrom(...all);
const map = fc.uniqueArray(fc.tuple(names, fc.integer()), { selector: ([name]) => name }).map((entries) => new Map(entries));

describe('Values by name, placed', () => {
  it('read like a map in which those that are there were set anew', () => {
    fc.assert(
      fc.property(map, map, (before, fresh) => {
        const now = new Map([...before].map(([name, value]) => [name, fresh.get(name) ?? value]));
        const placed = Placed.of(before).with(fresh);
        expect([...placed]).toEqual([...now]);
        expect([placed.size, [...placed.keys()], [...placed.values()], [...placed.entries()]]).toEqual([
          now.size,
          [...now.keys()],
          [...now.values()],
          [...now],
        ]);
        for (const name of all) expect([placed.get(name), placed.has(name)]).toEqual([now.get(name), now.has(name)]);
        const told: [string, number][] = [];
        placed.forEach((value, name) => void told.push([name, value]));
        expect(told).toEqual([...now]);
        const first = Placed.of(before);
        expect(first.with(fresh).differing(first)).toEqual([...now.keys()].filter((name) => now.get(name) !== before.get(name)));
        expect([placed.differing(before), placed.differing(Placed.of(before))]).toEqual([undefined, undefined]);
        expect(placed.isNamedAs(now.keys())).toBe(true);
        expect(placed.isNamedAs(fresh.keys())).toBe(String([...fresh.keys()]) === String([...now.keys()]));
      }),
    );
  });
});
