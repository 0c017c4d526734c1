import type { Deed, GuestSpec } from '../model/action.js';
import { altered } from '../model/altered.js';
import { type BatchNode, isDown, isOffline, notePrefix } from '../model/batch.js';
import { type Environment, npOf } from '../model/environment.js';
import { isAlive } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { oncePer } from '../model/once.js';
import { because, type Reason, sentence } from '../model/reason.js';
import { sameSize } from '../model/size.js';
import type { MachineView } from '../model/world.js';
import { calm, stays } from './calm.js';
import { awaitCores } from './cores.js';
import { silentFor } from './mom-silence.js';
import { isPersons, towardsOffline } from './offline.js';
import { hasCopy } from './replicas.js';
import { batchAskedAfter, type Context, fail, hostWaits, isBusy, machineRef, nodeWaits, provedWell, rowChange, type Step, safetyOf } from './step.js';

/**
 * A machine whose goal is to serve: disk, guest, readiness, size, node online. Each call names the first that is
 * missing; what is seen to be there already (a crash lost our note of it) is written down instead of done again.
 */
export function serve(context: Context, machine: MachineView): Step {
  const usual = calm(context, machine);
  if (usual !== undefined) return usual;
  const { row, environment, seat } = machine;
  if (environment === undefined || seat === undefined) return { reason: because('drain-removed', { environment: row.environment }, machineRef(row)) };
  if (row.failing !== undefined) return failed(context, machine);
  const died = death(context, machine);
  if (died !== undefined) return died;
  const { trouble } = row;
  if (trouble !== undefined && trouble.count >= context.policy.limits.deedTries && row.readyAt === undefined) {
    return fail(context, machine, because('failed-deed', { verb: trouble.verb, count: trouble.count, why: trouble.why }, machineRef(row)));
  }
  if (row.overlayAt === undefined) return disk(context, machine, environment);
  if (row.guestAt === undefined) return guest(context, machine, environment);
  const bootId = context.world.hosts.get(row.host)?.reading.value?.bootId;
  if (row.hostBootId === undefined && machine.guest !== undefined && bootId !== undefined) {
    const reason = because('step-boot', { sinceMs: context.now - row.guestAt, limitMs: environment.bootDeadlineMs }, machineRef(row));
    return { reason, changes: [rowChange(altered(row, { hostBootId: bootId }))] };
  }
  if (row.readyAt === undefined) return readiness(context, machine, environment);
  if (row.goal.kind === 'serve' && !sameSize(row.goal.size, row.size)) return resize(context, machine);
  return online(context, machine, environment);
}

/** Gone or crashed, by a current answer of its host. */
function death(context: Context, machine: MachineView): Step | undefined {
  const { row, guest, hostHeard } = machine;
  if (!hostHeard) return undefined;
  const bootId = context.world.hosts.get(row.host)?.reading.value?.bootId;
  if (guest === undefined && row.guestAt !== undefined) {
    const rebooted = row.hostBootId !== undefined && bootId !== undefined && row.hostBootId !== bootId;
    return fail(
      context,
      machine,
      rebooted
        ? because('failed-host-rebooted', { host: row.host }, machineRef(row))
        : because('failed-guest-gone', { host: row.host, how: 'nobody knows' }, machineRef(row)),
    );
  }
  return guest !== undefined && !isAlive(guest)
    ? fail(context, machine, because('failed-guest-dead', { state: guest.state, ...lastLine(machine) }, machineRef(row)))
    : undefined;
}

/** What a guest that was never ready said last on its console. */
function lastLine({ row, guest }: MachineView): { readonly console?: string } {
  const line = row.readyAt === undefined ? guest?.console?.at(-1) : undefined;
  return line === undefined ? {} : { console: line };
}

/** Kept for inspection, its node offline; then it goes. */
function failed(context: Context, machine: MachineView): Step {
  const { row } = machine;
  const { now } = context;
  if (row.failing === undefined) throw new RangeError(`${row.id} is not failing`);
  const why = row.failing.reason;
  if (machine.node !== undefined && machine.nodeHeard && !isOffline(machine.node)) {
    const step = towardsOffline(context, machine, why, row.failing.at);
    if (step?.deed !== undefined) return step;
  }
  if (now < row.failing.keepUntil || row.held !== undefined)
    return { reason: because('kept-for-inspection', { leftMs: row.failing.keepUntil - now, why: sentence(why) }, machineRef(row)) };
  return { reason: why, changes: [rowChange({ ...row, goal: { kind: 'gone', reason: why, since: now } })] };
}

function disk(context: Context, machine: MachineView, environment: Environment): Step {
  const { row } = machine;
  const waits = hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  const reason = because('step-overlay', { image: `${row.image.name} ${row.image.version}` }, machineRef(row));
  if (machine.overlaySeen === true) return { reason, changes: [rowChange(altered(row, { overlayAt: context.now }))] };
  return {
    reason,
    deed: {
      verb: 'create-overlay',
      host: row.host,
      machine: row.id,
      overlay: row.overlay,
      image: row.image,
      diskMiB: environment.diskMiB,
      ...local(context, row),
      reason,
    },
  };
}

/** On the host's own copy, where its pool keeps them and it has one. */
function local({ world, policy }: Context, { host, image }: Machine): { readonly local?: true } {
  const view = world.hosts.get(host);
  return policy.pools[view?.spec.pool ?? '']?.replicas !== undefined && hasCopy(view?.reading.value, image) ? { local: true } : {};
}

function guest(context: Context, machine: MachineView, environment: Environment): Step {
  const { row } = machine;
  const waits = hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  const reason = because('step-guest', { host: row.host }, [...machineRef(row), `host:${row.host}`]);
  const bootId = context.world.hosts.get(row.host)?.reading.value?.bootId;
  if (machine.guest !== undefined)
    return { reason, changes: [rowChange(altered(row, { guestAt: context.now, ...(bootId === undefined ? {} : { hostBootId: bootId }) }))] };
  return { reason, deed: { verb: 'create-guest', host: row.host, machine: row.id, spec: specOf(machine, environment, context), reason } };
}

/** What it gets of its host's own. */
const ownOf = ({ scratch, swapMiB, cpus }: Environment): Pick<GuestSpec, 'scratch' | 'swapMiB' | 'cpus'> => ({
  ...(scratch === undefined ? {} : { scratch }),
  ...(swapMiB === undefined ? {} : { swapMiB }),
  ...(cpus === undefined ? {} : { cpus }),
});

function specOf(machine: MachineView, environment: Environment, { policy }: Context): GuestSpec {
  const { row, seat } = machine;
  if (seat === undefined) throw new RangeError(`${row.id} has no seat`);
  const { type, kernel, ramdisk, args } = environment.boot;
  return {
    uuid: row.uuid,
    name: row.guestName,
    type,
    size: row.size,
    maxSize: row.maxSize,
    image: row.image,
    overlay: row.overlay,
    ...ownOf(environment),
    kernel,
    ...(ramdisk === undefined ? {} : { ramdisk }),
    args,
    mac: seat.mac,
    bridge: policy.bridge,
    node: seat.name,
    address: seat.address,
    environment: row.environment,
    checks: environment.checks,
  };
}

function readiness(context: Context, machine: MachineView, environment: Environment): Step {
  const { row, guest: seen, hostHeard } = machine;
  const { now, world } = context;
  const since = row.guestAt ?? now;
  if (seen?.report?.ready === true) {
    const missing = environment.checks.filter((check) => seen.report?.checks[check] !== 'ok');
    if (missing.length === 0)
      return {
        reason: because('step-join', {}, machineRef(row)),
        changes: [rowChange(altered(withoutTrouble(row), { readyAt: now })), ...provedWell(row, world)],
      };
  }
  const checks = failedChecks(machine);
  if (hostHeard && now >= since + environment.bootDeadlineMs) {
    return fail(context, machine, because('failed-boot', { limitMs: environment.bootDeadlineMs, checks, ...lastLine(machine) }, machineRef(row)));
  }
  const waits = hostHeard ? undefined : hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  if (checks !== '') return { reason: because('step-checks', { checks }, machineRef(row)) };
  return { reason: because('step-boot', { sinceMs: now - since, limitMs: environment.bootDeadlineMs }, machineRef(row)) };
}

/** What the guest's own report says against it, bounded. */
const failedChecks = ({ guest }: MachineView): string =>
  Object.entries(guest?.report?.checks ?? {})
    .flatMap(([name, text]) => (text === 'ok' ? [] : [`${name}: ${text}`]))
    .join('; ')
    .slice(0, 300);

/** A guest that was ready and now reports that it is not (its node check saw a check fail) gets no new jobs until it is again. */
const unfit = (machine: MachineView): Reason | undefined =>
  machine.hostHeard && machine.guest?.report?.ready === false ? because('step-checks', { checks: failedChecks(machine) }, machineRef(machine.row)) : undefined;

const withoutTrouble = <T extends { readonly trouble?: unknown }>(row: T): Omit<T, 'trouble'> => {
  const { trouble: _, ...rest } = row;
  return rest;
};

/** Only an idle machine is resized: a job that came in between withdraws the wish. */
function resize(context: Context, machine: MachineView): Step {
  const { row } = machine;
  if (row.goal.kind !== 'serve') throw new RangeError(`${row.id} does not serve`);
  const { size } = row.goal;
  const reason = because('step-resize', { cores: size.cores, memory: size.memoryMiB }, machineRef(row));
  if (machine.jobs.length > 0 || (row.trouble?.verb === 'resize-guest' && row.trouble.count >= context.policy.limits.deedTries)) {
    const why = machine.jobs.length > 0 ? isBusy(machine) : reason;
    return { reason: why, changes: [rowChange({ ...withoutTrouble(row), goal: { kind: 'serve', size: row.size } })] };
  }
  const waits = hostWaits(context, machine);
  if (waits !== undefined) return { reason: waits };
  const missing = towardsOffline(context, machine, reason, context.now);
  if (missing !== undefined) return missing;
  const deed: Deed = {
    verb: 'resize-guest',
    host: row.host,
    machine: row.id,
    uuid: row.uuid,
    guestName: row.guestName,
    size,
    ...safetyOf(context, machine),
    reason,
  };
  return { reason, deed };
}

const admits = oncePer(({ row, environment }: MachineView): Reason => {
  const np = environment === undefined ? 0 : npOf(environment, row.size);
  return because('step-admit', { node: row.seat, np }, machineRef(row));
});

/** Ready: the node goes online at the size the guest really has, and stays so. */
function online(context: Context, machine: MachineView, environment: Environment): Step {
  const { row, node, seat } = machine;
  const { now } = context;
  const waits = nodeWaits(context, machine);
  if (waits !== undefined || node === undefined || seat === undefined)
    return { reason: waits ?? because('wait-seat-unlisted', { seat: row.seat }, machineRef(row)) };
  if (isPersons(machine)) return { reason: because('offline-by-person', { note: node.note }, machineRef(row)) };
  const np = npOf(environment, row.size);
  const reason = admits(machine);
  if (row.admittedAt !== undefined && !batchAskedAfter(context, machine, row.admittedAt)) return { reason };
  const hold = context.holds?.get(row.id) ?? unfit(machine);
  if (hold !== undefined) return towardsOffline(context, machine, hold, now) ?? { reason: hold };
  const few = awaitCores(context, machine);
  if (few !== undefined) return few;
  const unheard = noteDown(row, node, reason, now) ?? awaitMom(context, machine, seat.source);
  if (unheard !== undefined) return unheard;
  if (isOffline(node) || node.np !== np) return { reason, deed: { verb: 'admit-node', source: seat.source, node: row.seat, np, machine: row.id, reason } };
  return serving(machine, now);
}

/** Online as it should be: what a crash may have left unwritten is written down. */
function serving(machine: MachineView, now: number): Step {
  const { row, withheld } = machine;
  if (row.admittedAt !== undefined && withheld === undefined) return stays(machine);
  const adopt = row.admittedAt === undefined ? [rowChange(altered(row, { admittedAt: now }))] : [];
  return { ...stays(machine), changes: withheld === undefined ? adopt : [...adopt, { table: 'withheld', key: row.seat, row: null }] };
}

/** Where no other mom is heard, the server's clock stands still: what it calls down is timed by ours, too. */
function noteDown(row: Machine, node: BatchNode, reason: Reason, now: number): Step | undefined {
  if (isDown(node) === (row.downSince !== undefined)) return undefined;
  const { downSince: _, ...rest } = row;
  return { reason, changes: [rowChange(isDown(node) ? altered<Machine>(rest, { downSince: now }) : rest)] };
}

/**
 * Before the server has heard the mom the node is not admitted, and a mom that falls silent gets no new jobs until it is
 * heard again; one that stays silent too long fails its machine. A short flap of an admitted node is passed over.
 */
function awaitMom(context: Context, machine: MachineView, source: string): Step | undefined {
  const { row, node } = machine;
  const { joinLimitMs, momSilentMs } = context.policy.intervals;
  const silentMs = silentFor(context, machine);
  const offline = node !== undefined && isOffline(node);
  const down = node !== undefined && isDown(node);
  const downMs = context.now - Math.max(row.downSince ?? context.now, context.world.clockJumpAt ?? 0);
  if (down && Math.max(silentMs, downMs) > joinLimitMs)
    return fail(context, machine, because('failed-join', { node: row.seat, limitMs: joinLimitMs }, machineRef(row)));
  if (silentMs <= momSilentMs) return down && offline ? { reason: because('step-join', {}, machineRef(row)) } : undefined;
  const reason =
    row.admittedAt === undefined ? because('step-join', {}, machineRef(row)) : because('mom-silent', { node: row.seat, silentMs }, machineRef(row));
  if (offline) return { reason };
  return { reason, deed: { verb: 'withhold-node', source, node: row.seat, note: `${notePrefix}worker silent`, machine: row.id, reason } };
}
