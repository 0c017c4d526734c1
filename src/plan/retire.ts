import { altered } from '../model/altered.js';
import { isOffline, notePrefix } from '../model/batch.js';
import { isAlive } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { Change, Generation } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { isPersons, towardsOffline } from './offline.js';
import { requeue } from './requeue.js';
import { batchAskedAfter, type Context, hostAskedAfter, hostWaits, machineRef, nodeWaits, rowChange, type Step, safetyOf } from './step.js';

export const restNote = `${notePrefix}at rest`;

/**
 * A machine whose goal is to be gone: node offline and proved jobless, guest stopped, disk removed, seat at rest, row
 * closed. A guest that is proved absent or dead needs no proof about jobs: nothing is left to be hurt.
 */
export function retire(context: Context, machine: MachineView): Step {
  const { row, guest, hostHeard } = machine;
  if (row.goal.kind !== 'gone') throw new RangeError(`${row.id} is to serve`);
  const why = row.goal.reason;
  if (row.guestGoneAt !== undefined) return returned(context, machine) ?? afterGuest(context, machine, row.guestGoneAt);
  const absent = hostHeard && guest === undefined && hostAskedAfter(context, machine, Math.max(row.shutdownAt ?? 0, row.guestAt ?? 0));
  const missing = nodeFirst(context, machine, why, row.goal.since, absent);
  if (missing !== undefined) return missing;
  const waits = hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  if (absent) return { reason: why, changes: [rowChange(altered(row, { guestGoneAt: context.now }))] };
  if (guest === undefined)
    return { reason: because('step-look-again', { sinceMs: context.now - (row.shutdownAt ?? row.goal.since), of: row.host }, machineRef(row)) };
  return stopGuest(context, machine, why, isAlive(guest));
}

/** A guest that was rebooting when its host was looked at is not there for a moment. It is seen again: it must go after all. */
function returned(context: Context, machine: MachineView): Step | undefined {
  const { row, guest } = machine;
  if (guest === undefined || !isAlive(guest) || !hostAskedAfter(context, machine, row.guestGoneAt ?? 0)) return undefined;
  const { guestGoneAt: _, ...there } = row;
  return { reason: row.goal.kind === 'gone' ? row.goal.reason : row.reason, changes: [rowChange(there)] };
}

/** What must be done at the node before the guest is touched: all of it while the guest may run jobs, else only that the node goes offline. */
function nodeFirst(context: Context, machine: MachineView, why: Reason, since: number, absent: boolean): Step | undefined {
  const { guest, node } = machine;
  const mayRunJobs = guest === undefined ? !absent : isAlive(guest);
  if (machine.seat === undefined)
    // nobody can say what runs there: it is left alone
    return mayRunJobs ? { reason: because('wait-seat-unlisted', { seat: machine.row.seat }, machineRef(machine.row)) } : undefined;
  if (mayRunJobs) return towardsOffline(context, machine, why, since);
  if (node === undefined || !machine.nodeHeard || isOffline(node)) return undefined;
  const step = towardsOffline(context, machine, why, since);
  return step?.deed === undefined ? undefined : step;
}

/** Asked first, destroyed when it does not listen in time; a dead one is destroyed at once. */
export function stopGuest(context: Context, machine: MachineView, why: Reason, alive: boolean): Step {
  const { row } = machine;
  const { now, policy } = context;
  const common = { host: row.host, machine: row.id, uuid: row.uuid, guestName: row.guestName, ...safetyOf(context, machine) };
  const deaf = row.trouble?.verb === 'shutdown-guest' && row.trouble.count > 0; // a guest that does not acknowledge is not asked for ever
  if (alive && row.shutdownAt === undefined && row.readyAt !== undefined && !deaf) {
    const reason = because('step-shutdown', { why: sentence(why) }, machineRef(row));
    return { reason, deed: { verb: 'shutdown-guest', ...common, reason } };
  }
  if (alive && row.shutdownAt !== undefined && now < row.shutdownAt + policy.intervals.shutdownLimitMs) {
    return { reason: because('step-shutdown', { why: sentence(why) }, machineRef(row)) };
  }
  if (row.destroyedAt !== undefined && !hostAskedAfter(context, machine, row.destroyedAt)) {
    return { reason: because('step-look-again', { sinceMs: now - row.destroyedAt, of: row.host }, machineRef(row)) };
  }
  const asked = alive ? 'it did not shut down in time' : 'it has shut down, and this is what Xen kept of it';
  const reason = because('step-destroy', { why: row.shutdownAt === undefined ? sentence(why) : asked }, machineRef(row));
  return { reason, deed: { verb: 'destroy-guest', ...common, reason } };
}

function afterGuest(context: Context, machine: MachineView, guestGoneAt: number): Step {
  const { row } = machine;
  const { now } = context;
  if (row.overlayGoneAt === undefined) {
    const waits = hostWaits(context, machine);
    if (waits !== undefined) return { reason: waits };
    const reason = because('step-remove-overlay', {}, machineRef(row));
    if (!hostAskedAfter(context, machine, Math.max(guestGoneAt, row.overlayRemovedAt ?? 0)) || machine.overlaySeen === undefined)
      return { reason: because('step-look-again', { sinceMs: now - guestGoneAt, of: row.host }, machineRef(row)) };
    if (machine.overlaySeen) return { reason, deed: { verb: 'remove-overlay', host: row.host, machine: row.id, overlay: row.overlay, reason } };
    return { reason, changes: [rowChange(altered(row, { overlayGoneAt: now }))] };
  }
  return rest(context, machine, row.overlayGoneAt);
}

/** The seat's node goes back to the largest np, so that qsub accepts wide jobs; then the row is closed. */
function rest(context: Context, machine: MachineView, since: number): Step {
  const { row, node, seat } = machine;
  if (seat === undefined || (node !== undefined && machine.nodeHeard && isPersons(machine))) return close(context, row);
  const waits = nodeWaits(context, machine);
  if (waits !== undefined) return waits.code === 'wait-seat-unlisted' ? close(context, row) : { reason: waits };
  const orphan = requeue(context, machine);
  if (orphan !== undefined) return orphan;
  const reason = because('step-rest', { seat: row.seat, np: seat.largestNp }, [...machineRef(row), `seat:${row.seat}`]);
  if (!batchAskedAfter(context, machine, since)) return { reason };
  if (node !== undefined && isOffline(node) && node.np === seat.largestNp && node.note === restNote) return close(context, row);
  const confirmedAt = machine.withheld?.confirmedAt;
  if (confirmedAt !== undefined && confirmedAt > since && !batchAskedAfter(context, machine, confirmedAt)) return { reason };
  return { reason, deed: { verb: 'withhold-node', source: seat.source, node: row.seat, note: restNote, np: seat.largestNp, machine: row.id, reason } };
}

/** How long it took to readiness, else what the seat's last machine took. */
function learnt({ wantedAt, readyAt }: Machine, before: Generation | undefined): Pick<Generation, 'readyMs'> {
  const readyMs = readyAt === undefined ? before?.readyMs : Math.max(0, readyAt - wantedAt);
  return readyMs === undefined ? {} : { readyMs };
}

function close({ world, now }: Context, row: Machine): Step {
  const changes: Change[] = [
    { table: 'machines', key: row.id, row: null },
    { table: 'generations', key: row.seat, row: { number: row.generation, closedAt: now, ...learnt(row, world.rows.generations.get(row.seat)) } },
  ];
  return { reason: because('machine-closed', { livedMs: now - row.wantedAt, seat: row.seat }, machineRef(row)), changes };
}
