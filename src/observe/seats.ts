import { type BatchNode, isOffline, notePrefix } from '../model/batch.js';
import { because, type Reason } from '../model/reason.js';
import type { Seat } from '../model/seat.js';
import type { Withheld } from '../model/withheld.js';
import type { MachineView } from '../model/world.js';

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
