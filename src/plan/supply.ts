import { slotsUsed } from '../model/batch.js';
import { type Environment, npOf } from '../model/environment.js';
import { oncePer } from '../model/once.js';
import type { ReasonCode } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import { isBroken, isOverdue, type Sheet } from './capacity.js';
import { isPersons } from './offline.js';

/**
 * Slots that are free, or will be when what is under way is done. Ready machines and foreign nodes count by what the
 * batch server shows; machines on their way count by their row, whatever is silent, so that nothing is started twice for
 * the same jobs; until they are overdue.
 */
export interface Bin {
  /** Machine id, or the foreign node's name. */
  readonly id: string;
  readonly machine: MachineView | undefined;
  readonly properties: ReadonlySet<string>;
  readonly host: string | undefined;
  /** Free now; else on its way. */
  readonly ready: boolean;
  /** Memory one slot takes at least; 0 where nobody counts memory. */
  readonly perCoreMiB: number;
  slots: number;
  memoryMiB: number;
  needed: Needed | undefined;
}

/** The oldest group that counts on it: its place in the queue and its oldest job's id; and how much is owed to whoever counts on it and is owed most (line.ts). */
export interface Needed {
  readonly rank: number;
  readonly urgency: number;
  readonly job: string;
}

export interface Supply {
  /** By environment, in the order in which claims are matched. */
  readonly own: ReadonlyMap<string, Bin[]>;
  /** By batch server. */
  readonly foreign: ReadonlyMap<string, Bin[]>;
  readonly byMachine: ReadonlyMap<string, Bin>;
  /** Those of `own` that still have a free slot. */
  readonly open: Map<string, readonly Bin[]>;
  /** Free slots of machines that take no new jobs for others' sake, by environment: whoever's turn it is may have them. */
  readonly closed: ReadonlyMap<string, readonly Bin[]>;
  /** Capacity that this very plan makes, by environment. */
  readonly fresh: Map<string, Bin[]>;
  /** Machines whose drain may be taken back, by environment; looked for when first asked. */
  leaving: ReadonlyMap<string, readonly MachineView[]> | undefined;
  /** Idle machines that are ours, by environment; looked for when first asked. */
  readonly idle: Map<string, readonly Bin[]>;
  /** Idle machines that may make room, by host; looked for when first asked. */
  givers: ReadonlyMap<string, readonly Bin[]> | undefined;
}

/** How many places of that shape fit in. */
export function holds(bin: Bin, slots: number, perSlotMiB: number): number {
  const perSlot = Math.max(perSlotMiB, bin.perCoreMiB);
  const byMemory = perSlot === 0 ? bin.slots : Math.floor(bin.memoryMiB / perSlot);
  return Math.floor(Math.min(bin.slots, byMemory) / slots);
}

/** Takes places out of the bin for a group; without `by` it is told later who counts on it. */
export function take(bin: Bin, count: number, slots: number, perSlotMiB: number, by?: Needed): void {
  bin.slots -= count * slots;
  bin.memoryMiB -= count * slots * Math.max(perSlotMiB, bin.perCoreMiB);
  if (by !== undefined) countOn(bin, by);
}

/** One more counts on the bin. */
export function countOn(bin: Bin, by: Needed): void {
  const { needed } = bin;
  if (needed === undefined) bin.needed = by;
  else if (by.rank < needed.rank || by.urgency > needed.urgency) {
    const { rank, job } = by.rank < needed.rank ? by : needed;
    bin.needed = { rank, job, urgency: Math.max(by.urgency, needed.urgency) };
  }
}

export const hasAll = (have: ReadonlySet<string>, wanted: readonly string[]): boolean => wanted.every((p) => have.has(p));

const noProperties: readonly string[] = [];
const setOf = oncePer((properties: readonly string[]): ReadonlySet<string> => new Set(properties));

/** A machine of `np` slots as capacity, `used` of them taken. */
export function binOf(machine: MachineView, environment: Environment, memoryMiB: number, np: number, free: number, ready: boolean): Bin {
  const perCoreMiB = environment.memoryPerCoreMiB;
  return {
    id: machine.row.id,
    machine,
    properties: setOf(machine.seat?.properties ?? noProperties),
    host: machine.row.host,
    ready,
    perCoreMiB,
    slots: free,
    memoryMiB: Math.max(0, memoryMiB - (np - free) * perCoreMiB),
    needed: undefined,
  };
}

function machineBin(machine: MachineView, environment: Environment): Bin | undefined {
  const { row, node, phase } = machine;
  if (row.goal.kind !== 'serve' || isBroken(machine) || isPersons(machine)) return undefined;
  if (phase === 'ready') {
    const np = node?.np ?? npOf(environment, row.size);
    return binOf(machine, environment, row.size.memoryMiB, np, machine.nodeHeard ? machine.slotsFree : 0, true);
  }
  if (phase === 'gone' || phase === 'draining' || phase === 'stopping') return undefined;
  const np = npOf(environment, row.goal.size);
  const used = node === undefined ? 0 : slotsUsed(node);
  return binOf(machine, environment, row.goal.size.memoryMiB, np, Math.max(0, np - used), false);
}

/** Made for the environment itself, not for a job. */
const standing: ReadonlySet<ReasonCode> = new Set(['start-for-minimum', 'keeps-minimum', 'start-for-spare', 'keeps-spare']);

/** While others come too, jobs count on it last: else the spare machine would be spare no longer, and the next look would make another. */
const isStanding = ({ ready, machine }: Bin): boolean => !ready && machine !== undefined && standing.has(machine.row.reason.code);

/** Ready before coming; of those that come, those for jobs first, then those longer under way; then the small, so that the large stay free for wide jobs. */
const inOrder = (a: Bin, b: Bin): number =>
  Number(b.ready) - Number(a.ready) ||
  Number(isStanding(a)) - Number(isStanding(b)) ||
  (a.ready ? 0 : (a.machine?.row.wantedAt ?? 0) - (b.machine?.row.wantedAt ?? 0)) ||
  a.slots - b.slots ||
  (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Into the list of that key. */
export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [value]);
  else there.push(value);
}

/** Busy in every slot: nobody can count on it. */
const isFull = ({ phase, jobs, slotsFree, nodeHeard }: MachineView): boolean => phase === 'ready' && jobs.length > 0 && (slotsFree === 0 || !nodeHeard);

const takesNone = ({ chosen, holds: held }: Sheet, { row }: MachineView): boolean => chosen.get(row.id)?.kind === 'drain' || held.has(row.id);

/** Offline by our own word. */
const isClosed = ({ machine }: Bin): boolean => machine?.withheld !== undefined && machine.row.admittedAt !== undefined;

export function supplyOf(sheet: Sheet): Supply {
  const own = new Map<string, Bin[]>();
  const byMachine = new Map<string, Bin>();
  const coming: (readonly [string, Bin])[] = [];
  for (const machine of sheet.world.machines.values()) {
    if (isFull(machine)) continue;
    const environment = sheet.policy.environments[machine.row.environment];
    if (environment === undefined || takesNone(sheet, machine) || isOverdue(sheet.world, sheet.policy, sheet.now, machine)) continue;
    const bin = machineBin(machine, environment);
    if (bin === undefined) continue;
    byMachine.set(bin.id, bin);
    if (bin.ready) push(own, environment.name, bin);
    else coming.push([environment.name, bin]);
  }
  for (const [environment, bin] of coming) push(own, environment, bin); // as they came: what is nearly in order is put in order soonest
  const foreign = foreignBins(sheet);
  for (const bins of [...own.values(), ...foreign.values()]) bins.sort(inOrder);
  return { own, ...shutAndOpen(own), foreign, byMachine, fresh: new Map(), leaving: undefined, idle: new Map(), givers: undefined };
}

function shutAndOpen(own: Supply['own']): Pick<Supply, 'open' | 'closed'> {
  const open = new Map<string, readonly Bin[]>();
  const closed = new Map<string, readonly Bin[]>();
  for (const [name, bins] of own) {
    const shut = bins.filter(isClosed);
    open.set(name, shut.length === 0 ? bins : bins.filter((bin) => !isClosed(bin)));
    closed.set(name, shut);
  }
  return { open, closed };
}

/** By batch server. */
function foreignBins({ world }: Sheet): ReadonlyMap<string, Bin[]> {
  const foreign = new Map<string, Bin[]>();
  for (const { source, node, slotsFree } of world.foreign) {
    if (slotsFree === 0) continue;
    const bin: Bin = {
      id: node.name,
      ...{ machine: undefined, host: undefined, ready: true, perCoreMiB: 0 },
      ...{ properties: new Set(node.properties), slots: slotsFree, memoryMiB: Number.POSITIVE_INFINITY, needed: undefined },
    };
    push(foreign, source, bin);
  }
  return foreign;
}
