import type { MachineView } from '../model/world.js';
import type { Sheet } from './capacity.js';
import { isPersons } from './offline.js';

/** Ready and without a job in anybody's view, by readings that stand. */
export const isIdle = (m: MachineView): boolean => m.phase === 'ready' && m.nodeHeard && m.hostHeard && m.jobs.length === 0 && m.row.goal.kind === 'serve';

/** Idle, and ours to decide about: not held, nothing under way, not a person's, nothing decided yet. No other machine is ever drained for want of room or resized. */
export const isOurs = (sheet: Sheet, m: MachineView): boolean =>
  isIdle(m) && m.row.held === undefined && m.row.failing === undefined && m.intent === undefined && !isPersons(m) && !sheet.chosen.has(m.row.id);
