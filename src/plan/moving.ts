import type { Deed } from '../model/action.js';
import { ownDiskMiB } from '../model/environment.js';
import { type Guest, isAlive, runs } from '../model/host.js';
import type { Machine, Moving } from '../model/machine.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { HostView, MachineView } from '../model/world.js';
import { towardsOffline } from './offline.js';
import { hasCopy } from './replicas.js';
import { isCut } from './service-proof.js';
import { type Context, fail, hostWaits, machineRef, rowChange, type Step, safetyOf } from './step.js';

/** A move that could not begin within this is given up: it was decided for a world that has changed. */
export const longestWaitMs = 15 * 60_000;
/** A guest that stands still on its only host this long after the deed will not go on by itself. */
const stuckMs = 60_000;

/**
 * A machine on its way to another host. Before the deed everything is taken back at no cost. After it, however it ended,
 * both hosts are looked at: `xl` lets the guest run on the other host only when it stands still on its own, so whoever
 * shows it running has it; what stands still beside it is destroyed; shown by neither, it is lost. Undefined when the
 * machine is where it belongs, and only its former host has not said yet that nothing is left there.
 */
export function move(context: Context, machine: MachineView): Step | undefined {
  const { moving } = machine.row;
  if (moving === undefined) return undefined;
  if (moving.endedAt === undefined) return begin(context, machine, moving);
  return machine.row.host === moving.to ? tidy(context, machine, moving) : settled(context, machine, moving);
}

/** Deeds of a move itself; before the first of them everything is taken back at no cost. */
export const moveVerbs: ReadonlySet<string> = new Set(['migrate-guest', 'save-guest', 'restore-guest', 'destroy-copy']);

/** The row without its move; `moved`: it is left where it is for a while. */
function without(row: Machine, moved: boolean, now: number): Machine {
  const { moving, trouble, ...rest } = row;
  const kept = trouble === undefined || moveVerbs.has(trouble.verb) ? {} : { trouble };
  return { ...rest, ...kept, ...(moved && moving !== undefined ? { moved: { at: now, from: moving.from } } : {}) };
}

const movesTo = ({ row }: MachineView, { to }: Moving): readonly string[] => [...machineRef(row), `host:${to}`];

/** Nothing was begun: the row stays as it was. */
const takenBack = ({ now }: Context, machine: MachineView, moving: Moving, why: string): Step => ({
  reason: because('move-off', { to: moving.to, why }, movesTo(machine, moving)),
  changes: [rowChange(without(machine.row, false, now))],
});

/** Why it must not go any more. */
function obsolete({ world, now }: Context, machine: MachineView, moving: Moving): string | undefined {
  const { row, guest, hostHeard } = machine;
  if (row.goal.kind === 'gone') return 'it leaves';
  if (row.held !== undefined) return `it is held by ${row.held.by}`;
  if (row.failing !== undefined || (hostHeard && (guest === undefined || !runs(guest)))) return 'its guest does not run';
  const to = world.hosts.get(moving.to);
  if (to === undefined || to.blocked !== undefined) return `${moving.to} may not be used`;
  if (row.local && !hasCopy(to.reading.value, row.image))
    return `${moving.to} has no copy of image ${row.image.name} ${row.image.version}, which its disk stands on`;
  return forbidden(machine, moving) ?? (now - moving.since > longestWaitMs ? 'it waited too long for its turn' : undefined);
}

/** What its environment does not allow; nobody is saved with a job on him. */
function forbidden({ jobs, environment }: MachineView, { way }: Moving): string | undefined {
  const moves = environment?.moves ?? 'idle';
  if (moves === 'never') return 'its environment does not allow it';
  if (environment !== undefined && ownDiskMiB(environment) > 0) return 'its scratch space or swap is on its host';
  return jobs.length > 0 && (moves !== 'busy' || way === 'saved') ? 'a job is on it' : undefined;
}

/** Its host is emptied: no job is to begin there that would have to go with it, busy or not. */
const forGood: ReadonlySet<string> = new Set(['move-due', 'move-emptied']);

function begin(context: Context, machine: MachineView, moving: Moving): Step {
  const { row, guest } = machine;
  const why = obsolete(context, machine, moving);
  if (why !== undefined) return takenBack(context, machine, moving, why);
  const waits = hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  const reason = because('step-move', { to: moving.to }, movesTo(machine, moving));
  const jobless = (machine.environment?.moves !== 'busy' || moving.way === 'saved') && machine.seat !== undefined;
  const closes = machine.seat !== undefined && (jobless || forGood.has(moving.reason.code));
  const missing = closes ? towardsOffline(context, machine, moving.reason, moving.since) : undefined;
  if (missing !== undefined && (jobless || missing.reason.code !== 'step-wait-jobs')) return missing;
  const to = context.world.hosts.get(moving.to)?.spec;
  if (to === undefined || guest === undefined) return { reason };
  const its = { host: row.host, machine: row.id, uuid: row.uuid, guestName: row.guestName, overlay: row.overlay };
  if (moving.way === 'saved') {
    const saves = because('step-save', { to: moving.to }, movesTo(machine, moving));
    return { reason: saves, deed: { verb: 'save-guest', ...its, ...safetyOf(context, machine), reason: saves } };
  }
  const deed: Deed = {
    verb: 'migrate-guest',
    ...its,
    memoryMiB: Math.max(guest.memoryMiB, guest.targetMiB),
    to: to.name,
    address: to.address,
    port: to.port,
    ...(jobless ? safetyOf(context, machine) : {}),
    reason,
  };
  return { reason, deed };
}

/** What one end shows of it. */
interface End {
  /** Asked late enough, and answers. */
  readonly heard: boolean;
  /** Does not answer: it may be off for good. */
  readonly silent: boolean;
  readonly guest: Guest | undefined;
  readonly bootId: string | undefined;
}

function endOf(view: HostView | undefined, uuid: string, after: number): End {
  const reading = view?.reading;
  if (reading === undefined || !isHeard(reading) || reading.askedAt <= after)
    return { heard: false, silent: reading?.silentSince !== undefined, guest: undefined, bootId: undefined };
  return { heard: true, silent: false, guest: reading.value.guests.find((guest) => guest.uuid === uuid && isAlive(guest)), bootId: reading.value.bootId };
}

const isThere = ({ guest }: End): boolean => guest !== undefined && runs(guest);

/** After the deed, while its row says that it is on its old host. */
function settled(context: Context, machine: MachineView, moving: Moving): Step {
  const { world, now } = context;
  const { row } = machine;
  const after = moving.endedAt ?? 0;
  const here = endOf(world.hosts.get(moving.from), row.uuid, after);
  const there = endOf(world.hosts.get(moving.to), row.uuid, after);
  if (isThere(here)) return isHere(context, machine, moving, there);
  if (isThere(there)) return arrived(machine, moving, here, there, now);
  if (!here.heard || !there.heard) return { reason: lookAgain(machine, here.heard ? moving.to : moving.from, now - after) };
  if (here.guest === undefined && there.guest !== undefined) return clear(machine, moving.to); // it never was let run there
  if (here.guest !== undefined && now - after < stuckMs) return { reason: lookAgain(machine, moving.from, now - after) };
  return again(machine, moving, here) ?? lost(context, machine, moving, here);
}

/** What was saved is started on the other host, else where it was. */
function again({ row }: MachineView, moving: Moving, here: End): Step | undefined {
  const host = [moving.to, moving.from][moving.restores ?? 0];
  if (moving.way !== 'saved' || here.guest !== undefined || host === undefined) return undefined;
  const reason = because('step-restore', { host }, [...machineRef(row), `host:${host}`]);
  return { reason, deed: { verb: 'restore-guest', host, machine: row.id, uuid: row.uuid, guestName: row.guestName, overlay: row.overlay, reason } };
}

/** It runs where it was: what the other host has of it is a copy. */
function isHere(context: Context, machine: MachineView, moving: Moving, there: End): Step {
  if (there.guest !== undefined) return clear(machine, moving.to);
  return there.heard || there.silent
    ? stayed(context, machine, moving)
    : { reason: lookAgain(machine, moving.to, context.now - (moving.endedAt ?? context.now)) };
}

const lookAgain = (machine: MachineView, of: string, sinceMs: number): Reason =>
  because('step-move-look', { of, sinceMs: Math.max(0, sinceMs) }, [...machineRef(machine.row), `host:${of}`]);

function arrived({ row }: MachineView, moving: Moving, here: End, there: End, now: number): Step {
  const moved = { ...row, host: moving.to, ...(there.bootId === undefined ? {} : { hostBootId: there.bootId }), moved: { at: now, from: moving.from } };
  const left = here.heard && here.guest === undefined;
  return {
    reason: because('move-done', { to: moving.to, from: moving.from, tookMs: now - moving.since }, [...machineRef(row), `host:${moving.to}`]),
    changes: [rowChange(left ? without(moved, true, now) : moved)],
  };
}

/** It runs on where it was. The host that it did not reach may be off for good: what it may still show is a stray then. */
function stayed({ now }: Context, machine: MachineView, moving: Moving): Step {
  const why = machine.row.trouble?.why ?? 'it could not go';
  return {
    reason: because('move-failed', { to: moving.to, why }, movesTo(machine, moving)),
    changes: [rowChange(without(machine.row, true, now))],
  };
}

/** Destroys what stands still beside the one that runs, or ran. */
function clear({ row }: MachineView, host: string): Step {
  const reason = because('step-clear-copy', { host }, [...machineRef(row), `host:${host}`]);
  return { reason, deed: { verb: 'destroy-copy', host, machine: row.id, uuid: row.uuid, guestName: row.guestName, reason } };
}

/** Shown by neither, or standing still on its only host. */
function lost(context: Context, machine: MachineView, moving: Moving, here: End): Step {
  const reason =
    here.guest === undefined
      ? because('failed-move', { from: moving.from, to: moving.to }, machineRef(machine.row))
      : because('failed-guest-dead', { state: 'still after its migration' }, machineRef(machine.row));
  return fail(context, { ...machine, row: without(machine.row, true, context.now) }, reason);
}

/** So long after a move nobody waits for its former host any more. */
const awayMs = 60 * 60_000;

/** Off by its controller's word, out of the configuration, or silent for long. What is on it when it answers again is a stray (observe/strays.ts). */
function isAway(context: Context, from: HostView | undefined, moving: Moving): boolean {
  if (from === undefined || isCut(from, context)) return true;
  const { silentSince } = from.reading;
  return silentSince !== undefined && context.now - Math.max(silentSince, moving.endedAt ?? 0) >= awayMs;
}

/** It runs where its row says; its former host must show nothing of it before its room there is anybody else's. */
function tidy(context: Context, machine: MachineView, moving: Moving): Step | undefined {
  const from = context.world.hosts.get(moving.from);
  const here = endOf(from, machine.row.uuid, moving.endedAt ?? 0);
  if (!here.heard && !isAway(context, from, moving)) return undefined;
  if (here.guest !== undefined) return clear(machine, moving.from);
  const { reason } = moving;
  return { reason, changes: [rowChange(without(machine.row, true, context.now))] };
}
