import { altered } from '../model/altered.js';
import { largestSize } from '../model/environment.js';
import type { Machine } from '../model/machine.js';
import type { Change } from '../model/rows.js';
import { diskOf, type ServiceMemory } from '../model/service.js';
import type { Size } from '../model/size.js';
import { guestNameOf, machineUuid, ownPrefix, shortName } from '../model/uuid.js';
import type { World } from '../model/world.js';
import type { Decision } from './decision.js';
import type { Draft } from './draft.js';
import { switched } from './power-limits.js';
import type { Context } from './step.js';
import { turned } from './tenancy-memory.js';

const hourMs = 3_600_000;

/** Decisions become rows: the row exists before anything is made. */
export function writeDown(context: Context, draft: Draft, decisions: readonly Decision[]): void {
  const starts = new Map<string, number[]>();
  for (const decision of decisions) {
    const isStart = decision.kind === 'start';
    for (const change of isStart ? started(context, decision) : changed(context, draft, decision)) draft.put(change);
    if (isStart && !decision.service) starts.set(decision.environment, [...(starts.get(decision.environment) ?? []), context.now]);
  }
  for (const [environment, at] of starts) {
    const recent = (context.world.rows.starts.get(environment) ?? []).filter((instant) => instant > context.now - hourMs);
    draft.put({ table: 'starts', key: environment, row: [...recent, ...at] });
  }
}

/** A start that came to readiness counts no more: the rate bounds what fails, not what swings. */
export function proved({ world }: Context, draft: Draft): void {
  for (const change of draft.changes()) {
    if (change.table !== 'machines' || change.row?.readyAt === undefined || world.rows.machines.get(change.key)?.readyAt !== undefined) continue;
    const { environment, wantedAt } = change.row;
    const starts = draft.starts(environment);
    const at = starts.indexOf(wantedAt);
    if (at >= 0) draft.put({ table: 'starts', key: environment, row: starts.filter((_, place) => place !== at) });
  }
}

function changed({ now }: Context, draft: Draft, decision: Exclude<Decision, { kind: 'start' }>): readonly Change[] {
  if (decision.kind === 'wake' || decision.kind === 'sleep') return switched(decision, draft.power(decision.host), now);
  if (decision.kind === 'leave' || decision.kind === 'take') return turned(decision, draft.tenancy(decision.host), now);
  const row = draft.machine(decision.machine);
  return row === undefined ? [] : [{ table: 'machines', key: row.id, row: withGoal(row, decision, now) }];
}

function withGoal(row: Machine, decision: Exclude<Decision, { kind: 'start' | 'wake' | 'sleep' | 'leave' | 'take' }>, now: number): Machine {
  const { trouble: _, idleSince: __, ...rest } = row;
  switch (decision.kind) {
    case 'drain':
      return { ...rest, goal: { kind: 'gone', reason: decision.reason, since: now } };
    case 'resize':
      return { ...rest, goal: { kind: 'serve', size: decision.size } };
    case 'move':
      return altered(row, { moving: { from: row.host, to: decision.to, since: now, reason: decision.reason, way: decision.way } });
    case 'keep': {
      const { buried: ___, ...kept } = rest; // said of the jobs that were there then
      return { ...kept, goal: { kind: 'serve', size: row.size }, reason: decision.reason };
    }
  }
}

const started = (context: Context, decision: Extract<Decision, { kind: 'start' }>): readonly Change[] =>
  decision.service ? startService(context, decision) : start(context, decision);

function start({ world, policy, now }: Context, decision: Extract<Decision, { kind: 'start' }>): readonly Change[] {
  const environment = policy.environments[decision.environment];
  if (environment === undefined) throw new RangeError(`environment ${decision.environment} is not in the policy`);
  const { number = 0, readyMs } = world.rows.generations.get(decision.seat) ?? {};
  const generation = Math.max(number, remains(world, policy.deployment, decision.seat)) + 1;
  const seated = policy.seats[decision.seat];
  const name = guestNameOf(policy.deployment, decision.seat, generation);
  const row: Machine = {
    id: `${decision.seat}#${generation}`,
    seat: decision.seat,
    ...(seated === undefined ? {} : { seated }),
    generation,
    environment: decision.environment,
    host: decision.host,
    uuid: machineUuid(policy.deployment, decision.seat, generation),
    guestName: name,
    overlay: name,
    image: decision.image,
    goal: { kind: 'serve', size: decision.size },
    size: decision.size,
    maxSize: largestOn(policy.hosts[decision.host], largestSize(environment), decision.size, policy.guestOverheadMiB),
    configRevision: policy.revision,
    wantedAt: now,
    reason: decision.reason,
  };
  return [
    { table: 'machines', key: row.id, row },
    { table: 'generations', key: row.seat, row: { number: generation, ...(readyMs === undefined ? {} : { readyMs }) } },
    { table: 'environments', key: environment.name, row: environment },
  ];
}

/** The row of a permanent machine, and what is remembered of its service: its disk has one name for ever. */
function startService({ world, policy, now }: Context, decision: Extract<Decision, { kind: 'start' }>): readonly Change[] {
  const { seat: name, environment: group, host, size, image, reason } = decision;
  const { number = 0, readyMs } = world.rows.generations.get(name) ?? {};
  const generation = Math.max(number, remains(world, policy.deployment, name)) + 1;
  const before = world.rows.services.get(name);
  const disk = before?.disk ?? diskOf(policy.deployment, name);
  const row: Machine = {
    ...{
      id: `${name}#${generation}`,
      seat: name,
      generation,
      kind: 'service',
      environment: group,
      host,
      uuid: machineUuid(policy.deployment, name, generation),
    },
    ...{ guestName: guestNameOf(policy.deployment, name, generation), overlay: disk, image, goal: { kind: 'serve', size }, size, maxSize: size },
    ...{ configRevision: policy.revision, wantedAt: now, reason },
  };
  const memory: ServiceMemory = { ...before, service: name, group, disk, image, downSince: before?.downSince ?? now };
  return [
    { table: 'machines', key: row.id, row },
    { table: 'generations', key: name, row: { number: generation, ...(readyMs === undefined ? {} : { readyMs }) } },
    { table: 'services', key: name, row: memory },
  ];
}

/** The highest generation among what nobody owns of the seat: a machine of a lost journal left it, and its disk must not become the next one's. */
function remains({ strays }: World, deployment: string, seat: string): number {
  const own = `${ownPrefix(deployment)}${shortName(seat)}-`;
  const numbers = strays.flatMap(({ name }) => (name.startsWith(own) && /^\d{1,9}$/.test(name.slice(own.length)) ? [Number(name.slice(own.length))] : []));
  return Math.max(0, ...numbers);
}

/** Room to grow later: the environment's largest size, as far as the host could ever carry it. */
function largestOn(host: Context['policy']['hosts'][string] | undefined, largest: Size, size: Size, overheadMiB: number): Size {
  if (host === undefined) return size;
  return {
    cores: Math.max(size.cores, Math.min(largest.cores, host.cores - host.reserve.cores)),
    memoryMiB: Math.max(size.memoryMiB, Math.min(largest.memoryMiB, host.memoryMiB - host.reserve.memoryMiB - overheadMiB)),
  };
}
