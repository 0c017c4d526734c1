import { slotsUsed } from '../model/batch.js';
import { npOf } from '../model/environment.js';
import { isAlive } from '../model/host.js';
import { because, type Reason, type ReasonCode } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { isBroken } from './capacity.js';
import { fits, type Need } from './demand.js';
import { modeOf } from './modes.js';
import { isPersons } from './offline.js';
import { type Attempt, addFresh } from './starting.js';
import { type Bin, binOf } from './supply.js';
import { urgencyOf } from './urgency.js';

/** Drains that were for want of demand: nobody asked for them, so demand may undo them. */
const undoable: readonly ReasonCode[] = ['drain-idle', 'drain-share', 'drain-surplus', 'drain-replace'];

/** A drain that may still be undone: the guest is seen and was not told to stop. */
function mayStay(machine: MachineView): boolean {
  const { row, guest, phase, intent } = machine;
  if (row.goal.kind !== 'gone' || phase !== 'draining' || intent !== undefined || row.shutdownAt !== undefined) return false;
  if (row.trouble?.verb === 'shutdown-guest' || row.trouble?.verb === 'destroy-guest') return false; // it says it was not told: better not believed
  if (!undoable.includes(row.goal.reason.code) || !machine.nodeHeard || !machine.hostHeard || isBroken(machine) || isPersons(machine)) return false;
  return guest !== undefined && isAlive(guest) && row.readyAt !== undefined;
}

/** Takes a drain back for the spot: a machine that is there beats one that must boot. Never one whose room an older claim has been promised. */
export function takeBack(attempt: Attempt): Bin | undefined {
  const { sheet, supply, need, room, spot, mode } = attempt;
  const { environment } = room;
  if (room.serving >= environment.max) return undefined;
  for (const machine of leavingOf(attempt)) {
    const { row, node } = machine;
    const host = sheet.hosts.get(row.host);
    if (
      isOwed(attempt, machine) ||
      sheet.chosen.has(row.id) ||
      modeOf(sheet.policy, machine) !== mode ||
      host === undefined ||
      !room.worthOn(host.leftMs) ||
      sheet.rows.cordons.has(host.name)
    )
      continue;
    const np = npOf(environment, row.size);
    const bin = binOf(machine, environment, row.size.memoryMiB, np, Math.max(0, np - (node === undefined ? 0 : slotsUsed(node))), false);
    const overhead = sheet.policy.guestOverheadMiB;
    const promised = machine.jobs.length > 0 || (host.promisedCores >= row.size.cores && host.promisedMiB >= row.size.memoryMiB + overhead);
    if (!promised || !fits(bin, spot, need.claim.shape.perSlotMiB, attempt.used)) continue;
    if (machine.jobs.length === 0) {
      host.promisedCores -= row.size.cores;
      host.promisedMiB -= row.size.memoryMiB + overhead;
    }
    room.serving++;
    room.cores += row.size.cores;
    const decision = { kind: 'keep' as const, machine: row.id, reason: whyKept(need, row.id) };
    sheet.chosen.set(row.id, decision);
    sheet.sorter.settle(decision, mode);
    addFresh(supply, environment.name, bin);
    return bin;
  }
  return undefined;
}

/** What was given stays given so long, whatever a moment's look says of who is owed more: longer than a round of readings. */
const settledMs = 60_000;

/** It makes room for an environment with a job that is still more urgent: whoever undid that would undo it at every look. */
function isOwed({ sheet, need }: Attempt, { row }: MachineView): boolean {
  if (row.goal.kind !== 'gone' || row.goal.reason.code !== 'drain-share') return false;
  if (sheet.now - row.goal.since < settledMs) return true;
  const to = sheet.environments.get(String(row.goal.reason.args['to']));
  return (to?.line?.urgency() ?? 0) > urgencyOf(sheet, need);
}

function whyKept({ claim, environment }: Need, id: string): Reason {
  const refs = [`machine:${id}`];
  if (claim.kind === 'minimum') return because('keeps-minimum', { environment: environment.name, min: environment.min }, refs);
  if (claim.kind === 'spare') return because('keeps-spare', { environment: environment.name, spare: environment.spare }, refs);
  return because('kept-again', { job: claim.ref }, refs);
}

/** Machines of the environment whose drain may be undone, by id; found once for each plan. */
function leavingOf({ supply, sheet, room }: Attempt): readonly MachineView[] {
  supply.leaving ??= leavingByEnvironment([...sheet.world.machines.values()]);
  return supply.leaving.get(room.environment.name) ?? [];
}

function leavingByEnvironment(machines: readonly MachineView[]): ReadonlyMap<string, readonly MachineView[]> {
  const found = new Map<string, MachineView[]>();
  for (const machine of machines) {
    if (!mayStay(machine)) continue;
    const there = found.get(machine.row.environment);
    if (there === undefined) found.set(machine.row.environment, [machine]);
    else there.push(machine);
  }
  for (const there of found.values()) there.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
  return found;
}
