import { type Mode, npOf, ownDiskMiB } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { SeatView } from '../model/world.js';
import { startWaits } from './budget.js';
import type { EnvironmentRoom, HostRoom, Sheet } from './capacity.js';
import type { Need, Spot } from './demand.js';
import { type Found, place } from './placement.js';
import { sizesFor } from './sizing.js';
import type { Bin, Supply } from './supply.js';
import type { Look } from './together.js';
import type { Reservation } from './turn.js';

/** What every attempt at a spot knows. */
export interface Attempt {
  readonly sheet: Sheet;
  readonly supply: Supply;
  readonly need: Need;
  readonly room: EnvironmentRoom;
  readonly spot: Spot;
  /** Bins that the same job counts on already. */
  readonly used: ReadonlySet<Bin>;
  readonly mode: Mode;
  /** Slots of the job that still want a place and may share a node, this spot's included. */
  readonly together: number;
  /** What was found not to fit this time: asked once per environment, mode and shape. */
  readonly failed: Map<string, Reason>;
  /** What was found for wide jobs that had to wait this time. */
  readonly looked: Map<string, Look>;
  /** What the oldest job that does not fit is kept; one for hosts that none of the others could use. */
  readonly reserved: Reservation[];
}

/** Names an attempt's shape for `failed`. */
export const shapeKey = (what: string, { room, mode, spot, need, together }: Attempt): string =>
  [what, room.environment.name, mode, spot.slots, need.claim.shape.perSlotMiB, spot.properties.join(':'), what === 'start' ? together : ''].join('|');

/** A new machine for the spot: decided, claimed and counted; or why not now. */
export function start(attempt: Attempt): Bin | Reason {
  const { sheet, supply, need, room, spot, mode, failed } = attempt;
  const { environment } = room;
  const waits = startWaits(sheet, room);
  if (waits !== undefined) return waits;
  const key = shapeKey('start', attempt);
  const known = failed.get(key);
  if (known !== undefined) return known;
  const seat = room.seats.find((s) => spot.properties.every((p) => s.seat.properties.includes(p)));
  const sizes = sizesFor(room, spot.slots, need.claim.shape.perSlotMiB, attempt.together);
  if (seat === undefined || sizes.length === 0) {
    const why = seat === undefined ? noSeat(room, spot) : tooWide(room, spot);
    failed.set(key, why);
    return why;
  }
  const avoid = new Set([...attempt.used].flatMap((bin) => (bin.host === undefined ? [] : [bin.host])));
  let why: Reason | undefined;
  for (const size of sizes) {
    const found = place(sheet, room, mode, size, avoid);
    if ('code' in found) {
      why = found;
      continue;
    }
    const decision = { kind: 'start' as const, environment: environment.name, seat: seat.seat.name, host: found.host.name, size };
    sheet.sorter.settle({ ...decision, image: { name: environment.image.name, version: found.version }, reason: reasonFor(need) }, mode);
    claim(sheet, room, seat, found, size);
    return fresh(supply, room, seat, found.host, size);
  }
  const reason = why ?? tooWide(room, spot);
  failed.set(key, reason);
  return reason;
}

function claim(sheet: Sheet, room: EnvironmentRoom, seat: SeatView, { host }: Found, size: { readonly cores: number; readonly memoryMiB: number }): void {
  host.cores -= size.cores;
  host.memoryMiB -= size.memoryMiB + sheet.policy.guestOverheadMiB;
  host.storeMiB -= room.environment.diskMiB;
  host.scratchMiB -= ownDiskMiB(room.environment);
  host.starting++;
  room.seats = room.seats.filter((other) => other !== seat);
  room.live++;
  room.serving++;
  room.cores += size.cores;
  room.startsThisHour++;
  sheet.live++;
  sheet.starting++;
}

function fresh(supply: Supply, room: EnvironmentRoom, seat: SeatView, host: HostRoom, size: { readonly cores: number; readonly memoryMiB: number }): Bin {
  const { environment } = room;
  const bin: Bin = {
    id: seat.seat.name,
    ...{ machine: undefined, host: host.name, ready: false, perCoreMiB: environment.memoryPerCoreMiB, needed: undefined },
    ...{ properties: new Set(seat.seat.properties), slots: npOf(environment, size), memoryMiB: size.memoryMiB },
  };
  addFresh(supply, environment.name, bin);
  return bin;
}

/** Makes capacity of this very plan known to the claims after it. */
export function addFresh(supply: Supply, environment: string, bin: Bin): void {
  const there = supply.fresh.get(environment);
  if (there === undefined) supply.fresh.set(environment, [bin]);
  else there.push(bin);
}

const noSeat = (room: EnvironmentRoom, spot: Spot): Reason =>
  room.seats.length > 0 && spot.properties.length > 0
    ? because('unserved-property', { property: spot.properties.join(':'), environment: room.environment.name })
    : because('wait-seats', { seats: room.seatsInAll, environment: room.environment.name }, [`environment:${room.environment.name}`]);

function tooWide({ environment }: EnvironmentRoom, spot: Spot): Reason {
  const { name, cores, memoryMiB } = environment;
  return because('unserved-wide', { wanted: `${spot.slots} slots`, environment: name, largest: `${cores.max} cores and ${memoryMiB.max} MiB` });
}

/** Why a machine is started for the need. */
function reasonFor({ claim, group, environment }: Need): Reason {
  const refs = [`environment:${environment.name}`];
  if (claim.kind === 'minimum') return because('start-for-minimum', { environment: environment.name, min: environment.min }, refs);
  if (claim.kind === 'spare') return because('start-for-spare', { environment: environment.name, spare: environment.spare }, refs);
  return because('start-for-job', { job: claim.ref, queue: group?.queue ?? '?' }, group === undefined ? refs : [`job:${group.source}/${claim.ref}`, ...refs]);
}
