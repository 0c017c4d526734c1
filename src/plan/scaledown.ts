import { altered } from '../model/altered.js';
import type { Machine } from '../model/machine.js';
import { because, type Reason } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { clockWaits, stopWaits } from './budget.js';
import type { EnvironmentRoom, Sheet } from './capacity.js';
import { idleIn, isIdle, isOurs } from './idle.js';
import { countLeaving } from './leaving.js';
import { modeOf } from './modes.js';
import { isSparse, wouldSleep } from './only-idle.js';
import { machineRef } from './step.js';
import type { Bin, Supply } from './supply.js';

/**
 * Since when machines have been idle: no job in anybody's view, and no waiting job counts on them. Written when it
 * begins and when it ends; silence neither begins nor ends it.
 */
export function idleMemory(sheet: Sheet, supply: Supply): readonly Change[] {
  const changes: Change[] = [];
  for (const view of sheet.world.machines.values()) {
    if (view.jobs.length > 0 && view.row.idleSince === undefined) continue; // busy still: neither begins nor ends
    const row = idleChange(sheet, supply, view);
    if (row !== undefined) changes.push({ table: 'machines', key: row.id, row });
  }
  return changes;
}

/** The row with its idle time begun or ended; undefined where neither did. */
function idleChange({ rows, now, chosen }: Sheet, supply: Supply, view: MachineView): Machine | undefined {
  const row = rows.machines.get(view.row.id);
  if (row === undefined || row.goal.kind !== 'serve' || !view.nodeHeard) return undefined;
  const needed = supply.byMachine.get(row.id)?.needed !== undefined || chosen.get(row.id)?.kind === 'resize';
  if (isIdle(view) && !needed) return row.idleSince === undefined ? altered(row, { idleSince: now }) : undefined;
  if (row.idleSince === undefined || !(view.jobs.length > 0 || needed || view.phase === 'resizing')) return undefined;
  const { idleSince: _, ...busy } = row;
  return busy;
}

/**
 * Idle machines go: at once where the environment has more than its maximum (the youngest first), after the idle time
 * where it keeps more than its minimum and its spare (the longest idle first). What stays is told why.
 */
export function scaleDown(sheet: Sheet, supply: Supply, alone: ReadonlySet<string>): void {
  for (const room of sheet.environments.values()) {
    const idle = idleIn(sheet, supply, room.environment.name).flatMap((bin) => idleOf(sheet, bin));
    if (idle.length === 0) continue;
    const youngestFirst = [...idle].sort((a, b) => b.row.wantedAt - a.row.wantedAt || (a.row.id < b.row.id ? -1 : 1));
    for (const view of youngestFirst.slice(0, Math.max(0, room.serving - room.environment.max))) {
      goes(sheet, view, because('drain-surplus', { environment: room.environment.name, max: room.environment.max }, [`machine:${view.row.id}`]));
    }
    const left = idle.filter((view) => !sheet.chosen.has(view.row.id)).sort((a, b) => since(sheet, a) - since(sheet, b) || (a.row.id < b.row.id ? -1 : 1));
    let count = left.length;
    for (const view of left) if (idleGoes(sheet, room, view, count, idleLimit(sheet, room, view, alone))) count--;
  }
}

const idleOf = (sheet: Sheet, bin: Bin): readonly MachineView[] =>
  bin.machine !== undefined && bin.needed === undefined && isOurs(sheet, bin.machine) ? [bin.machine] : [];

const since = ({ now }: Sheet, view: MachineView): number => view.row.idleSince ?? now;

/** The environment's own, or less where only idle machines keep the host on, or little beside them does. */
function idleLimit(sheet: Sheet, { environment }: EnvironmentRoom, { row }: MachineView, alone: ReadonlySet<string>): number {
  const { idleMs } = environment;
  const { machineIdleMs = idleMs, sparseIdleMs = idleMs } = sheet.power.policy ?? {};
  if (alone.has(row.host)) return Math.min(idleMs, machineIdleMs);
  const host = sparseIdleMs < idleMs ? sheet.hosts.get(row.host) : undefined;
  return host !== undefined && isSparse(host) && wouldSleep(sheet, host) ? sparseIdleMs : idleMs;
}

/** `count`: idle machines that the environment still has, this one included. True when it goes. */
function idleGoes(sheet: Sheet, room: EnvironmentRoom, view: MachineView, count: number, limitMs: number): boolean {
  const { environment } = room;
  const [subject] = machineRef(view.row);
  const idleMs = Math.max(0, sheet.now - since(sheet, view));
  if (room.serving <= environment.min) {
    sheet.reasons.say(subject, because('keep-minimum', { min: environment.min, environment: environment.name }, [subject]));
  } else if (count <= environment.spare) {
    sheet.reasons.say(subject, because('keeps-spare', { environment: environment.name, spare: environment.spare }, [subject]));
  } else if (idleMs < limitMs) {
    sheet.reasons.say(subject, because('keep-idle', { idleMs, limitMs: limitMs - idleMs }, [subject]));
  } else {
    return goes(sheet, view, because('drain-idle', { idleMs }, [subject]));
  }
  return false;
}

function goes(sheet: Sheet, view: MachineView, reason: Reason): boolean {
  const waits = clockWaits(sheet, view) ?? stopWaits(sheet, sheet.hosts.get(view.row.host));
  if (waits !== undefined) {
    sheet.reasons.say(`machine:${view.row.id}`, reason);
    sheet.reasons.say(`machine:${view.row.id}`, waits);
    return false;
  }
  const decision = { kind: 'drain' as const, machine: view.row.id, reason };
  sheet.sorter.settle(decision, modeOf(sheet.policy, view));
  countLeaving(sheet, view, decision);
  return true;
}
