import { isOnline } from '../model/batch.js';
import { npOf } from '../model/environment.js';
import { isAlive } from '../model/host.js';
import { oncePer } from '../model/once.js';
import { because } from '../model/reason.js';
import { sameSize } from '../model/size.js';
import type { MachineView } from '../model/world.js';
import { silentFor } from './mom-silence.js';
import { batchAskedAfter, type Context, isBusy, machineRef, type Step } from './step.js';

/** What is said of a machine that serves: its jobs, or that it waits for some. */
export const stays = oncePer(
  (machine: MachineView): Step => ({
    reason: machine.jobs.length === 0 ? because('keep-online', {}, machineRef(machine.row)) : isBusy(machine),
  }),
);

/** Nothing in its row is open, its guest lives, its node is online at the size it has: looked at once for each view. What is said then, else `false`. */
const serves = oncePer((machine: MachineView): Step | false => isMade(machine) && isOnlineAsMade(machine) && stays(machine));

function isMade({ row, guest }: MachineView): boolean {
  const { goal, size, failing, trouble, downSince } = row;
  if (goal.kind !== 'serve' || !sameSize(goal.size, size) || failing !== undefined || trouble !== undefined || downSince !== undefined) return false;
  if (row.overlayAt === undefined || row.guestAt === undefined || row.readyAt === undefined || row.hostBootId === undefined) return false;
  return guest !== undefined && isAlive(guest) && guest.report?.ready !== false;
}

function isOnlineAsMade({ row, node, environment, seat, withheld, nodeHeard }: MachineView): boolean {
  if (environment === undefined || seat === undefined || withheld !== undefined || row.admittedAt === undefined) return false;
  return node !== undefined && nodeHeard && isOnline(node) && node.np === npOf(environment, row.size);
}

/**
 * The usual case of `serve`, told by what changes from look to look alone: nearly all machines of a large installation
 * do what they should, and their views are the same records as at the look before. Undefined: to be looked at in full.
 */
export function calm(context: Context, machine: MachineView): Step | undefined {
  const { row } = machine;
  const usual = serves(machine);
  if (usual === false || context.holds?.has(row.id) === true) return undefined;
  if (context.world.sources.get(machine.seat?.source ?? '')?.reading.silentSince !== undefined) return undefined;
  if (!batchAskedAfter(context, machine, row.admittedAt ?? 0) || silentFor(context, machine) > context.policy.intervals.momSilentMs) return undefined;
  return usual;
}
