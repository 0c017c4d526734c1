import { isOffline } from '../model/batch.js';
import { isAlive } from '../model/host.js';
import { because, type Reason } from '../model/reason.js';
import type { Size } from '../model/size.js';
import type { MachineView } from '../model/world.js';
import type { EnvironmentRoom, HostRoom, Sheet } from './capacity.js';
import { isFreed, isIdle } from './idle.js';
import { allows, modeOf } from './modes.js';
import { isPersons } from './offline.js';
import { bootable, hasRoom, type Space } from './placement.js';
import type { Attempt } from './starting.js';
import { urgencyOf } from './urgency.js';

/**
 * What a handover costs: the time from a job's end on the old machine to a job's start on the new one (a poll, a halt, a
 * boot). A job that has waited only this much longer than the giver's is not worth it.
 */
export const handoverMs = 300_000;

/** And no difference of more than this is too small. */
const feltMs = 1_800_000;

/**
 * Is so much more owed to one than to the other that a machine's way from the other to him pays? By what a handover costs; and
 * by a quarter, half an hour at most, as nobody feels who was before whom by less: where everybody has waited for hours,
 * machines would change hands at each job's end to keep the order, and all wait longer for it.
 */
export const isWorthIt = (owed: number, theirs: number): boolean => owed > theirs + Math.max(handoverMs, Math.min(theirs / 4, feltMs));

/**
 * A saturated environment never has an idle machine: the scheduler refills each slot as it falls free, and an environment
 * whose jobs wait longer would wait for ever. So the machines of those whose next job is younger take no new jobs; the
 * first that runs dry is given away, the others go on as soon as the older jobs are provided for. Never by when jobs might
 * end: estimates are worthless. Returns what the claim waits for; `why` where nobody owes it anything.
 */
export function holdForHandover(attempt: Attempt, size: Size, why: Reason): Reason {
  const { sheet, need, room, mode } = attempt;
  if (mode !== 'act') return why; // nobody said yes to it: a hold is a deed without a decision to approve
  const givers = new Set([...sheet.environments.values()].filter((giver) => owes(attempt, giver)).map(({ environment }) => environment.name));
  if (givers.size === 0) return why;
  const refs = need.group === undefined ? [] : [`job:${need.group.source}/${need.claim.ref}`];
  const overhead = sheet.policy.guestOverheadMiB;
  const places = bootable(room, mode).flatMap(({ host }): readonly HeldPlace[] => {
    const machines = holdable(attempt, host, givers);
    return machines.length > 0 && hasRoom(withAll(host, machines, sheet), size, overhead) ? [{ host, machines }] : [];
  });
  const one = places.find(({ machines }) => machines.every(({ row }) => !hasRoom(row.size, size, 0)));
  const held = one === undefined ? places : [soonest(places)];
  for (const { host, machines } of held) {
    for (const { row } of machines) {
      const reason = because('hold-share', { to: room.environment.name, job: need.claim.ref, waitedMs: Math.max(0, sheet.now - need.claim.since) }, refs);
      if (!sheet.holds.has(row.id)) sheet.holds.set(row.id, reason);
    }
    if (one !== undefined) setAside(host, size, overhead);
  }
  const count = held.reduce((sum, { machines }) => sum + machines.length, 0);
  return count === 0 ? why : because('wait-handover', { from: [...givers].join(', '), machines: count }, refs);
}

/** A host whose machines are held, and which. */
interface HeldPlace {
  readonly host: HostRoom;
  readonly machines: readonly MachineView[];
}

/** Where several machines must run dry: the host where the fewest have jobs, so that the choice stands while they do. */
function soonest(places: readonly HeldPlace[]): HeldPlace {
  const busy = ({ machines }: HeldPlace): number => machines.reduce((sum, { jobs }) => sum + jobs.length, 0);
  return places.reduce((best, place) => (busy(place) < busy(best) ? place : best));
}

/** What is free there already is kept for the claim: else small machines take it again and again. */
function setAside(host: HostRoom, size: Size, overheadMiB: number): void {
  host.cores -= Math.min(host.cores, size.cores);
  host.memoryMiB -= Math.min(host.memoryMiB, size.memoryMiB + overheadMiB);
}

/** Its next job is younger by more than a handover costs, and it keeps its minimum and its guaranteed share. */
export function owes({ sheet, room, need }: Attempt, giver: EnvironmentRoom): boolean {
  if (giver === room || giver.serving <= giver.environment.min || giver.cores <= giver.shareCores) return false;
  const theirs = giver.line?.urgency() ?? 0;
  if (theirs === 0) return false; // nobody refills it: what falls idle is given anyway
  return isWorthIt(urgencyOf(sheet, need), theirs);
}

/** Machines on that host of those who owe: busy, or run dry already, and ours to hold. */
function holdable({ sheet, supply, need, mode, together }: Attempt, { view }: HostRoom, givers: ReadonlySet<string>): readonly MachineView[] {
  const mine = urgencyOf(sheet, need);
  const isTogether = together > 1;
  return view.machines.filter((machine) => {
    if (!givers.has(machine.row.environment) || !mayHold(sheet, machine) || !allows(modeOf(sheet.policy, machine), mode)) return false;
    const needed = supply.byMachine.get(machine.row.id)?.needed; // an older job of its own has it already
    return needed === undefined || (!isTogether && isWorthIt(mine, needed.urgency));
  });
}

/** Ours to keep new jobs from: it serves, nobody else has a say in it, and all is known that must be. */
export function mayHold(sheet: Sheet, machine: MachineView): boolean {
  const { row, node, guest, intent } = machine;
  if (row.goal.kind !== 'serve' || row.held !== undefined || row.failing !== undefined || row.admittedAt === undefined || sheet.chosen.has(row.id))
    return false;
  if (!machine.nodeHeard || !machine.hostHeard || guest === undefined || !isAlive(guest) || node === undefined || isPersons(machine)) return false;
  return isOffline(node) || intent !== undefined || machine.jobs.length > 0 || isIdle(machine) || isFreed(machine, sheet.world);
}

function withAll(host: HostRoom, machines: readonly MachineView[], { policy }: Sheet): Space {
  let cores = host.cores + host.promisedCores;
  let memoryMiB = host.memoryMiB + host.promisedMiB;
  for (const { row } of machines) {
    cores += row.size.cores;
    memoryMiB += row.size.memoryMiB + policy.guestOverheadMiB;
  }
  return { cores, memoryMiB };
}
