import type { ConsolidationPolicy } from '../model/consolidation.js';
import { isFullOfMachines, type LoadClass, loadClassOf, strainOf } from '../model/load.js';
import { because, type Reason } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import type { HostView, MachineView } from '../model/world.js';
import type { HostRoom, Sheet } from './capacity.js';
import { roomFor } from './headroom.js';
import { modeOf, strictest } from './modes.js';
import { immovable, isMovedInTime, loadRoom, mayGoTo, moveCostMs, needOf, tooLong } from './movable.js';
import { wouldSleep } from './only-idle.js';
import { type Bin, fits, type Item, less, type Move, type Packing, pack, type Vector } from './packing.js';
import { effectiveMode } from './permission.js';
import { relieve } from './relief.js';
import { sendTo } from './sending.js';
import type { Supply } from './supply.js';

/** Questions that one packing may ask: a hundredth of a second or two. */
const questions = 300_000;

/**
 * Moves machines so that hosts are neither overloaded nor on for little. Overloaded ones are relieved first. Then, while
 * nothing waits for room and no such plan is under way, the hosts that are cheapest to empty are emptied onto the others,
 * as one plan: all its machines claim their new places at once, and go as fast as the limits let them.
 */
export function consolidate(sheet: Sheet, supply: Supply): readonly Change[] {
  const { consolidation } = sheet.policy;
  if (consolidation === undefined || !consolidation.manage) return [];
  const classes = new Map<string, LoadClass>();
  for (const { name, view } of sheet.hosts.values()) classes.set(name, loadClassOf(view, consolidation, sheet.policy.guestOverheadMiB));
  const site: Site = { sheet, supply, policy: consolidation, classes };
  const changes = outlived(site);
  relieve(site);
  if (changes.length === 0 && !isBusy(sheet) && isLearned(site)) packed(site);
  return changes;
}

/** Loads live in memory: a plan made of those that are known first would be made anew for the others. */
const isLearned = ({ sheet: { world, now }, policy }: Site): boolean => now - world.life.startedAt >= policy.windowMs * (1 + learning);
/** Part of the window in which the last hosts have shown theirs too: two samples. */
const learning = 2 / 15;

/** What moving is decided with. */
export interface Site {
  readonly sheet: Sheet;
  readonly supply: Supply;
  readonly policy: ConsolidationPolicy;
  readonly classes: ReadonlyMap<string, LoadClass>;
}

/** Why a machine stays where it is, for now or for good. */
export function staysPut(site: Site, machine: MachineView): Reason | undefined {
  const { sheet, supply, policy } = site;
  const fixed = immovable(sheet, machine, policy.cooldownMs);
  if (fixed !== undefined) return fixed;
  if (!isMovedInTime(sheet.policy, needOf(sheet, machine)[1])) return because('move-not', { why: tooLong }, [`machine:${machine.row.id}`]);
  const needed = supply.byMachine.get(machine.row.id)?.needed;
  // a job that waits for it would wait longer
  return needed === undefined ? undefined : because('keep-wanted', { why: `job ${needed.job} waits` }, [`machine:${machine.row.id}`]);
}

const packs: ReadonlySet<string | undefined> = new Set(['move-pack', 'move-room']);
const isPacked = ({ row }: MachineView): boolean => packs.has(row.moving?.reason.code) && row.moving?.endedAt === undefined;

/** Jobs wait for room, hosts come up for them, or an earlier plan is not carried out yet. */
const isBusy = ({ environments, power, world }: Sheet): boolean =>
  [...environments.values()].some(({ slotsWaiting }) => slotsWaiting > 0) ||
  power.woken.size > 0 ||
  [...power.rows.values()].some(({ state }) => state === 'waking') ||
  [...world.machines.values()].some(isPacked);

/** Machines that were to empty a host which something else has come to meanwhile, or that a job waits for, and that have not begun to go: the plan is made anew. */
function outlived({ sheet, supply }: Site): readonly Change[] {
  const changes: Change[] = [];
  for (const { view, name } of sheet.hosts.values()) {
    const going = view.machines.filter(
      (machine) => isPacked(machine) && machine.row.moving?.reason.code === 'move-pack' && machine.row.host === machine.row.moving?.from,
    );
    if (going.length === 0) continue;
    const stays = view.machines.some((machine) => machine.row.goal.kind === 'serve' && machine.row.moving === undefined) || sheet.power.promised.has(name);
    for (const machine of going) {
      const needed = supply.byMachine.get(machine.row.id)?.needed;
      const why = stays ? `${name} is needed` : needed && `job ${needed.job} waits for it`;
      if (why !== undefined) changes.push(...takenOff(sheet, machine, name, why));
    }
  }
  return changes;
}

/** The machine's row without the move that was decided; none where something is under way with it. */
function takenOff(sheet: Sheet, { row: { id }, intent }: MachineView, host: string, why: string): readonly Change[] {
  const now = sheet.rows.machines.get(id);
  if (intent !== undefined || now?.moving === undefined || sheet.chosen.has(id)) return [];
  const { moving, ...rest } = now;
  sheet.reasons.say(`machine:${id}`, because('move-off', { to: moving.to, why }, [`machine:${id}`, `host:${host}`]));
  return [{ table: 'machines', key: id, row: rest }];
}

/** A machine that may go elsewhere. */
type Movable = Item & { readonly machine: MachineView };

/** A host as a bin, and its machines that may go elsewhere. */
function binOf(site: Site, host: HostRoom): { readonly host: HostRoom; readonly bin: Bin; readonly items: readonly Movable[]; readonly isSpare: boolean } {
  const { sheet, policy, classes } = site;
  const { view, name } = host;
  const { machines } = view;
  const items = machines.flatMap((machine): Movable[] => {
    if (staysPut(site, machine) !== undefined) return [];
    const need = needOf(sheet, machine);
    return [{ machine, id: machine.row.id, bin: name, need, costMs: moveCostMs(policy, need[1]), allowed: allowedFor(site, machine, host) }];
  });
  const sum = (at: number): number => items.reduce((total, { need }) => total + (need[at] ?? 0), 0);
  const load = loadRoom(sheet, view, policy.over);
  const kind = classes.get(name);
  const sleeps = items.length === machines.length && isOurs(view) && wouldSleep(sheet, host);
  const bin = {
    name,
    room: [host.cores + sum(0), host.memoryMiB + sum(1), Math.max(0, load ?? 0) + sum(2)],
    takes: host.blocked === undefined && load !== undefined && kind !== 'over' && kind !== 'off',
    saves: sleeps && (machines.length === 0 || (load !== undefined && kind !== 'over' && isUnderused(site, view))),
  };
  return { host, bin, items, isSpare: sleeps && machines.length === 0 };
}

/** What workers do at their jobs is no reason to leave a host on: the jobs go with them. One that is full of machines stays. */
const isUnderused = ({ sheet, policy }: Site, view: HostView): boolean =>
  strainOf(view) < policy.under && !isFullOfMachines(view, sheet.policy.guestOverheadMiB);

/** Nobody's guest is on it but its own machines, and none is on its way there. */
function isOurs({ machines, arriving, reading }: HostView): boolean {
  const own = new Set(machines.map(({ row }) => row.uuid));
  return arriving.length === 0 && (reading.value?.guests ?? []).every(({ uuid }) => own.has(uuid));
}

function packed(site: Site): void {
  const { sheet, policy } = site;
  const found = [...sheet.hosts.values()].map((host) => binOf(site, host));
  const bins = found.map(({ bin }) => bin);
  const items = found.flatMap((each) => each.items);
  if (!found.some(({ bin, items: own }) => bin.saves && own.length > 0)) return;
  const kept = keptEmpty(
    site,
    found.filter(({ bin, isSpare }) => bin.takes && !isSpare).map(({ host }) => host),
  );
  const spare = found.filter(({ isSpare }) => isSpare).length;
  const gain = (count: number): number => Math.max(0, spare + count - kept(count)) - Math.max(0, spare - kept(0));
  const plan = pack({ bins, items, worthMs: (count) => gain(count) * policy.worthMs, questions });
  carryOut(site, plan, new Map(items.map((item) => [item.id, item])));
}

/** Empty hosts that would be kept on with `count` of those in use emptied: warm ones, or one for the next job, as what is packed has no room for it. They are worth nothing. */
function keptEmpty({ sheet, supply }: Site, inUse: readonly HostRoom[]): (count: number) => number {
  const { warmHosts = 0, headroomCores = 0 } = sheet.power.policy ?? {};
  if (headroomCores === 0) return () => warmHosts;
  const room = roomFor(sheet, supply, inUse);
  const least = Math.min(...inUse.map(({ view: { spec } }) => spec.cores - spec.reserve.cores));
  return (count) => Math.max(warmHosts, inUse.length > 0 && room - count * least < headroomCores ? 1 : 0);
}

/**
 * Decides the moves that have room now. A host is emptied whole or not at all: where one of its machines waits for room
 * that another move frees, the plan made after that finds it free.
 */
function carryOut(site: Site, plan: Packing, known: ReadonlyMap<string, Movable>): void {
  const { sheet } = site;
  const free = new Map([...sheet.hosts.values()].map(({ name, cores, memoryMiB }) => [name, [cores, memoryMiB] as Vector]));
  const byHost = new Map<string, Move[]>();
  for (const move of plan.moves) byHost.set(move.from, [...(byHost.get(move.from) ?? []), move]);
  for (const [from, moves] of byHost) {
    const after = new Map(free);
    const able = moves.filter(({ id, to }) => {
      const need = known.get(id)?.need.slice(0, 2) ?? [];
      const room = after.get(to) ?? [];
      if (!fits(room, need)) return false;
      after.set(to, less(room, need));
      return true;
    });
    const empties = plan.emptied.includes(from);
    if (empties && able.length < moves.length) continue;
    for (const { id, to } of able) {
      const item = known.get(id);
      if (item === undefined) continue;
      free.set(to, less(free.get(to) ?? [], item.need.slice(0, 2)));
      const args = { from, to, saved: plan.saved, moves: plan.moves.length };
      send(site, item.machine, to, because(empties ? 'move-pack' : 'move-room', args, [`machine:${id}`, `host:${from}`, `host:${to}`]));
    }
  }
}

function allowedFor({ sheet }: Site, machine: MachineView, from: HostRoom): ReadonlySet<string> {
  return new Set([...sheet.hosts.values()].filter((to) => mayGoTo(machine, from, to)).map(({ name }) => name));
}

/** Decides a move by Domus's own choice. */
export function send({ sheet }: Site, machine: MachineView, to: string, reason: Reason): void {
  const mode = strictest(modeOf(sheet.policy, machine), effectiveMode(sheet.policy, machine.row.environment, to));
  sendTo(sheet, machine, to, reason, mode);
}
