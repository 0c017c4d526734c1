import type { BatchNode } from '../model/batch.js';
import { isDown, isOffline } from '../model/batch.js';
import type { Guest } from '../model/host.js';
import { isAlive } from '../model/host.js';
import type { Machine, MachinePhase } from '../model/machine.js';
import { sameSize } from '../model/size.js';

/** What the phase hangs on, each from a closed list: the matrix test runs over every combination. */
export interface Seen {
  readonly goal: 'serve' | 'resize' | 'gone';
  readonly failing: boolean;
  /** On its way to another host, and not seen there yet. */
  readonly moving: boolean;
  /** How far the row says it has come. */
  readonly made: 'nothing' | 'overlay' | 'guest' | 'ready' | 'stopped';
  readonly guest: 'unknown' | 'absent' | 'dead' | 'alive';
  readonly node: 'unknown' | 'offline' | 'down' | 'online';
}

type Row = readonly [when: Partial<{ readonly [K in keyof Seen]: readonly Seen[K][] }>, phase: MachinePhase];

/**
 * First match wins. A silent host (`guest: unknown`) never makes a machine lost: it stays what the node and the row
 * say. One that is being moved is nowhere else until both hosts were looked at (plan/moving.ts). A guest that the row says was made and that a current answer does not show is lost; a crashed one has failed.
 */
export const phaseTable: readonly Row[] = [
  [{ moving: [true] }, 'migrating'],
  [{ goal: ['gone'], made: ['stopped'] }, 'stopping'],
  [{ goal: ['gone'], guest: ['absent', 'dead'] }, 'stopping'],
  [{ goal: ['gone'] }, 'draining'],
  [{ failing: [true] }, 'failed'],
  [{ made: ['stopped'] }, 'lost'],
  [{ made: ['guest', 'ready'], guest: ['absent'] }, 'lost'],
  [{ guest: ['dead'] }, 'failed'],
  [{ made: ['nothing'], guest: ['unknown', 'absent'] }, 'wanted'],
  [{ made: ['nothing', 'overlay'], guest: ['unknown', 'absent'] }, 'preparing'],
  [{ made: ['nothing', 'overlay', 'guest'] }, 'booting'],
  [{ goal: ['resize'] }, 'resizing'],
  [{ node: ['online'] }, 'ready'],
  [{}, 'joining'],
];

/** The same, each row's conditions as a list. */
const conditions = phaseTable.map(([when, phase]) => ({ when: Object.entries(when) as [keyof Seen, readonly unknown[]][], phase }));

export function phaseOf(seen: Seen): MachinePhase {
  for (const { when, phase } of conditions) if (when.every(([key, wanted]) => wanted.includes(seen[key]))) return phase;
  throw new RangeError(`no phase for ${JSON.stringify(seen)}`);
}

const madeOf = (row: Machine): Seen['made'] =>
  row.guestGoneAt !== undefined
    ? 'stopped'
    : row.readyAt !== undefined
      ? 'ready'
      : row.guestAt !== undefined
        ? 'guest'
        : row.overlayAt !== undefined
          ? 'overlay'
          : 'nothing';

export function nodeSeen(node: BatchNode | undefined, heard: boolean): Seen['node'] {
  if (node === undefined || !heard) return 'unknown';
  return isOffline(node) ? 'offline' : isDown(node) ? 'down' : 'online';
}

/** From the row and what is seen to the table's key. `node` is what was last heard, even when its source is silent now. */
export function seenOf(row: Machine, guest: Guest | undefined, hostHeard: boolean, node: BatchNode | undefined): Seen {
  return {
    goal: row.goal.kind === 'gone' ? 'gone' : sameSize(row.goal.size, row.size) ? 'serve' : 'resize',
    failing: row.failing !== undefined,
    moving: row.moving !== undefined && row.host === row.moving.from,
    made: madeOf(row),
    guest: !hostHeard ? 'unknown' : guest === undefined ? 'absent' : isAlive(guest) ? 'alive' : 'dead',
    node: nodeSeen(node, node !== undefined),
  };
}
