import type { SeatView, World } from './world.js';

/** Seats by environment, each list by name. */
export type SeatLists = ReadonlyMap<string, readonly SeatView[]>;

const known = new WeakMap<World['seats'], SeatLists>();

/** The seats of each environment, by name. Worked out once for each map of seats. */
export function seatLists(seats: World['seats']): SeatLists {
  const before = known.get(seats);
  if (before !== undefined) return before;
  const lists = new Map<string, SeatView[]>();
  for (const view of seats.values()) {
    const there = lists.get(view.seat.environment);
    if (there === undefined) lists.set(view.seat.environment, [view]);
    else there.push(view);
  }
  for (const there of lists.values()) if (!isByName(there)) there.sort((a, b) => (a.seat.name < b.seat.name ? -1 : 1));
  known.set(seats, lists);
  return lists;
}

function isByName(views: readonly SeatView[]): boolean {
  for (let at = 1; at < views.length; at++) if ((views[at - 1] as SeatView).seat.name > (views[at] as SeatView).seat.name) return false;
  return true;
}

/** `seats` with other views of the seats in `fresh`; lists of environments that have none of these stay the same lists. */
export function withSeats(seats: World['seats'], fresh: ReadonlyMap<string, SeatView>): World['seats'] {
  if (fresh.size === 0) return seats;
  const next = (seats instanceof Seats ? seats : new Seats([...seats.values()])).with(fresh);
  const environments = new Set<string>();
  for (const view of fresh.values()) environments.add(view.seat.environment);
  const lists = new Map(seatLists(seats));
  for (const environment of environments) {
    const list = lists.get(environment) ?? [];
    lists.set(
      environment,
      list.map((view) => fresh.get(view.seat.name) ?? view),
    );
  }
  known.set(next, lists);
  return next;
}

/** Seats by name, in the order of the configuration: there are thousands, and a few change at a time, so names and places are shared and only the views are copied. */
export class Seats implements ReadonlyMap<string, SeatView> {
  readonly #views: readonly SeatView[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(views: readonly SeatView[], places: ReadonlyMap<string, number> = new Map(views.map(({ seat }, at) => [seat.name, at]))) {
    this.#views = views;
    this.#places = places;
  }

  /** The same seats with other views of some; a seat that is not among them is left out. */
  with(fresh: ReadonlyMap<string, SeatView>): Seats {
    const views = this.#views.slice();
    for (const [name, view] of fresh) {
      const place = this.#places.get(name);
      if (place !== undefined) views[place] = view;
    }
    return new Seats(views, this.#places);
  }

  get size(): number {
    return this.#views.length;
  }
  get(name: string): SeatView | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#views[place];
  }
  has(name: string): boolean {
    return this.#places.has(name);
  }
  keys(): MapIterator<string> {
    return this.#places.keys();
  }
  values(): MapIterator<SeatView> {
    return this.#views.values() as MapIterator<SeatView>;
  }
  *entries(): MapIterator<[string, SeatView]> {
    for (const view of this.#views) yield [view.seat.name, view];
  }
  forEach(each: (view: SeatView, name: string, seats: ReadonlyMap<string, SeatView>) => void): void {
    for (const view of this.#views) each(view, view.seat.name, this);
  }
  [Symbol.iterator](): MapIterator<[string, SeatView]> {
    return this.entries();
  }
}
