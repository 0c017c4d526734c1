import { firstFit } from './first-fit.js';

/** What something takes, or a bin has: cores, memory, load; each in its own unit. */
export type Vector = readonly number[];

/** One machine that may go elsewhere. */
export interface Item {
  readonly id: string;
  /** The bin it is in. */
  readonly bin: string;
  readonly need: Vector;
  /** What moving it is reckoned to take, ms. */
  readonly costMs: number;
  /** Bins that it may go to; absent: all that take any. */
  readonly allowed?: ReadonlySet<string>;
}

/** One host. */
export interface Bin {
  readonly name: string;
  /** Room for items: what is free, and what its own items take now. */
  readonly room: Vector;
  /** Others may come. */
  readonly takes: boolean;
  /** Nothing but items is in it, and it would be switched off without them. */
  readonly saves: boolean;
}

export interface Move {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

export interface Packing {
  /** In an order in which each fits when those before it are done. */
  readonly moves: readonly Move[];
  /** Bins that are empty afterwards and were not before. */
  readonly emptied: readonly string[];
  /** How many fewer are in use: some that were empty may be filled for it. */
  readonly saved: number;
  readonly costMs: number;
}

export interface PackingWish {
  readonly bins: readonly Bin[];
  readonly items: readonly Item[];
  /** What `count` bins less are worth, ms of moving. */
  readonly worthMs: (count: number) => number;
  /** Questions whether something fits, at most; then the best so far counts. Default 2,000,000: below a second. */
  readonly questions?: number;
}

export const nothing: Packing = { moves: [], emptied: [], saved: 0, costMs: 0 };

/** Rounding of sums of loads. */
const grain = 1e-9;
export const fits = (room: Vector, need: Vector): boolean => need.every((each, at) => each <= (room[at] ?? 0) + grain);
export const less = (room: Vector, need: Vector): number[] => room.map((each, at) => each - (need[at] ?? 0));
export const more = (room: Vector, need: Vector): number[] => room.map((each, at) => each + (need[at] ?? 0));

/** The largest part that it takes of a usual bin: what is packed first. */
export const weightOf = (need: Vector, usual: Vector): number => Math.max(...need.map((each, at) => each / Math.max(grain, usual[at] ?? 1)));

/** The largest room of each kind. */
export const usualRoom = (bins: readonly Bin[]): Vector => {
  const [first] = bins;
  return first === undefined ? [] : first.room.map((_, at) => Math.max(...bins.map(({ room }) => room[at] ?? 0)));
};

export const mayGo = ({ allowed, bin }: Item, to: Bin): boolean => to.takes && to.name !== bin && (allowed?.has(to.name) ?? true);

/** Counts questions down; false when none is left. */
export class Patience {
  #left: number;
  constructor(questions: number) {
    this.#left = questions;
  }
  ask(): boolean {
    return this.#left-- > 0;
  }
  get isOver(): boolean {
    return this.#left <= 0;
  }
}

/**
 * Empties bins so that what is saved is worth the moves: the cheapest bins first, into the fullest others, tried in
 * several orders; and first-fit-decreasing from scratch, so that the answer is never worse than that where it can be
 * carried out. Of all plans the one whose worth exceeds its cost by most counts, then the one that moves least. Pure,
 * deterministic, and bounded by the number of questions it asks.
 */
export function pack(wish: PackingWish): Packing {
  const patience = new Patience(wish.questions ?? 2_000_000);
  const usual = usualRoom(wish.bins);
  const plans = orders.map((order) => emptying(wish, usual, order, patience));
  const whole = firstFit(wish, patience);
  let best = nothing;
  for (const plan of whole === undefined ? plans : [...plans, whole]) if (better(plan, best, wish)) best = plan;
  return best;
}

function better(plan: Packing, than: Packing, { worthMs }: PackingWish): boolean {
  const gain = ({ saved, costMs }: Packing): number => worthMs(saved) - costMs;
  return gain(plan) > gain(than) || (gain(plan) === gain(than) && plan.moves.length < than.moves.length);
}

/** A bin that might be emptied, with what is in it, the heaviest first. */
interface Candidate {
  readonly bin: Bin;
  readonly items: readonly Item[];
  readonly costMs: number;
  readonly weight: number;
}

const byName = (a: Candidate, b: Candidate): number => (a.bin.name < b.bin.name ? -1 : 1);
/** In which order bins are emptied: cheapest, lightest, with fewest items. The last by name first, as hosts are switched off. */
const orders: readonly ((a: Candidate, b: Candidate) => number)[] = [
  (a, b) => a.costMs - b.costMs || a.weight - b.weight || byName(b, a),
  (a, b) => a.weight - b.weight || a.costMs - b.costMs || byName(b, a),
  (a, b) => a.items.length - b.items.length || a.weight - b.weight || byName(b, a),
];

function candidatesOf({ bins, items }: PackingWish, usual: Vector): Candidate[] {
  const inBin = new Map<string, Item[]>();
  for (const item of items) inBin.set(item.bin, [...(inBin.get(item.bin) ?? []), item]);
  return bins.flatMap((bin) => {
    const own = [...(inBin.get(bin.name) ?? [])].sort((a, b) => weightOf(b.need, usual) - weightOf(a.need, usual) || (a.id < b.id ? -1 : 1));
    if (!bin.saves || own.length === 0) return [];
    const sum = (of: (item: Item) => number): number => own.reduce((all, item) => all + of(item), 0);
    return [{ bin, items: own, costMs: sum((item) => item.costMs), weight: sum((item) => weightOf(item.need, usual)) }];
  });
}

/** Empties one bin after the other into those that stay: what has taken something in is not emptied itself. */
function emptying(wish: PackingWish, usual: Vector, order: (a: Candidate, b: Candidate) => number, patience: Patience): Packing {
  const candidates = candidatesOf(wish, usual).sort(order);
  const rank = new Map(candidates.map(({ bin }, at) => [bin.name, at]));
  const last = (name: string): number => rank.get(name) ?? candidates.length;
  const used = new Set(wish.items.map(({ bin }) => bin));
  // an empty bin that would be switched off is nowhere to go to; those emptied last come first
  const open = wish.bins.filter(({ name, takes, saves }) => takes && (!saves || used.has(name)));
  const targets = open.sort((a, b) => last(b.name) - last(a.name));
  const fill = new Filling(targets, freeNow(wish), usual, patience);
  const emptied: string[] = [];
  let costMs = 0;
  for (const candidate of candidates) {
    if (fill.hasTaken(candidate.bin.name) || !pays(wish, emptied.length, candidate.costMs)) continue;
    if (!fill.empty(candidate)) continue;
    emptied.push(candidate.bin.name);
    costMs += candidate.costMs;
  }
  return { moves: fill.moves, emptied, saved: emptied.length, costMs };
}

/** One more bin less is worth its cost; the first ones may be kept on empty, and are worth nothing. */
function pays({ worthMs }: PackingWish, before: number, costMs: number): boolean {
  const worth = worthMs(before + 1);
  return worth === 0 || worth - worthMs(before) > costMs;
}

/** Bins that take things in while others are emptied. */
class Filling {
  readonly moves: Move[] = [];
  readonly #targets: readonly Bin[];
  readonly #free: Map<string, Vector>;
  readonly #usual: Vector;
  readonly #patience: Patience;
  readonly #taken = new Set<string>();
  readonly #empty = new Set<string>();

  constructor(targets: readonly Bin[], free: Map<string, Vector>, usual: Vector, patience: Patience) {
    this.#targets = targets;
    this.#free = free;
    this.#usual = usual;
    this.#patience = patience;
  }

  hasTaken(bin: string): boolean {
    return this.#taken.has(bin);
  }

  /** Puts everything of one bin into others, or nothing; true when it is empty. */
  empty({ bin, items }: Candidate): boolean {
    this.#empty.add(bin.name);
    const left = new Map<string, Vector>();
    const found: Move[] = [];
    for (const item of items) {
      const to = this.#best(item, left);
      if (to === undefined) {
        this.#empty.delete(bin.name);
        return false;
      }
      left.set(to, less(left.get(to) ?? this.#free.get(to) ?? [], item.need));
      found.push({ id: item.id, from: bin.name, to });
    }
    this.moves.push(...found);
    for (const [to, room] of left) {
      this.#taken.add(to);
      this.#free.set(to, room);
    }
    return true;
  }

  /** Where it fits best: where least is left. */
  #best(item: Item, left: ReadonlyMap<string, Vector>): string | undefined {
    let best: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const bin of this.#targets) {
      if (!this.#patience.ask()) return undefined;
      const room = left.get(bin.name) ?? this.#free.get(bin.name) ?? [];
      if (this.#empty.has(bin.name) || !mayGo(item, bin) || !fits(room, item.need)) continue;
      const slack = this.#slack(room, item.need);
      if (slack >= least - grain) continue;
      best = bin.name;
      least = slack;
    }
    return best;
  }

  #slack(room: Vector, need: Vector): number {
    return room.reduce((sum, each, at) => sum + (each - (need[at] ?? 0)) / Math.max(grain, this.#usual[at] ?? 1), 0);
  }
}

/** Room that nothing takes now. */
export function freeNow({ bins, items }: PackingWish): Map<string, Vector> {
  const free = new Map<string, Vector>(bins.map(({ name, room }) => [name, room]));
  for (const { bin, need } of items) {
    const room = free.get(bin);
    if (room !== undefined) free.set(bin, less(room, need));
  }
  return free;
}
