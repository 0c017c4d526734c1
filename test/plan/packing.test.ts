import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstFit, firstFitDecreasing } from '../../src/plan/first-fit.js';
import { type Bin, type Item, nothing, type Packing, type PackingWish, Patience, pack } from '../../src/plan/packing.js';

const priceless = (count: number): number => count * 1e12;
const bin = (name: string, room: readonly number[], more: Partial<Bin> = {}): Bin => ({ name, room, takes: true, saves: true, ...more });
const item = (id: string, at: string, need: readonly number[], more: Partial<Item> = {}): Item => ({ id, bin: at, need, costMs: 1000, ...more });

/** Where everything is after the moves; each must fit beside what is there when its turn comes. Throws where one does not. */
function carriedOut({ bins, items }: PackingWish, { moves }: Packing): ReadonlyMap<string, string> {
  const at = new Map(items.map((each) => [each.id, each.bin]));
  const known = new Map(items.map((each) => [each.id, each]));
  for (const { id, from, to } of moves) {
    const moved = known.get(id);
    const target = bins.find(({ name }) => name === to);
    if (moved === undefined || target === undefined || at.get(id) !== from) throw new Error(`${id} is not in ${from}`);
    if (!target.takes || moved.allowed?.has(to) === false) throw new Error(`${id} may not go to ${to}`);
    at.set(id, to);
    target.room.forEach((room, kind) => {
      const used = items.filter((each) => at.get(each.id) === to).reduce((sum, each) => sum + (each.need[kind] ?? 0), 0);
      if (used > room + 1e-6) throw new Error(`${to} holds ${used} of ${room}`);
    });
  }
  return at;
}
const inUse = (at: ReadonlyMap<string, string>): number => new Set(at.values()).size;

/** Bins of one or several sizes, whose items are where they fit. */
const wishes = fc
  .record({
    rooms: fc.array(fc.tuple(fc.integer({ min: 4, max: 16 }), fc.integer({ min: 1024, max: 8192 })), { minLength: 1, maxLength: 9 }),
    same: fc.boolean(),
    items: fc.array(
      fc.record({
        at: fc.nat(8),
        cores: fc.integer({ min: 1, max: 6 }),
        memory: fc.integer({ min: 128, max: 3000 }),
        costMs: fc.integer({ min: 1000, max: 20_000 }),
      }),
      { maxLength: 24 },
    ),
    takes: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
    open: fc.boolean(),
  })
  .map(({ rooms, same, items: wanted, takes, open }): PackingWish => {
    const first = rooms[0] ?? [8, 4096];
    const bins = rooms.map((room, at) => bin(`h${at}`, same ? first : room, { takes: open || takes[at] === true, saves: open || at % 4 !== 3 }));
    const used = bins.map(() => [0, 0] as [number, number]);
    const items = wanted.flatMap(({ at, cores, memory, costMs }, number): Item[] => {
      const place = at % bins.length;
      const [usedCores, usedMemory] = used[place] ?? [0, 0];
      const [room = 0, roomMemory = 0] = bins[place]?.room ?? [];
      if (usedCores + cores > room || usedMemory + memory > roomMemory) return [];
      used[place] = [usedCores + cores, usedMemory + memory];
      return [item(`m${number}`, `h${place}`, [cores, memory], { costMs })];
    });
    return { bins, items, worthMs: priceless };
  });

describe('packing', () => {
  it('never exceeds what a bin has, at any moment, and empties what it says', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        const plan = pack(wish);
        const at = carriedOut(wish, plan);
        for (const name of plan.emptied) expect([...at.values()]).not.toContain(name);
        expect(plan.costMs).toBe(plan.moves.reduce((sum, { id }) => sum + (wish.items.find((each) => each.id === id)?.costMs ?? 0), 0));
      }),
      { numRuns: 300 },
    );
  });

  it('never uses more bins than there are in use, nor than first-fit-decreasing where that can be carried out', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        const saving = new Set(wish.bins.filter(({ saves }) => saves).map(({ name }) => name));
        const count = (names: Iterable<string>): number => new Set([...names].filter((name) => saving.has(name))).size;
        const used = count(carriedOut(wish, pack(wish)).values());
        expect(used).toBeLessThanOrEqual(count(wish.items.map((each) => each.bin)));
        const fresh = firstFitDecreasing(wish);
        if (fresh === undefined || firstFit(wish, new Patience(1e9)) === undefined) return;
        expect(used).toBeLessThanOrEqual(count(fresh.keys()));
      }),
      { numRuns: 300 },
    );
  });

  it('moves nothing twice, and nothing that does not empty a bin or make room for what does', () => {
    fc.assert(
      fc.property(wishes, (wish) => {
        const plan = pack(wish);
        expect(new Set(plan.moves.map(({ id }) => id)).size).toBe(plan.moves.length);
        if (plan.saved === 0) expect(plan.moves).toEqual([]);
        expect(plan.saved).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it('packs 62 hosts of one small machine each to the memory minimum: 8, or 9 where Dom0 keeps 256 MiB', () => {
    for (const [room, left] of [
      [2048, 8],
      [2048 - 256, 9],
    ] as const) {
      const names = Array.from({ length: 62 }, (_, at) => `post${String(at + 1).padStart(2, '0')}`);
      const wish = { bins: names.map((name) => bin(name, [8, room])), items: names.map((name) => item(`${name}-s`, name, [1, 256])), worthMs: priceless };
      const plan = pack(wish);
      expect(plan.moves).toHaveLength(62 - left);
      expect(inUse(carriedOut(wish, plan))).toBe(left);
      const perTarget = new Map<string, number>();
      for (const { to } of plan.moves) perTarget.set(to, (perTarget.get(to) ?? 0) + 1);
      expect(Math.max(...perTarget.values())).toBe(7 - (left - 8)); // evenly, as many targets as possible work side by side
    }
  });

  it('leaves a host on when emptying it costs more than it is worth', () => {
    const bins = [bin('a', [4, 4096]), bin('b', [4, 4096])];
    const items = [item('m', 'a', [1, 1024], { costMs: 70_000 }), item('n', 'b', [1, 1024], { costMs: 80_000 })];
    expect(pack({ bins, items, worthMs: (count) => count * 60_000 })).toEqual(nothing);
    expect(pack({ bins, items, worthMs: (count) => count * 75_000 })).toEqual({
      moves: [{ id: 'm', from: 'a', to: 'b' }],
      emptied: ['a'],
      saved: 1,
      costMs: 70_000,
    });
  });

  it('empties the cheapest hosts, and goes only where things may go', () => {
    const bins = [bin('a', [4, 4096]), bin('b', [4, 4096]), bin('c', [4, 4096], { takes: false, saves: false }), bin('d', [4, 4096])];
    const items = [
      item('heavy', 'a', [3, 3000], { costMs: 50_000 }),
      item('light', 'b', [1, 256], { costMs: 4_000 }),
      item('bound', 'd', [1, 256], { costMs: 4_000, allowed: new Set(['c']) }),
    ];
    const plan = pack({ bins, items, worthMs: (count) => count * 600_000 });
    expect(plan.emptied).toEqual(['b']);
    expect(plan.moves).toEqual([{ id: 'light', from: 'b', to: 'a' }]);
  });

  it('repacks from scratch where emptying alone does not help', () => {
    // each bin is too full to take another's items whole, yet three bins' items fit into two
    const bins = ['a', 'b', 'c', 'd'].map((name) => bin(name, [10, 100]));
    const items = [item('a1', 'a', [6, 1]), item('b1', 'b', [6, 1]), item('c1', 'c', [4, 1]), item('d1', 'd', [4, 1])];
    expect(inUse(carriedOut({ bins, items, worthMs: priceless }, pack({ bins, items, worthMs: priceless })))).toBe(2);
  });

  it('stops asking when its questions are used up, with a plan that holds', () => {
    const names = Array.from({ length: 300 }, (_, at) => `h${String(at).padStart(3, '0')}`);
    const wish = { bins: names.map((name) => bin(name, [8, 2048])), items: names.map((name) => item(`${name}-s`, name, [1, 256])), worthMs: priceless };
    for (const questions of [0, 10, 5_000]) carriedOut(wish, pack({ ...wish, questions }));
    expect(pack({ ...wish, questions: 0 })).toEqual(nothing);
    expect(pack(wish).emptied).toHaveLength(262);
  });
});
