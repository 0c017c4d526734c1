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
  const next = new Map(seats);
  const environments = new Set<string>();
  for (const [name, view] of fresh) {
    next.set(name, view);
    environments.add(view.seat.environment);
  }
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
