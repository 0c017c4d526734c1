import { isOffline } from '../model/batch.js';
import type { MachineView, World } from '../model/world.js';
import type { Sheet } from './capacity.js';
import { isPersons } from './offline.js';
import type { Bin, Supply } from './supply.js';

/** Ready and without a job in anybody's view, by readings that stand. */
export const isIdle = (m: MachineView): boolean => m.phase === 'ready' && m.nodeHeard && m.hostHeard && m.jobs.length === 0 && m.row.goal.kind === 'serve';

/** Held back for another environment, proved offline by a reading asked after that, and run dry. */
export function isFreed({ row, withheld, node, jobs, nodeHeard, hostHeard, seat }: MachineView, world: World): boolean {
  if (row.goal.kind !== 'serve' || row.admittedAt === undefined || jobs.length > 0 || !nodeHeard || !hostHeard) return false;
  const confirmedAt = withheld?.confirmedAt;
  return node !== undefined && isOffline(node) && confirmedAt !== undefined && (world.sources.get(seat?.source ?? '')?.reading.askedAt ?? 0) > confirmedAt;
}

/** Idle, and ours to decide about: not held, nothing under way, not a person's, nothing decided yet. No other machine is ever drained for want of room or resized. */
export const isOurs = (sheet: Sheet, m: MachineView): boolean =>
  (isIdle(m) || isFreed(m, sheet.world)) &&
  m.row.held === undefined &&
  m.row.failing === undefined &&
  m.intent === undefined &&
  m.row.moving === undefined &&
  !isPersons(m) &&
  !sheet.chosen.has(m.row.id);

/** The environment's idle machines that are ours, whether jobs count on them or not; looked for once. What is decided about them later is asked again (`isOurs`). */
export function idleIn(sheet: Sheet, supply: Supply, environment: string): readonly Bin[] {
  const known = supply.idle.get(environment);
  if (known !== undefined) return known;
  const found = (supply.own.get(environment) ?? []).filter((bin) => bin.machine !== undefined && isOurs(sheet, bin.machine));
  supply.idle.set(environment, found);
  return found;
}
