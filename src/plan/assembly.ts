import { isOffline } from '../model/batch.js';
import { type Environment, npOf, sizeFor } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import { because, type Reason } from '../model/reason.js';
import type { Assembly } from '../model/rows.js';
import { type Size, sameSize } from '../model/size.js';
import type { JobGroup, MachineView, World } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { isPersons } from './offline.js';
import { nodesOf, wideHeads, widest } from './overtaken.js';
import { batchAskedAfter, type Context, rowChange } from './step.js';
import type { MayAct } from './steps.js';

/**
 * A wide job that is the oldest of its environment, or has waited too long, is overtaken for ever by small ones that take each slot as it falls
 * free; the batch scheduler cannot see nodes that Domus is about to give. So its machines are held back one by one,
 * those without jobs first (never by when jobs might end: estimates are worthless), shrunk or grown to what it needs
 * once they are jobless, and released together, with one scheduling cycle. If it does not start, it is tried again,
 * ever more seldom; when it has started or is gone, the holds end.
 */
export function assemble(context: Context, draft: Draft, mayAct: MayAct, reasons: Reasons): ReadonlyMap<string, Reason> {
  const holds = new Map<string, Reason>();
  const heads = wideHeads(context);
  for (const [environment, row] of context.world.rows.assemblies) {
    if (!isFor(row, heads.get(environment))) draft.put({ table: 'assemblies', key: environment, row: null });
  }
  for (const [name, group] of heads) {
    const environment = context.policy.environments[name];
    const { mode, waits } = mayAct(name, undefined);
    if (environment === undefined || mode !== 'act' || waits !== undefined) continue;
    const before = context.world.rows.assemblies.get(name);
    const current = isFor(before, group) ? before : undefined;
    const next = gather(context, draft, environment, group, current, holds);
    if (next !== current) draft.put({ table: 'assemblies', key: name, row: next });
    const reason = [...holds.values()].find((hold) => hold.args['job'] === group.sample[0]);
    if (reason !== undefined) reasons.say(`group:${group.key}`, reason);
  }
  return holds;
}

const isFor = (row: Assembly | undefined, group: JobGroup | undefined): boolean => row !== undefined && row.group === group?.key && row.job === group.sample[0];

function gather(
  context: Context,
  draft: Draft,
  environment: Environment,
  group: JobGroup,
  current: Assembly | undefined,
  holds: Map<string, Reason>,
): Assembly {
  const { now, policy } = context;
  const job = group.sample[0] ?? '?';
  if (current !== undefined && now < current.pausedUntil) return current;
  if (current?.releasedAt !== undefined) {
    if (now < current.releasedAt + 3 * policy.intervals.schedulerCycleMs) return current;
    return again(current, context);
  }
  const { chosen, instead } = choose(context, environment, group, current);
  const need = nodesOf(group.places);
  const ready = chosen.filter((machine) => isGathered(context, machine) && fits(machine, environment, group));
  const reason = because('wait-nodes-together', { have: ready.length, need, job }, [`job:${group.source}/${job}`]);
  const base: Assembly = current ?? { environment: environment.name, group: group.key, job, machines: [], since: now, tries: 0, pausedUntil: 0 };
  const row = sameList(base.machines, chosen) ? base : { ...base, machines: chosen.map((machine) => machine.row.id) };
  if (ready.length >= need) return { ...row, releasedAt: now };
  for (const machine of chosen) {
    holds.set(machine.row.id, reason);
    const size = wantedSize(context, machine, environment, group, chosen.length < need);
    if (size !== undefined && isGathered(context, machine)) draft.put(rowChange({ ...machine.row, goal: { kind: 'serve', size } }));
  }
  for (const machine of instead) holds.set(machine.row.id, reason);
  return row;
}

/** The next try, after a pause that doubles. */
function again(current: Assembly, { now, policy }: Context): Assembly {
  const { releasedAt: _, advancedAt: __, ...rest } = current;
  return { ...rest, machines: [], tries: current.tries + 1, pausedUntil: now + policy.intervals.schedulerCycleMs * 2 ** Math.min(current.tries, 6) };
}

const sameList = (ids: readonly string[], machines: readonly MachineView[]): boolean =>
  ids.length === machines.length && machines.every((machine, at) => machine.row.id === ids[at]);

/**
 * Those that are gathered and large enough come first, then those chosen before, then the jobless, then those with the fewest jobs; as many as
 * the job has nodes. `instead`: jobless ones that could take the place of chosen ones whose jobs run on; they are held, too, and
 * are chosen when that is proved. A job may have filled one first: then the one chosen before is still there.
 */
function choose(context: Context, environment: Environment, group: JobGroup, current: Assembly | undefined): Choice {
  const chosenBefore = new Set(current?.machines ?? []);
  const isReady = (machine: MachineView): boolean => isGathered(context, machine) && fits(machine, environment, group);
  const standing = (machine: MachineView): number => (isReady(machine) ? -2 : chosenBefore.has(machine.row.id) ? -1 : machine.jobs.length);
  const sorted = (machinesByEnvironment(context.world.machines).get(environment.name) ?? [])
    .filter((machine) => isUsable(machine, environment, group))
    .map((machine) => ({ machine, rank: standing(machine) * 2 + Number(!fits(machine, environment, group)) }))
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(chosenBefore.has(b.machine.row.id)) - Number(chosenBefore.has(a.machine.row.id)) ||
        (a.machine.row.id < b.machine.row.id ? -1 : 1),
    )
    .map(({ machine }) => machine);
  const chosen = sorted.slice(0, nodesOf(group.places));
  const busy = chosen.filter(({ jobs }) => jobs.length > 0).length;
  const jobless = sorted.slice(chosen.length).filter((machine) => machine.jobs.length === 0 && fits(machine, environment, group));
  return { chosen, instead: jobless.slice(0, busy) };
}

interface Choice {
  readonly chosen: readonly MachineView[];
  readonly instead: readonly MachineView[];
}

const machinesByEnvironment = oncePer((machines: World['machines']): ReadonlyMap<string, readonly MachineView[]> => {
  const found = new Map<string, MachineView[]>();
  for (const view of machines.values()) {
    const there = found.get(view.row.environment);
    if (there === undefined) found.set(view.row.environment, [view]);
    else there.push(view);
  }
  return found;
});

/** Serving, ours to hold, and able to become large enough. */
function isUsable(machine: MachineView, environment: Environment, group: JobGroup): boolean {
  const { row } = machine;
  if (row.goal.kind !== 'serve' || row.failing !== undefined || row.held !== undefined || row.readyAt === undefined || !machine.nodeHeard || isPersons(machine))
    return false;
  return npOf(environment, row.maxSize) >= widest(group.places);
}

const fits = (machine: MachineView, environment: Environment, group: JobGroup): boolean =>
  npOf(environment, machine.row.size) >= widest(group.places) && machine.row.size.memoryMiB >= widest(group.places) * group.perSlotMiB;

/** Proved offline by us and jobless. */
function isGathered(context: Context, machine: MachineView): boolean {
  const { node, withheld, row } = machine;
  if (node === undefined || !isOffline(node) || machine.jobs.length > 0 || machine.intent !== undefined) return false;
  if (row.goal.kind !== 'serve' || !sameSize(row.goal.size, row.size)) return false;
  return row.admittedAt === undefined || (withheld?.confirmedAt !== undefined && batchAskedAfter(context, machine, withheld.confirmedAt));
}

/** Grown where it is too small and its host has room; shrunk to what the job needs where there are too few machines and the room is wanted. */
function wantedSize({ world, policy }: Context, machine: MachineView, environment: Environment, group: JobGroup, tooFew: boolean): Size | undefined {
  const size = sizeFor(environment, widest(group.places), group.perSlotMiB);
  const { row } = machine;
  if (size === undefined || sameSize(size, row.size)) return undefined;
  const isSmaller = size.cores <= row.size.cores && size.memoryMiB <= row.size.memoryMiB;
  if (isSmaller) return tooFew ? size : undefined;
  if (fits(machine, environment, group)) return undefined;
  const free = world.hosts.get(row.host)?.free ?? { cores: 0, memoryMiB: 0 };
  const room = size.cores - row.size.cores <= free.cores && size.memoryMiB - row.size.memoryMiB + policy.guestOverheadMiB <= free.memoryMiB;
  const possible = size.cores <= row.maxSize.cores && size.memoryMiB <= row.maxSize.memoryMiB;
  return room && possible ? size : undefined;
}
