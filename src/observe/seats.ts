import { type BatchNode, isOffline, notePrefix } from '../model/batch.js';
import { latelyPer } from '../model/once.js';
import { Placed } from '../model/placed.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Seat } from '../model/seat.js';
import { withSeats } from '../model/seats.js';
import { atATime, type Slices } from '../model/slices.js';
import type { Withheld } from '../model/withheld.js';
import type { MachineView, SeatView, World } from '../model/world.js';
import { differences } from './differences.js';
import type { Inputs, Joined } from './join.js';
import type { NodeFinder } from './nodes.js';

/** By whose decision a node is offline. Offline without our note is a person's: never cleared. */
export function offlineBy(node: BatchNode, withheld: Withheld | undefined): 'nobody' | 'us' | 'person' {
  if (!isOffline(node)) return 'nobody';
  if (node.note.startsWith(notePrefix) || (withheld !== undefined && node.note === '')) return 'us';
  return 'person';
}

/** Why no machine may sit on the seat now; undefined when one may. */
export function seatBlocked(
  seat: Seat,
  node: BatchNode | undefined,
  heard: boolean,
  withheld: Withheld | undefined,
  machine: MachineView | undefined,
  jobs: readonly string[],
): Reason | undefined {
  if (machine !== undefined) return because('seat-taken', { machine: machine.row.id }, [`machine:${machine.row.id}`]);
  if (seat.feasibility) return because('seat-feasibility', { seat: seat.name });
  if (!heard) return because('wait-unread', { source: seat.source }, [`source:${seat.source}`]);
  if (node === undefined) return because('wait-seat-unlisted', { seat: seat.name });
  if (offlineBy(node, withheld) === 'person') return because('wait-seat-person', { seat: seat.name, note: node.note });
  if (jobs.length > 0) return because('wait-seat-jobs', { seat: seat.name, jobs: jobs.slice(0, 3).join(', ') });
  return undefined;
}

/** Every seat with what stands there; one where nothing changed keeps its view. `nodes`: those of which something else is said than last time. */
export function* viewSeats(
  previous: Joined | undefined,
  inputs: Inputs,
  find: NodeFinder,
  bySeat: ReadonlyMap<string, MachineView>,
  sources: Joined['sources'],
  nodes: ReadonlySet<string> | undefined,
  lingering: ReadonlyMap<string, Reason>,
): Slices<World['seats']> {
  const view = (seat: Seat): SeatView => {
    const node = find.node(seat.name);
    const machine = bySeat.get(seat.name);
    const jobs = jobsNaming(seat, node, sources);
    const blocked = seatBlocked(seat, node, heardOf(inputs, seat.source), inputs.rows.withheld.get(seat.name), machine, jobs) ?? lingering.get(seat.name);
    return { seat, node, machine, ...(blocked === undefined ? {} : { blocked }) };
  };
  const { seats } = inputs.policy;
  if (previous === undefined || nodes === undefined || lingering.size > 0 || previous.world.strays.length > 0) {
    const whole = new Map<string, SeatView>();
    for (const seat of seatList(seats)) if (whole.set(seat.name, view(seat)).size % atATime === 0) yield;
    return Placed.of(whole);
  }
  const names = new Set(nodes);
  differences(machinesBySeat(previous.world.machines), bySeat, (name) => void names.add(name));
  const fresh = new Map<string, SeatView>();
  let count = 0;
  for (const name of names) {
    if (++count % atATime === 0) yield;
    const seat = seats[name];
    if (seat !== undefined) fresh.set(name, view(seat));
  }
  return withSeats(previous.world.seats, fresh);
}

function jobsNaming(seat: Seat, node: BatchNode | undefined, sources: Joined['sources']): readonly string[] {
  const jobs = new Set((node?.jobs ?? []).map(({ id }) => id));
  for (const id of sources.get(seat.source)?.byNode.get(seat.name) ?? []) jobs.add(id);
  return [...jobs];
}

const seatList = latelyPer((seats: Inputs['policy']['seats']): readonly Seat[] => Object.values(seats));

const heardOf = ({ batch }: Inputs, source: string): boolean => {
  const reading = batch.get(source);
  return reading !== undefined && isHeard(reading);
};

type Seated = readonly [World['machines'], Placed<MachineView>];
let [newest, older]: Seated[] = [];

/** Who sits where. The last two are remembered: a join asks for those before and those now, and few of thousands have changed between them. */
export function machinesBySeat(machines: World['machines']): ReadonlyMap<string, MachineView> {
  if (newest?.[0] === machines) return newest[1];
  const found = older?.[0] === machines ? older : ([machines, followed(newest, machines) ?? Placed.of(seatedIn(machines))] as const);
  older = newest;
  newest = found;
  return found[1];
}

function seatedIn(machines: World['machines']): ReadonlyMap<string, MachineView> {
  const bySeat = new Map<string, MachineView>();
  for (const view of machines.values()) if (view.row.kind !== 'service') bySeat.set(view.row.seat, view);
  return bySeat;
}

/** From who sat there before: a machine's name says where it sits. Undefined where there are others, or not each has a seat of its own. */
function followed(before: Seated | undefined, machines: World['machines']): Placed<MachineView> | undefined {
  if (before === undefined || before[0].size !== before[1].size || !(machines instanceof Placed)) return undefined;
  const names = machines.differing(before[0]);
  if (names === undefined) return undefined;
  const fresh = new Map<string, MachineView>();
  for (const name of names) {
    const view = machines.get(name) as MachineView;
    if (view.row.seat !== before[0].get(name)?.row.seat) return undefined;
    fresh.set(view.row.seat, view);
  }
  return before[1].with(fresh);
}
