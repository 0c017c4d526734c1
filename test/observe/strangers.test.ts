import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broughtAlong, strangersOf, walkedAgain, walkedOnce } from '../../src/observe/strangers.js';

const record = (of: number) => ({ of });
/** A list, and one that comes after it: some have left, some are new or others in their places, some have moved. */
const lists = fc
  .array(fc.record({ keeps: fc.constantFrom('stays', 'stays', 'stays', 'leaves', 'changes', 'moves'), before: fc.nat(2) }), { maxLength: 80 })
  .map((each) => {
    const last = each.map((_, at) => record(at));
    const moved = last.filter((_, at) => each[at]?.keeps === 'moves');
    const next = each.flatMap(({ keeps, before }, at) => [
      ...Array.from({ length: before === 2 ? 1 : 0 }, () => record(-1)),
      ...(keeps === 'stays' ? [last[at] as { of: number }] : keeps === 'changes' ? [record(at)] : []),
    ]);
    return { last, next: [...next, ...moved] };
  });

describe('Two lists of records, one after the other', () => {
  it('every place is a stranger or has the record of a place before, in the same order', () => {
    fc.assert(
      fc.property(lists, ({ last, next }) => {
        const { places, left } = strangersOf(last, next);
        const met = next.filter((_, at) => !places.includes(at));
        expect(met).toEqual(last.filter((_, at) => !left.includes(at)));
        expect(met.every((each, at) => each === last.filter((_, of) => !left.includes(of))[at])).toBe(true);
      }),
    );
  });

  it('what stands beside a record is brought along, and nothing beside a stranger', () => {
    fc.assert(
      fc.property(lists, ({ last, next }) => {
        const strangers = strangersOf(last, next);
        const beside = broughtAlong(last, next.length, strangers);
        expect(beside).toHaveLength(next.length);
        for (const [at, each] of next.entries()) expect(beside[at]).toBe(strangers.places.includes(at) ? undefined : each);
      }),
      { numRuns: 300 },
    );
  });

  it('most that stay are met, wherever others come and go', () => {
    const last = Array.from({ length: 200 }, (_, at) => record(at));
    const next = last.flatMap((each, at) => (at % 10 === 3 ? [] : at % 10 === 7 ? [record(at), each] : [each]));
    expect(strangersOf(last, next).places).toHaveLength(20);
    expect(strangersOf(last, next).left).toHaveLength(20);
  });

  it('a walk is remembered for the next along the same lists, once, and for no others', () => {
    const [last, next] = [[record(1), record(2)], [record(3)]];
    const walk = walkedOnce(last, next);
    expect(walkedAgain(last, [...next])).not.toBe(walk);
    expect(walkedAgain(last, next)).toBe(walk);
    expect(walkedAgain(last, next)).toEqual(walk);
    expect(walkedAgain(last, next)).not.toBe(walk);
    walkedOnce(last, next);
    expect(walkedAgain([], next)).toEqual(strangersOf([], next));
  });
});
