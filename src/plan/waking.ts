import { oncePer } from '../model/once.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import { versionOn } from '../model/versions.js';
import { breakerOf } from './budget.js';
import type { HostRoom, Sheet } from './capacity.js';
import type { Need } from './demand.js';
import { hostMode } from './modes.js';
import { bootable, hasRoom } from './placement.js';
import { cyclesLately } from './power-limits.js';
import { sizesFor } from './sizing.js';
import type { Attempt } from './starting.js';

/** Room that is nobody else's, once what is said has come to pass. */
export interface Promised {
  readonly waits: Reason;
}

/**
 * Looks ahead for a claim that can get no machine now: room on a host that is on and only busy is promised to it first,
 * then room on a host that is waking, and only then another one is woken. What is promised is nobody else's in this
 * plan, and since every plan promises anew in the same order, a host is woken once for it and not again at each look.
 * Undefined where nothing will do; then the claim waits for what it waited for.
 */
export function lookAhead(attempt: Attempt): Promised | Reason | undefined {
  const { sheet, room, spot, need, mode } = attempt;
  if (!sheet.power.anyAsleep) return undefined;
  if (room.soon >= Math.min(room.seats.length, room.environment.max - room.live)) return undefined;
  for (const size of sizesFor(room, spot.slots, need.claim.shape.perSlotMiB, attempt.together)) {
    const fits = (host: HostRoom): boolean => hasRoom(host, size, sheet.policy.guestOverheadMiB);
    const on = bootable(room, mode).find(({ host }) => fits(host) && host.storeMiB >= room.environment.diskMiB)?.host;
    const host =
      on ??
      bestAsleep(
        sheet,
        storeHolds(attempt) ? (room.hosts.get(mode) ?? []).filter((other) => fits(other) && room.worthOn(other.leftMs) && seesImage(other, attempt)) : [],
      );
    if (host === undefined) continue;
    const waits =
      on === undefined ? wakeFor(sheet, host, need) : because('wait-budget', { what: `starts on ${on.name}`, limit: sheet.policy.limits.startsAtOncePerHost });
    if (waits.code === 'wait-switches') return waits;
    promise(attempt, host, size);
    return { waits };
  }
  return undefined;
}

function promise({ sheet, room }: Attempt, host: HostRoom, size: { readonly cores: number; readonly memoryMiB: number }): void {
  host.cores -= size.cores;
  host.memoryMiB -= size.memoryMiB + sheet.policy.guestOverheadMiB;
  room.soon++;
  sheet.power.promised.add(host.name);
}

/** What it had when it was last seen; nothing is known against one that was never seen in this life. */
const seesImage = ({ view }: HostRoom, { room: { environment } }: Attempt): boolean =>
  view.reading.value === undefined || versionOn(view.reading.value.images, environment.image) !== undefined;

/** MiB that the store has left, as hosts say which reach it now: it is the same for all of them. -1: none does, and one that is woken may. */
const storeSaid = oncePer((hosts: Sheet['world']['hosts']): number => {
  let most = -1;
  for (const { reading } of hosts.values()) {
    if (isHeard(reading) && !reading.value.storeHung) most = Math.max(most, reading.value.storeFreeMiB);
  }
  return most;
});

/** A host that is woken finds the store as full as the others do. */
function storeHolds({ sheet, room }: Attempt): boolean {
  const said = storeSaid(sheet.world.hosts);
  return said < 0 || said >= room.environment.diskMiB;
}

/**
 * Waking ones first, so that as few as possible are woken; then those that were switched off least lately: wear is shared,
 * and a host that may not be switched off again stays on for nobody. Then the fullest by what is promised, then by name.
 */
function bestAsleep(sheet: Sheet, hosts: readonly HostRoom[]): HostRoom | undefined {
  const rank = (host: HostRoom): number => (isComing(sheet, host.name) ? -1 : offLately(sheet, host.name));
  let best: HostRoom | undefined;
  for (const host of hosts) {
    if (!isComing(sheet, host.name) && whyNotWake(sheet, host) !== undefined) continue;
    const order = best === undefined ? -1 : rank(host) - rank(best) || host.cores - best.cores || host.memoryMiB - best.memoryMiB;
    if (order < 0) best = host; // hosts come by name
  }
  return best;
}

function offLately({ power, now }: Sheet, host: string): number {
  const row = power.rows.get(host);
  return row === undefined ? 0 : cyclesLately(row, now).length;
}

/** Those first that were switched off least lately; of equals as they stand. */
export const leastWorn = (sheet: Sheet, hosts: readonly HostRoom[]): readonly HostRoom[] =>
  [...hosts].sort((a, b) => offLately(sheet, a.name) - offLately(sheet, b.name));

/** Told to wake, or about to be; a cordoned one is no help when it comes. */
export const isComing = (sheet: Sheet, host: string): boolean =>
  (sheet.power.woken.has(host) || sheet.power.rows.get(host)?.state === 'waking') &&
  !sheet.rows.cordons.has(host) &&
  sheet.power.rows.get(host)?.wishedOff === undefined;

/** Why a host that is off is not to be woken now for whatever waits; undefined when it may be. */
export function whyNotWake(sheet: Sheet, host: HostRoom): Reason | undefined {
  const { policy } = sheet.power;
  const power = sheet.power.rows.get(host.name);
  const refs = [`host:${host.name}`];
  if (policy === undefined || !policy.manage) return because('host-unmanaged', {}, refs);
  if (power === undefined || power.state !== 'off') return because('wait-unread', { source: host.name }, refs);
  if (host.view.spec.power === undefined) return because('awake-nobody', {}, refs);
  if (power.wishedOff !== undefined) return because('host-off-wished', { who: power.wishedOff.by, why: power.wishedOff.why }, refs);
  const cordon = sheet.rows.cordons.get(host.name);
  if (cordon !== undefined) return because('host-cordoned', { who: cordon.by, why: cordon.why }, refs);
  const offMs = sheet.now - power.since;
  if (power.by === 'person' && offMs < policy.leaveAloneMs) return because('asleep-person', { leftMs: policy.leaveAloneMs - offMs }, refs);
  if (power.notBefore !== undefined && sheet.now < power.notBefore)
    return because('asleep-pause', { why: power.failing ?? 'it did not answer in time', inMs: power.notBefore - sheet.now }, refs);
  if (offMs < policy.minOffMs) return because('asleep-min', { offMs, leftMs: policy.minOffMs - offMs }, refs);
  return breakerOf(sheet.rows, `host:${host.name}`, sheet.now);
}

/** The reason to wait for that host; decides to wake it where it does not come yet. */
function wakeFor(sheet: Sheet, host: HostRoom, need: Need): Reason {
  const waits = because('wait-host-wakes', { host: host.name }, [`host:${host.name}`]);
  if (isComing(sheet, host.name)) return waits;
  return wake(sheet, host, reasonFor(need)) ?? waits;
}

/** Decides to wake a host; why not now, else undefined. */
export function wake(sheet: Sheet, host: HostRoom, reason: Reason, asked = false): Reason | undefined {
  const { power } = sheet;
  const limit = power.policy?.switchesAtOnce ?? 1;
  if (power.switching >= limit) return because('wait-switches', { limit }, [`host:${host.name}`]);
  power.switching++;
  power.woken.add(host.name);
  sheet.sorter.settle({ kind: 'wake', host: host.name, reason }, hostMode(sheet.policy, host.name, asked));
  return undefined;
}

function reasonFor({ claim, group, environment }: Need): Reason {
  const refs = [`environment:${environment.name}`];
  return claim.kind === 'job' && group !== undefined
    ? because('wake-for-job', { job: claim.ref }, [`job:${group.source}/${claim.ref}`, ...refs])
    : because('wake-for-environment', { environment: environment.name }, refs);
}
