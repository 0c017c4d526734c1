import type { Mode } from '../model/environment.js';
import type { Reason } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import type { Sheet } from './capacity.js';
import { sizeNeed, wayOf } from './movable.js';
import type { Answers } from './requests.js';

/** Decides a move: its room there is nobody else's in this plan. */
export function sendTo(sheet: Sheet, machine: MachineView, to: string, reason: Reason, mode: Mode): void {
  const { row } = machine;
  const target = sheet.hosts.get(to);
  const from = sheet.world.hosts.get(row.host);
  const way = target === undefined || from === undefined ? undefined : wayOf(machine, from, target.view);
  if (target === undefined || way === undefined) return;
  const [cores, memoryMiB] = sizeNeed(sheet.policy, machine);
  target.cores -= cores;
  target.memoryMiB -= memoryMiB;
  const decision = { kind: 'move' as const, machine: row.id, to, way, reason };
  sheet.chosen.set(row.id, decision);
  sheet.sorter.settle(decision, mode);
}

/** Those that people asked for, who thereby have said yes to them. Who is asked to leave as well, leaves. */
export function askedMoves(sheet: Sheet, { moves, drains }: Pick<Answers, 'moves' | 'drains'>): void {
  for (const { machine, to, reason } of moves) {
    const view = sheet.world.machines.get(machine);
    if (view !== undefined && !drains.some((drain) => drain.machine === machine)) sendTo(sheet, view, to, reason, 'act');
  }
}
