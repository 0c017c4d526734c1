import { type BatchNode, isOffline, notePrefix } from '../model/batch.js';
import { oncePer } from '../model/once.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Seat } from '../model/seat.js';
import type { Withheld } from '../model/withheld.js';
import type { MachineView, SeatView, World } from '../model/world.js';
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

/** Every seat with what stands there; one where nothing changed keeps its view. */
export function viewSeats(
  previous: Joined | undefined,
  inputs: Inputs,
  find: NodeFinder,
  bySeat: ReadonlyMap<string, MachineView>,
  sources: Joined['sources'],
  lingering: ReadonlyMap<string, Reason>,
): World['seats'] {
  const stands = lingering.size === 0 ? standing(previous, inputs, sources) : undefined;
  const seats = new Map<string, SeatView>();
  let changed = stands === undefined;
  for (const seat of seatList(inputs.policy.seats)) {
    const node = find(seat.name)?.node;
    const machine = bySeat.get(seat.name);
    const before = stands === undefined ? undefined : previous?.world.seats.get(seat.name);
    if (before !== undefined && before.node === node && before.machine === machine && stands?.(seat) === true) {
      seats.set(seat.name, before);
      continue;
    }
    changed = true;
    const jobs = jobsNaming(seat, node, sources);
    const blocked = seatBlocked(seat, node, heardOf(inputs, seat.source), inputs.rows.withheld.get(seat.name), machine, jobs) ?? lingering.get(seat.name);
    seats.set(seat.name, { seat, node, machine, ...(blocked === undefined ? {} : { blocked }) });
  }
  return changed || previous === undefined ? seats : previous.world.seats;
}

function jobsNaming(seat: Seat, node: BatchNode | undefined, sources: Joined['sources']): readonly string[] {
  const jobs = new Set((node?.jobs ?? []).map(({ id }) => id));
  for (const id of sources.get(seat.source)?.byNode.get(seat.name) ?? []) jobs.add(id);
  return [...jobs];
}

const seatList = oncePer((seats: Inputs['policy']['seats']): readonly Seat[] => Object.values(seats));

const heardOf = ({ batch }: Inputs, source: string): boolean => {
  const reading = batch.get(source);
  return reading !== undefined && isHeard(reading);
};

/** Does what a seat's state hangs on besides its node and its machine stand as it did? Undefined: nothing may be kept. */
function standing(previous: Joined | undefined, inputs: Inputs, sources: Joined['sources']): ((seat: Seat) => boolean) | undefined {
  if (previous === undefined || previous.inputs.policy !== inputs.policy || previous.world.strays.length > 0) return undefined;
  const before = previous.inputs.rows.withheld;
  const now = inputs.rows.withheld;
  const heardAlike = new Map([...inputs.batch.keys()].map((source) => [source, heardOf(previous.inputs, source) === heardOf(inputs, source)]));
  return ({ name, source }) => {
    const old = previous.sources.get(source)?.byNode;
    const lists = sources.get(source)?.byNode;
    return heardAlike.get(source) !== false && (before === now || before.get(name) === now.get(name)) && (old === lists || old?.get(name) === lists?.get(name));
  };
}
