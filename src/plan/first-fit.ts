import {
  type Bin,
  fits,
  freeNow,
  type Item,
  less,
  type Move,
  more,
  type Packing,
  type PackingWish,
  type Patience,
  usualRoom,
  type Vector,
  weightOf,
} from './packing.js';

/** Which items first-fit-decreasing puts into which bin, by the bin's name; undefined where something fits nowhere. */
export function firstFitDecreasing({ bins, items }: Pick<PackingWish, 'bins' | 'items'>): ReadonlyMap<string, readonly Item[]> | undefined {
  const usual = usualRoom(bins);
  const held = heldBy(items);
  // those that are on anyway first, then the fullest: what is where it belongs stays there
  const weight = new Map(bins.map(({ name }) => [name, (held.get(name) ?? []).reduce((sum, { need }) => sum + weightOf(need, usual), 0)]));
  const order = [...bins].sort(
    (a, b) => Number(a.saves) - Number(b.saves) || (weight.get(b.name) ?? 0) - (weight.get(a.name) ?? 0) || (a.name < b.name ? -1 : 1),
  );
  const left = new Map<string, Vector>(order.map(({ name, room }) => [name, room]));
  const into = new Map<string, Item[]>();
  for (const item of [...items].sort((a, b) => weightOf(b.need, usual) - weightOf(a.need, usual) || (a.id < b.id ? -1 : 1))) {
    const bin = order.find((each) => (each.name === item.bin || isOpenTo(item, each)) && fits(left.get(each.name) ?? [], item.need));
    if (bin === undefined) return undefined;
    left.set(bin.name, less(left.get(bin.name) ?? [], item.need));
    into.set(bin.name, [...(into.get(bin.name) ?? []), item]);
  }
  return into;
}

const isOpenTo = ({ allowed }: Item, bin: Bin): boolean => bin.takes && (allowed?.has(bin.name) ?? true);

function heldBy(items: readonly Item[]): ReadonlyMap<string, readonly Item[]> {
  const held = new Map<string, Item[]>();
  for (const item of items) held.set(item.bin, [...(held.get(item.bin) ?? []), item]);
  return held;
}

/** The whole packing from scratch, as moves from where things are; undefined where it cannot be carried out one move at a time. */
export function firstFit(wish: PackingWish, patience: Patience): Packing | undefined {
  if (patience.isOver) return undefined;
  const into = firstFitDecreasing(wish);
  if (into === undefined) return undefined;
  const before = heldBy(wish.items);
  const pending = [...into].flatMap(([to, items]) => items.filter(({ bin }) => bin !== to).map((item) => ({ item, to })));
  const moves = inTurn(wish, pending);
  if (moves === undefined) return undefined;
  const emptied = wish.bins.filter(({ name, saves }) => saves && (before.get(name)?.length ?? 0) > 0 && (into.get(name)?.length ?? 0) === 0);
  const filled = wish.bins.filter(({ name, saves }) => saves && !before.has(name) && into.has(name)).length;
  return { moves, emptied: emptied.map(({ name }) => name), saved: emptied.length - filled, costMs: pending.reduce((sum, { item }) => sum + item.costMs, 0) };
}

/** The moves in an order in which each fits beside what is there then; undefined where they wait for one another. */
function inTurn(wish: PackingWish, wanted: readonly { readonly item: Item; readonly to: string }[]): readonly Move[] | undefined {
  const free = freeNow(wish);
  let pending = wanted;
  const moves: Move[] = [];
  while (pending.length > 0) {
    const waiting: (typeof wanted)[number][] = [];
    for (const move of pending) {
      const { item, to } = move;
      const room = free.get(to) ?? [];
      if (!fits(room, item.need)) {
        waiting.push(move);
        continue;
      }
      free.set(to, less(room, item.need));
      free.set(item.bin, more(free.get(item.bin) ?? [], item.need));
      moves.push({ id: item.id, from: item.bin, to });
    }
    if (waiting.length === pending.length) return undefined;
    pending = waiting;
  }
  return moves;
}
