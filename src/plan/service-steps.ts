import type { GuestSpec } from '../model/action.js';
import { isAlive } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason, sentence } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import type { Service, ServiceMemory } from '../model/service.js';
import type { MachineView } from '../model/world.js';
import { stopGuest } from './retire.js';
import { isCut, openIn, provedDead, shownBy, unproved } from './service-proof.js';
import { type Context, failedOnce, hostAskedAfter, hostWaits, machineRef, rowChange, type Step } from './step.js';

/**
 * A permanent machine: its own disk, its guest, its readiness; and its end, which another host's start waits for. No node
 * of a batch server belongs to it, so no job is ever in its way, and its disk stays where it is whatever becomes of it.
 */
export function serviceStep(context: Context, machine: MachineView): Step {
  const { row } = machine;
  const service = context.policy.services?.[row.seat];
  if (row.guestGoneAt !== undefined) return closed(context, row);
  const end = ended(context, machine);
  if (end !== undefined) return end;
  if (row.goal.kind === 'gone') return stopping(context, machine, row.goal);
  if (service === undefined) return { reason: because('service-removed', { service: row.seat, disk: row.overlay }, machineRef(row)) };
  if (row.overlayAt === undefined) return disk(context, machine, service);
  if (row.guestAt === undefined) return guest(context, machine, service);
  return running(context, machine, service);
}

/** The machine is gone with its host: told before what is under way, which nobody will answer. Undefined while that is not proved, or somebody still waits for an answer. */
export function lostWithHost(context: Context, machine: MachineView): Step | undefined {
  const { row, intent } = machine;
  if (row.kind !== 'service' || row.held !== undefined || row.guestGoneAt !== undefined) return undefined;
  if (intent !== undefined && intent.uncertainSince === undefined && intent.life === context.world.life.id) return undefined;
  const dead = provedDead(context, machine);
  if (dead === undefined || mayBeElsewhere(context, row)) return undefined;
  const step = isGone(context, row, dead);
  return intent === undefined ? step : { ...step, changes: [...(step.changes ?? []), { table: 'intents', key: intent.id, row: null }] };
}

/** It was on its way: the other host must show that it is not there either, or be proved dead as well. */
function mayBeElsewhere(context: Context, { moving, host, uuid }: Machine): boolean {
  if (moving === undefined) return false;
  const other = context.world.hosts.get(host === moving.from ? moving.to : moving.from);
  if (other !== undefined && isCut(other, context)) return false;
  const reading = other?.reading;
  const isKnown = reading !== undefined && isHeard(reading) && reading.askedAt > (moving.endedAt ?? moving.since);
  return !isKnown || reading.value.guests.some((guest) => guest.uuid === uuid);
}

const isGone = ({ now }: Context, { moving: _, ...row }: Machine, why: Reason): Step => ({
  reason: why,
  changes: [rowChange({ ...row, goal: { kind: 'gone', reason: row.goal.kind === 'gone' ? row.goal.reason : why, since: now }, guestGoneAt: now })],
});

/** Its guest is gone by a current answer of its host; one that was moved by hand is followed. */
function ended(context: Context, machine: MachineView): Step | undefined {
  const { row, guest: seen, hostHeard } = machine;
  if (!hostHeard || seen !== undefined) return undefined;
  const elsewhere = shownBy(context, machine);
  if (elsewhere !== undefined) {
    const { hostBootId: _, ...rest } = row;
    return {
      reason: because('service-guest-gone', { host: row.host, how: `it is on ${elsewhere} now` }, machineRef(row)),
      changes: [rowChange({ ...rest, host: elsewhere })],
    };
  }
  if (row.goal.kind === 'gone') {
    const told = Math.max(row.shutdownAt ?? 0, row.destroyedAt ?? 0, row.guestAt ?? 0, row.goal.since);
    return hostAskedAfter(context, machine, told) ? isGone(context, row, row.goal.reason) : undefined;
  }
  if (row.guestAt === undefined) return undefined;
  const bootId = context.world.hosts.get(row.host)?.reading.value?.bootId;
  const rebooted = row.hostBootId !== undefined && bootId !== undefined && bootId !== row.hostBootId;
  const how = rebooted ? 'the host has rebooted' : 'somebody shut it down or destroyed it';
  const step = isGone(context, row, because('service-guest-gone', { host: row.host, how }, machineRef(row)));
  return rebooted ? step : counted(context, row, step);
}

/** One more failure of the service in a row: after some it pauses, longer each time. */
const counted = (context: Context, row: Machine, step: Step): Step => ({
  ...step,
  changes: [...(step.changes ?? []), failedOnce(context, `service:${row.seat}`, 'it does not stay up')],
});

/** The row is closed; the disk stays, and how long the service has been down is remembered. */
function closed({ world, now }: Context, row: Machine): Step {
  const before = world.rows.services.get(row.seat);
  const why = row.goal.kind === 'gone' ? row.goal.reason : row.reason;
  const last = { host: row.host, why: why.code === 'service-host-dead' ? `host ${row.host} is dead` : sentence(why), at: now };
  const memory: Change[] = before === undefined ? [] : [{ table: 'services', key: row.seat, row: { ...before, downSince: before.downSince ?? now, last } }];
  const { readyMs } = world.rows.generations.get(row.seat) ?? {};
  return {
    reason: because('machine-closed', { livedMs: now - row.wantedAt, seat: row.seat }, machineRef(row)),
    changes: [
      { table: 'machines', key: row.id, row: null },
      { table: 'generations', key: row.seat, row: { ...(readyMs === undefined ? {} : { readyMs }), number: row.generation, closedAt: now } },
      ...memory,
    ],
  };
}

function stopping(context: Context, machine: MachineView, goal: { readonly reason: Reason; readonly since: number }): Step {
  const { row, guest: seen } = machine;
  const waits = waitsFor(context, machine);
  if (waits !== undefined) return { reason: waits };
  if (seen === undefined) return { reason: looksAgain(row) };
  return stopGuest(context, machine, goal.reason, isAlive(seen));
}

const looksAgain = (row: Machine): Reason => because('service-look', { host: row.host }, machineRef(row));

const waitsFor = (context: Context, machine: MachineView): Reason | undefined =>
  context.world.hosts.get(machine.row.host)?.reading.silentSince === undefined ? hostWaits(context, machine) : unproved(context, machine);

function disk(context: Context, machine: MachineView, service: Service): Step {
  const { row, overlaySeen } = machine;
  const { now, world } = context;
  const waits = waitsFor(context, machine);
  if (waits !== undefined) return { reason: waits };
  const memory = world.rows.services.get(row.seat);
  const reason = because('step-disk', { image: `${row.image.name} ${row.image.version}` }, machineRef(row));
  if (overlaySeen === true)
    return { reason, changes: [rowChange({ ...row, overlayAt: now }), ...(memory === undefined || memory.madeAt !== undefined ? [] : made(memory, now))] };
  if (memory?.madeAt !== undefined) {
    const missing = because('service-disk-missing', { host: row.host, disk: row.overlay }, [...machineRef(row), `host:${row.host}`]);
    return overlaySeen === undefined ? { reason: missing } : givesUp(context, row, missing);
  }
  return {
    reason,
    deed: { verb: 'create-overlay', host: row.host, machine: row.id, overlay: row.overlay, image: row.image, diskMiB: service.diskMiB, reason },
  };
}

const made = (memory: ServiceMemory, now: number): readonly Change[] => [{ table: 'services', key: memory.service, row: { ...memory, madeAt: now } }];

/** Not here: it is tried on another host. */
const givesUp = ({ now }: Context, row: Machine, why: Reason): Step => ({
  reason: why,
  changes: [rowChange({ ...row, goal: { kind: 'gone', reason: why, since: now } })],
});

function guest(context: Context, machine: MachineView, service: Service): Step {
  const { row, guest: seen } = machine;
  const waits = waitsFor(context, machine);
  if (waits !== undefined) return { reason: waits };
  const reason = because('step-guest', { host: row.host }, [...machineRef(row), `host:${row.host}`]);
  const memory = context.world.rows.services.get(row.seat);
  if (memory !== undefined && memory.madeAt === undefined) return beheld(context, machine, memory, reason);
  if (seen !== undefined) return { reason, changes: [rowChange({ ...row, guestAt: context.now, ...bootOf(context, row) })] };
  const { trouble } = row;
  if (trouble !== undefined && trouble.count >= context.policy.limits.deedTries) {
    const why = because('failed-deed', { verb: trouble.verb, count: trouble.count, why: trouble.why }, machineRef(row));
    const step = givesUp(context, row, why);
    return {
      ...step,
      changes: [...(step.changes ?? []), failedOnce(context, `host:${row.host}`, trouble.why), failedOnce(context, `service:${row.seat}`, trouble.why)],
    };
  }
  const open = openIn(context, row.overlay, row.uuid);
  if (open !== undefined) return { reason: open };
  return { reason, deed: { verb: 'create-guest', host: row.host, machine: row.id, spec: specOf(row, service, context), reason } };
}

/** Only a disk that was seen counts as made: from then on no other is ever made in its place. */
function beheld(context: Context, { row, overlaySeen, ...machine }: MachineView, memory: ServiceMemory, reason: Reason): Step {
  if (overlaySeen === true) return { reason, changes: made(memory, context.now) };
  if (overlaySeen === undefined || !hostAskedAfter(context, { ...machine, row, overlaySeen }, row.overlayAt ?? 0)) return { reason };
  const { overlayAt: _, ...rest } = row;
  return { reason, changes: [rowChange(rest)] };
}

function bootOf({ world }: Context, row: Machine): { readonly hostBootId?: string } {
  const bootId = world.hosts.get(row.host)?.reading.value?.bootId;
  return bootId === undefined ? {} : { hostBootId: bootId };
}

function specOf(row: Machine, { boot, mac, name, address, checks }: Service, { policy }: Context): GuestSpec {
  const { type, kernel, ramdisk, args } = boot;
  const made = { uuid: row.uuid, name: row.guestName, type, size: row.size, maxSize: row.maxSize, image: row.image, overlay: row.overlay };
  const starts = { kernel, ...(ramdisk === undefined ? {} : { ramdisk }), args };
  return { ...made, ...starts, mac, bridge: policy.bridge, node: name, address, environment: row.environment, checks };
}

/** A guest that is there: dead ones are cleared away, living ones are left alone, whatever their checks say. */
function running(context: Context, machine: MachineView, service: Service): Step {
  const { row, guest: seen, hostHeard } = machine;
  const { now, world } = context;
  if (!hostHeard || seen === undefined) return { reason: waitsFor(context, machine) ?? looksAgain(row) };
  if (row.failing !== undefined) return givesUp(context, row, row.failing.reason); // it stands still after a move
  if (!isAlive(seen)) return counted(context, row, givesUp(context, row, because('service-guest-dead', { state: seen.state }, machineRef(row))));
  const up = because('service-up', { host: row.host, home: service.home }, [...machineRef(row), `host:${row.host}`]);
  if (row.hostBootId === undefined) return { reason: up, changes: [rowChange({ ...row, ...bootOf(context, row) })] };
  const failing = service.checks
    .filter((check) => seen.report?.checks[check] !== 'ok')
    .map((check) => `${check}: ${seen.report?.checks[check] ?? 'not reported'}`);
  const checks = because('step-checks', { checks: failing.join('; ').slice(0, 300) }, machineRef(row));
  if (row.readyAt === undefined)
    return failing.length > 0 ? { reason: checks } : { reason: up, changes: [rowChange({ ...row, readyAt: now }), ...cameUp(context, row)] };
  const steady = now - row.readyAt >= context.policy.limits.breakerPauseMs && world.rows.breakers.has(`service:${row.seat}`);
  const changes: Change[] = [...(steady ? [{ table: 'breakers' as const, key: `service:${row.seat}`, row: null }] : []), ...cameUp(context, row)];
  return { reason: failing.length > 0 ? checks : up, ...(changes.length > 0 ? { changes } : {}) };
}

/** It is no longer down. */
function cameUp({ world }: Context, row: Machine): readonly Change[] {
  const memory = world.rows.services.get(row.seat);
  if (memory?.downSince === undefined) return [];
  const { downSince: _, ...up } = memory;
  return [{ table: 'services', key: row.seat, row: up }];
}
