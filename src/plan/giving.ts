import { sizeFor } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { Size } from '../model/size.js';
import { clockWaits, stopWaits } from './budget.js';
import type { HostRoom } from './capacity.js';
import { holdForHandover, isWorthIt } from './handover.js';
import { idleIn, isOurs } from './idle.js';
import { countLeaving } from './leaving.js';
import { allows, modeOf } from './modes.js';
import { bootable, hasRoom, type Space } from './placement.js';
import { type Attempt, shapeKey } from './starting.js';
import { type Bin, hasAll } from './supply.js';
import { urgencyOf } from './urgency.js';

/**
 * Makes room for a claim that no host can take: what leaves already is promised first, in queue order; then idle
 * machines that no older claim counts on are drained, even before their idle limit, on the host where the fewest must
 * go. Machines with jobs are never asked. Returns what the claim waits for; `why` when nothing can be given.
 */
export function makeRoom(attempt: Attempt, why: Reason): Reason {
  const { sheet, need, room, spot, mode } = attempt;
  const size = sizeFor(room.environment, spot.slots, need.claim.shape.perSlotMiB);
  const key = shapeKey('give', attempt);
  const known = attempt.failed.get(key);
  if (size === undefined || known !== undefined) return known ?? why;
  if (room.soon >= Math.min(room.seats.length, room.environment.max - room.live)) return why;
  const hosts = bootable(room, mode).map((found) => found.host);
  const soon = hosts.find((host) => host.leaving.length > 0 && hasRoom(withPromised(host), size, sheet.policy.guestOverheadMiB));
  if (soon !== undefined) return promise(attempt, soon, size);
  const found = fewestGivers(attempt, hosts, size);
  if ('code' in found) {
    const waits = found.code === 'wait-room' ? holdForHandover(attempt, size, why) : found;
    attempt.failed.set(key, waits);
    return waits;
  }
  for (const bin of found.bins) give(attempt, bin);
  return promise(attempt, found.host, size);
}

/** The host where the fewest machines must go, or why none may now. */
function fewestGivers(attempt: Attempt, hosts: readonly HostRoom[], size: Size): { readonly host: HostRoom; readonly bins: readonly Bin[] } | Reason {
  const full = stopWaits(attempt.sheet, undefined);
  if (full !== undefined) return full;
  const givers = giversByHost(attempt);
  let best: { readonly host: HostRoom; readonly bins: readonly Bin[] } | undefined;
  let deferred: Reason | undefined;
  for (const host of hosts) {
    const there = givers.get(host.name);
    const bins = there === undefined ? undefined : enough(attempt, host, there, size);
    if (bins === undefined) continue;
    const waits = leaveWaits(attempt, host, bins);
    deferred ??= waits;
    if (waits === undefined && (best === undefined || bins.length < best.bins.length)) best = { host, bins };
    if (best?.bins.length === 1) break; // nothing asks less
  }
  return best ?? deferred ?? because('wait-room', { cores: size.cores, memory: size.memoryMiB });
}

const leaveWaits = ({ sheet }: Attempt, host: HostRoom | undefined, bins: readonly Bin[]): Reason | undefined =>
  stopWaits(sheet, host, bins.length) ?? bins.map((bin) => bin.machine && clockWaits(sheet, bin.machine)).find((reason) => reason !== undefined);

/**
 * The environment has all the machines or seats it may have, and one of them is idle, too small and cannot grow: it goes
 * so that a larger one can come.
 */
export function replaceOwn(attempt: Attempt, why: Reason): Reason {
  const { sheet, need, room, spot, mode } = attempt;
  const size = sizeFor(room.environment, spot.slots, need.claim.shape.perSlotMiB);
  if (size === undefined) return why;
  if (room.leavingSeats > 0) {
    room.leavingSeats--;
    return because('wait-drain', { machines: `a machine of ${room.environment.name}` });
  }
  const key = shapeKey('replace', attempt);
  const known = attempt.failed.get(key);
  if (known !== undefined) return known;
  const elsewhere = bootable(room, mode).some(({ host }) => hasRoom(host, size, sheet.policy.guestOverheadMiB));
  const bin = idleIn(sheet, attempt.supply, room.environment.name).find((b) => makesWay(attempt, b, size, elsewhere));
  const waits = bin === undefined ? why : leaveWaits(attempt, bin.host === undefined ? undefined : sheet.hosts.get(bin.host), [bin]);
  if (bin === undefined || waits !== undefined) {
    attempt.failed.set(key, waits ?? why);
    return waits ?? why;
  }
  give(attempt, bin);
  room.leavingSeats--;
  return because('wait-drain', { machines: bin.id }, [`machine:${bin.id}`]);
}

/** Would the larger machine have a place once this one is gone: on its host, or on another? */
function makesWay(attempt: Attempt, bin: Bin, size: Size, elsewhere: boolean): boolean {
  const { machine } = bin;
  if (machine === undefined || !mayGive(attempt, bin) || !hasAll(bin.properties, attempt.spot.properties)) return false;
  if (elsewhere) return true;
  const host = attempt.sheet.hosts.get(machine.row.host);
  const overhead = attempt.sheet.policy.guestOverheadMiB;
  return host !== undefined && host.blocked === undefined && hasRoom(withMachine(host, machine.row.size, overhead), size, overhead);
}

const withPromised = (host: HostRoom): Space => ({ cores: host.cores + host.promisedCores, memoryMiB: host.memoryMiB + host.promisedMiB });
const withMachine = (space: Space, size: Size, overheadMiB: number): Space => ({
  cores: space.cores + size.cores,
  memoryMiB: space.memoryMiB + size.memoryMiB + overheadMiB,
});

/** May this bin's machine leave for the claim? Never what an older claim counts on; of others, neither their minimum nor what they use of their share. */
export function mayGive({ sheet, need, room, mode }: Attempt, bin: Bin): boolean {
  const { machine } = bin;
  if (machine === undefined || !isOurs(sheet, machine) || !allows(modeOf(sheet.policy, machine), mode)) return false;
  if (machine.row.environment === room.environment.name) return bin.needed === undefined || bin.needed.rank > need.rank;
  const giver = sheet.environments.get(machine.row.environment);
  if (giver === undefined || giver.serving <= giver.environment.min) return false;
  if (bin.needed !== undefined && !isWorthIt(urgencyOf(sheet, need), bin.needed.urgency)) return false;
  return bin.needed === undefined || giver.cores - machine.row.size.cores >= giver.shareCores;
}

/** The first givers of a host that together make the room, or undefined. */
function enough(attempt: Attempt, host: HostRoom, givers: readonly Bin[], size: Size): readonly Bin[] | undefined {
  const overhead = attempt.sheet.policy.guestOverheadMiB;
  const spareOf = new Map<string, number>();
  const bins: Bin[] = [];
  let room = withPromised(host);
  for (const bin of givers) {
    const { machine } = bin;
    if (machine === undefined || !mayGive(attempt, bin)) continue;
    const giver = attempt.sheet.environments.get(machine.row.environment);
    const given = spareOf.get(machine.row.environment) ?? 0;
    const own = machine.row.environment === attempt.room.environment.name;
    if (!own && giver !== undefined && giver.serving - given <= giver.environment.min) continue;
    spareOf.set(machine.row.environment, given + 1);
    bins.push(bin);
    room = withMachine(room, machine.row.size, overhead);
    if (hasRoom(room, size, overhead)) return bins;
  }
  return undefined;
}

/** Idle machines by host: those nobody counts on first, then the youngest claims' ones; the longest idle before others. */
function giversByHost({ sheet, supply }: Attempt): ReadonlyMap<string, readonly Bin[]> {
  if (supply.givers !== undefined) return supply.givers;
  const found = new Map<string, Bin[]>();
  for (const bin of [...sheet.environments.keys()].flatMap((name) => idleIn(sheet, supply, name))) {
    if (bin.host === undefined) continue;
    const there = found.get(bin.host);
    if (there === undefined) found.set(bin.host, [bin]);
    else there.push(bin);
  }
  const rank = (bin: Bin): number => bin.needed?.rank ?? Number.MAX_SAFE_INTEGER;
  const since = (bin: Bin): number => bin.machine?.row.idleSince ?? Number.MAX_SAFE_INTEGER;
  for (const there of found.values()) there.sort((a, b) => rank(b) - rank(a) || since(a) - since(b) || (a.id < b.id ? -1 : 1));
  supply.givers = found;
  return found;
}

/** Decides the drain and counts what it will free. */
function give({ sheet, need, room, mode }: Attempt, bin: Bin): void {
  const { machine } = bin;
  if (machine === undefined) return;
  const { row } = machine;
  const refs = [`machine:${row.id}`, ...(need.group === undefined ? [] : [`job:${need.group.source}/${need.claim.ref}`])];
  const waitedMs = Math.max(0, sheet.now - need.claim.since);
  const reason =
    row.environment === room.environment.name
      ? because('drain-replace', { job: need.claim.ref }, refs)
      : because('drain-share', { to: room.environment.name, job: need.claim.ref, waitedMs, from: row.environment }, refs);
  const decision = { kind: 'drain' as const, machine: row.id, reason };
  sheet.sorter.settle(decision, mode);
  countLeaving(sheet, machine, decision);
}

/** Sets the room aside for the claim, free room first, so that no younger claim takes it meanwhile. */
function promise({ sheet, room }: Attempt, host: HostRoom, size: Size): Reason {
  room.soon++;
  const cores = Math.min(host.cores, size.cores);
  host.cores -= cores;
  host.promisedCores -= size.cores - cores;
  const wanted = size.memoryMiB + sheet.policy.guestOverheadMiB;
  const memoryMiB = Math.min(host.memoryMiB, wanted);
  host.memoryMiB -= memoryMiB;
  host.promisedMiB -= wanted - memoryMiB;
  return because('wait-drain', { machines: host.leaving.join(', ') }, [...host.leaving.map((id) => `machine:${id}`), `host:${host.name}`]);
}
