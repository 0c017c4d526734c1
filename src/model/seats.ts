import { Placed } from './placed.js';
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
  const next = Placed.of(seats).with(fresh);
  const lists = new Map(seatLists(seats));
  const copied = new Map<string, SeatView[]>();
  for (const view of fresh.values()) {
    const { environment, name } = view.seat;
    const list = copied.get(environment) ?? [...(lists.get(environment) ?? [])];
    copied.set(environment, list);
    const place = placeOf(list, name);
    if (place >= 0) list[place] = view;
  }
  for (const [environment, list] of copied) lists.set(environment, list);
  known.set(next, lists);
  return next;
}

/** Where the seat of that name stands in a list by name; -1 where it is not. */
function placeOf(list: readonly SeatView[], name: string): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as SeatView).seat.name < name) low = middle + 1;
    else high = middle;
  }
  return list[low]?.seat.name === name ? low : -1;
}
