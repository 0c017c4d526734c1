import { isOffline, notePrefix } from '../model/batch.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { isBuried, isUnheard } from './mom-silence.js';
import { batchAskedAfter, type Context, machineRef, nodeWaits, type Step } from './step.js';

/** Offline, and not by us: a note that is not ours, or no row and no note of ours. */
export function isPersons(machine: MachineView): boolean {
  const { node, withheld } = machine;
  return node !== undefined && isOffline(node) && !node.note.startsWith(notePrefix) && !(withheld !== undefined && node.note === '');
}

/**
 * The way to a node that is proved offline and jobless, as every stop and every resize needs it: withhold, read back
 * (the driver does), then a reading of everything that was asked after that. Returns the step still missing, or
 * undefined when all is proved. A node that a person has set offline is left as it is: proof is then a reading asked
 * after the wish.
 */
export function towardsOffline(context: Context, machine: MachineView, why: Reason, wishedAt: number): Step | undefined {
  const { now } = context;
  const { row, node, withheld } = machine;
  const waits = nodeWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  if (node === undefined || machine.seat === undefined) return { reason: because('wait-seat-unlisted', { seat: row.seat }, machineRef(row)) };
  const persons = isPersons(machine);
  const confirmedAt = persons ? wishedAt : withheld?.confirmedAt;
  if (!isOffline(node) || (confirmedAt === undefined && !persons)) {
    if (confirmedAt !== undefined && !batchAskedAfter(context, machine, confirmedAt)) return { reason: lookAgain(context, machine, confirmedAt) };
    const reason = because('step-withhold', { node: row.seat, why: sentence(why) }, machineRef(row));
    return { reason, deed: { verb: 'withhold-node', source: machine.seat.source, node: row.seat, note: noteFor(row.id, why), machine: row.id, reason } };
  }
  // a confirmation dated after now comes from before a clock jump: it proves nothing
  const proofAt = Math.min(confirmedAt ?? wishedAt, now);
  if (!batchAskedAfter(context, machine, Math.max(proofAt, context.world.clockJumpAt ?? 0))) return { reason: lookAgain(context, machine, proofAt) };
  return jobsToEnd(context, machine);
}

/** Its jobs end first, unless a person has said of a silent worker that they are gone. */
function jobsToEnd(context: Context, machine: MachineView): Step | undefined {
  const { row } = machine;
  if (machine.jobs.length === 0 || isBuried(context, machine)) return undefined;
  const jobs = machine.jobs.slice(0, 5).join(', ');
  if (isUnheard(context, machine)) return { reason: because('step-wait-unheard', { jobs, machine: row.id }, machineRef(row)) };
  return { reason: because('step-wait-jobs', { jobs }, machineRef(row)) };
}

const lookAgain = ({ now }: Context, machine: MachineView, at: number): Reason =>
  because('step-look-again', { sinceMs: Math.max(0, now - at), of: machine.seat?.source ?? '?' }, machineRef(machine.row));

/** One line, bounded: it stands in the batch system for people to read. */
const noteFor = (id: string, why: Reason): string => `${notePrefix}draining ${id}: ${sentence(why)}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
