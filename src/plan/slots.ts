import type { Mode } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import { atATime, manyAtATime, type Slices } from '../model/slices.js';
import type { MachineView } from '../model/world.js';
import { type EnvironmentRoom, type HostRoom, isBroken, type Sheet } from './capacity.js';
import { mayGive } from './giving.js';
import { idleIn } from './idle.js';
import { isPersons } from './offline.js';
import { bootable, bootableNames, type Space } from './placement.js';
import { mostSlots } from './sizing.js';
import type { Attempt } from './starting.js';
import { type Bin, holds, push } from './supply.js';
import { isComing, whyNotWake } from './waking.js';

/** How many slots that may lie anywhere a job could have now: its environment's own, room that is free, soon free or asleep, and what is given; counted up to what is wanted. */
export function* slotsToHave(attempt: Attempt, wanted: number): Slices<number> {
  const own = ofItsOwn(attempt);
  if (own >= wanted) return own;
  const hosts = bootable(attempt.room, attempt.mode);
  yield;
  const { given, seats } = yield* toBeGiven(attempt);
  const parts: number[] = [];
  let count = 0;
  for (const { host } of hosts) {
    if (++count % manyAtATime === 0) yield;
    const slots = slotsOn(attempt, host, given.get(host.name) ?? nothing);
    if (slots > 0) parts.push(slots);
  }
  parts.push(...ofSleepingHosts(attempt));
  yield;
  return own + onSeats(attempt, parts, startable(attempt) + seats, wanted - own);
}

/**
 * Slots of all hosts that it could use, less what others keep there as their minimum or their guaranteed share: a job that asks for
 * more is not served while they stand so, and nobody waits for it. What is silent, closed, broken or in a person's hands is not
 * counted: it may be so for days.
 */
export function* slotsEver(attempt: Attempt): Slices<number> {
  const { room, need } = attempt;
  const { spaces, kept } = yield* groundOf(attempt);
  const slots = spaces.reduce((sum, space) => sum + slotsIn(attempt, space), 0) - kept;
  return Math.min(slots, (room.serving + startable(attempt)) * mostSlots(room.environment, need.claim.shape.perSlotMiB));
}

/** Hosts without what may leave them, and cores that others keep there. */
interface Ground {
  readonly spaces: readonly Space[];
  readonly kept: number;
}

const grounds = oncePer((_: EnvironmentRoom) => new Map<Mode, Ground>());

/** Looked at once for each plan. */
function* groundOf(attempt: Attempt): Slices<Ground> {
  const { sheet, room, mode } = attempt;
  const known = grounds(room).get(mode);
  if (known !== undefined) return known;
  const awake = bootableNames(room, mode);
  const leaving = new Map<string, MachineView[]>();
  const spaces: Space[] = [];
  let count = 0;
  for (const host of room.hosts.get(mode) ?? []) {
    if (++count % atATime === 0) yield;
    if (!awake.has(host.name) && !maySoonBeUp(sheet, host)) continue;
    const machines = host.view.machines.filter((machine) => mayLeave(machine, room));
    spaces.push(whole(attempt, host, machines));
    for (const machine of machines) push(leaving, machine.row.environment, machine);
  }
  let kept = 0;
  for (const other of sheet.environments.values()) if (other !== room) kept += keptBy(other, leaving.get(other.environment.name) ?? []);
  const found = { spaces, kept };
  grounds(room).set(mode, found);
  return found;
}

/** Cores that it keeps of those machines, whoever waits. */
function keptBy({ environment, serving, cores, shareCores }: EnvironmentRoom, machines: readonly MachineView[]): number {
  if (environment.min === 0 && shareCores === 0) return 0;
  const sizes = machines.filter(({ row }) => row.goal.kind === 'serve').map(({ row }) => row.size.cores);
  const sum = sizes.reduce((all, size) => all + size, 0);
  const ofMinimum = sizes.sort((a, b) => a - b).slice(0, Math.max(0, environment.min - (serving - sizes.length)));
  const ofShare = Math.min(sum, Math.max(0, shareCores - (cores - sum)));
  return Math.max(
    ofShare,
    ofMinimum.reduce((all, size) => all + size, 0),
  );
}

/** Once its jobs are over: no person's, not broken, and no service. */
const mayLeave = (machine: MachineView, { environment }: EnvironmentRoom): boolean =>
  machine.row.kind !== 'service' &&
  (machine.jobs.length > 0 || machine.row.goal.kind === 'serve') &&
  (machine.row.held === undefined || machine.row.environment === environment.name) &&
  !isBroken(machine) &&
  !isPersons(machine);

function ofItsOwn({ sheet, supply, need, room }: Attempt): number {
  const { name } = room.environment;
  let slots = 0;
  for (const bins of [supply.open.get(name), supply.closed.get(name), supply.fresh.get(name)]) {
    for (const bin of bins ?? []) if (!sheet.chosen.has(bin.id)) slots += holds(bin, 1, need.claim.shape.perSlotMiB);
  }
  return slots;
}

const nothing: readonly MachineView[] = [];

interface Given {
  /** By host. */
  readonly given: ReadonlyMap<string, readonly MachineView[]>;
  /** Of idle machines of its own, which may grow or go. */
  readonly seats: number;
}

/** Idle machines of others that may make room, never more than their minimum leaves, and its own that are too small for it. */
function* toBeGiven(attempt: Attempt): Slices<Given> {
  const { sheet, supply, room } = attempt;
  const given = new Map<string, MachineView[]>();
  let count = 0;
  for (const other of sheet.environments.values()) {
    let left = other === room ? Number.POSITIVE_INFINITY : other.serving - other.environment.min;
    for (const bin of idleIn(sheet, supply, other.environment.name)) {
      if (left <= 0) break;
      if (++count % manyAtATime === 0) yield;
      if (bin.machine === undefined || !isToBeGiven(attempt, bin, other === room)) continue;
      push(given, bin.machine.row.host, bin.machine);
      left--;
    }
  }
  return { given, seats: idleIn(sheet, supply, room.environment.name).length };
}

function isToBeGiven(attempt: Attempt, bin: Bin, isOwn: boolean): boolean {
  const { room, mode, need } = attempt;
  if (!bootableNames(room, mode).has(bin.host ?? '') || !mayGive(attempt, bin)) return false;
  return !isOwn || (bin.needed === undefined && holds(bin, 1, need.claim.shape.perSlotMiB) === 0);
}

/** Machines that may yet be started: seats, as far as its maximum lets them be used. */
const startable = ({ room }: Attempt): number => Math.max(0, Math.min(room.seats.length, room.environment.max - room.live) + room.leavingSeats);

/** What so many machines make of it: the largest parts first, none of more slots than one machine has. */
function onSeats({ room, need }: Attempt, parts: readonly number[], machines: number, wanted: number): number {
  const sum = parts.reduce((all, part) => all + part, 0);
  if (machines >= Math.min(sum, wanted)) return sum;
  const most = Math.max(1, mostSlots(room.environment, need.claim.shape.perSlotMiB));
  const each = parts.flatMap((part) => [...Array.from({ length: Math.floor(part / most) }, () => most), part % most]).sort((a, b) => b - a);
  return each.slice(0, machines).reduce((all, part) => all + part, 0);
}

const maySoonBeUp = (sheet: Sheet, host: HostRoom): boolean => isComing(sheet, host.name) || whyNotWake(sheet, host) === undefined;

/** Those that come up, or may be woken. */
function ofSleepingHosts(attempt: Attempt): readonly number[] {
  const { sheet, room, mode } = attempt;
  if (!sheet.power.anyAsleep) return [];
  const awake = bootableNames(room, mode);
  return (room.hosts.get(mode) ?? []).filter((host) => !awake.has(host.name) && maySoonBeUp(sheet, host)).map((host) => slotsIn(attempt, host));
}

/** The host's room, soon free room, and that of those machines. */
function whole({ sheet }: Attempt, host: HostRoom, machines: readonly MachineView[] = []): Space {
  let cores = Math.max(0, host.cores) + host.promisedCores;
  let memoryMiB = Math.max(0, host.memoryMiB) + host.promisedMiB;
  for (const { row } of machines) {
    cores += row.size.cores;
    memoryMiB += row.size.memoryMiB + sheet.policy.guestOverheadMiB;
  }
  return { cores, memoryMiB };
}

/** Room that is free there and that of each machine that goes count by themselves; what holds no slot by itself counts together with the rest of that kind. */
function slotsOn(attempt: Attempt, host: HostRoom, machines: readonly MachineView[]): number {
  if (machines.length === 0 && Math.max(0, host.cores) + host.promisedCores <= 0) return 0; // full, as most are
  const { guestOverheadMiB } = attempt.sheet.policy;
  let [slots, cores, memoryMiB] = [0, 0, 0];
  for (const space of [whole(attempt, host), ...machines.map(({ row: { size } }) => ({ cores: size.cores, memoryMiB: size.memoryMiB + guestOverheadMiB }))]) {
    const each = slotsIn(attempt, space);
    slots += each;
    if (each > 0) continue;
    cores += space.cores;
    memoryMiB += space.memoryMiB;
  }
  return slots + Math.max(0, Math.min(cores, Math.floor(memoryMiB / (perSlotMiB(attempt) + guestOverheadMiB))));
}

const perSlotMiB = ({ need, room }: Attempt): number => Math.max(need.claim.shape.perSlotMiB, room.environment.memoryPerCoreMiB, 1);

/** Slots of its environment in that room, on one machine. */
function slotsIn(attempt: Attempt, { cores, memoryMiB }: Space): number {
  return Math.max(0, Math.min(cores, Math.floor((memoryMiB - attempt.sheet.policy.guestOverheadMiB) / perSlotMiB(attempt))));
}
