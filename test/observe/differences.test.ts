import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Placed } from '../../src/model/placed.js';
import { seatLists, withSeats } from '../../src/model/seats.js';
import type { SeatView } from '../../src/model/world.js';
import { differences } from '../../src/observe/differences.js';

const map = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: 1, max: 3 })).map((record) => new Map(Object.entries(record)));

describe('differences', () => {
  it('tells exactly the keys whose value is not the same in both', () => {
    fc.assert(
      fc.property(map, map, (before, now) => {
        const told: string[] = [];
        differences(before, now, (key) => void told.push(key));
        const wanted = [...new Set([...before.keys(), ...now.keys()])].filter((key) => before.get(key) !== now.get(key));
        expect(told.sort()).toEqual(wanted.sort());
      }),
    );
  });

  it('tells the same of values that share their names', () => {
    fc.assert(
      fc.property(map, map, (old, fresh) => {
        const before = Placed.of(old);
        const now = before.with(fresh);
        const told: string[] = [];
        differences(before, now, (key) => void told.push(key));
        expect(told).toEqual([...old.keys()].filter((key) => now.get(key) !== old.get(key)));
      }),
    );
  });

  it('takes a map that is missing for an empty one', () => {
    const told: string[] = [];
    differences(undefined, new Map([['a', 1]]), (key) => void told.push(key));
    differences(new Map([['b', 1]]), undefined, (key) => void told.push(key));
    expect(told).toEqual(['a', 'b']);
  });
});

const seat = (name: string, environment: string, np = 1): SeatView =>
  ({ seat: { name, environment, largestNp: np }, node: undefined, machine: undefined }) as unknown as SeatView;

describe('seats with some views changed', () => {
  const before = new Map([seat('b2', 'b'), seat('a1', 'a'), seat('b1', 'b'), seat('a2', 'a')].map((view) => [view.seat.name, view]));

  it('read as a map made anew would, in the same order', () => {
    const fresh = new Map([['a2', seat('a2', 'a', 7)]]);
    const now = withSeats(withSeats(before, new Map([['b1', seat('b1', 'b', 5)]])), fresh);
    expect([...now.keys()]).toEqual(['b2', 'a1', 'b1', 'a2']);
    expect([...now].map(([name, view]) => [name, view.seat.largestNp])).toEqual([
      ['b2', 1],
      ['a1', 1],
      ['b1', 5],
      ['a2', 7],
    ]);
    expect([now.size, now.has('b1'), now.has('c'), now.get('a2'), now.get('c')]).toEqual([4, true, false, fresh.get('a2'), undefined]);
    expect(before.get('a2')?.seat.largestNp).toBe(1);
  });

  it('keep the lists of environments that have none of them', () => {
    const now = withSeats(before, new Map([['a2', seat('a2', 'a', 7)]]));
    expect(seatLists(now).get('b')).toBe(seatLists(before).get('b'));
    expect(
      seatLists(now)
        .get('a')
        ?.map((view) => view.seat.largestNp),
    ).toEqual([1, 7]);
    expect(
      seatLists(before)
        .get('b')
        ?.map((view) => view.seat.name),
    ).toEqual(['b1', 'b2']);
  });

  it('are the same seats where none changed', () => expect(withSeats(before, new Map())).toBe(before));
});
