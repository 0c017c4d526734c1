import { latelyPer, oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import { clockWaits, stopWaits } from './budget.js';
import { isBroken, type Sheet } from './capacity.js';
import { evacuated, serviceLeadMs } from './evacuation.js';
import { modeOf } from './modes.js';
import type { AskedDrain } from './requests.js';
import { machineRef } from './step.js';
import { type Due, dueArgs, isTimeLeft, lastingMs } from './tenancy-due.js';

/**
 * Machines that must go whatever waits: a person asked, their environment or seat is gone from the configuration, their host is
 * to be emptied. Busy ones too: the drain itself waits for their jobs to end. Held ones stay.
 */
export function orderedDrains(sheet: Sheet, asked: readonly AskedDrain[]): void {
  for (const { machine, reason } of asked) {
    const view = sheet.world.machines.get(machine);
    if (view !== undefined) leave(sheet, view, reason, 'asked');
  }
  for (const view of sheet.world.machines.values()) {
    const order = orderFor(sheet, view);
    if (order === undefined) continue;
    const { reason } = order;
    if (order.empties !== undefined && evacuated(sheet, view, reason, order.due) !== undefined) continue;
    if (order.empties === 'soon') continue; // and stays until then
    const waits = silent(view) ?? clockWaits(sheet, view) ?? budget(sheet, view);
    if (waits === undefined) {
      leave(sheet, view, reason, 'ordered');
      continue;
    }
    sheet.reasons.say(`machine:${view.row.id}`, reason);
    sheet.reasons.say(`machine:${view.row.id}`, waits);
  }
}

/** What is silent is never the ground for a drain, nor the time for one. */
const silent = ({ row, nodeHeard, hostHeard }: MachineView): Reason | undefined =>
  hostHeard && (nodeHeard || row.kind === 'service') ? undefined : because('wait-unread', { source: hostHeard ? row.seat : row.host });

/** Busy machines wait for their jobs anyway: only jobless ones count. */
const budget = (sheet: Sheet, { row, jobs }: MachineView): Reason | undefined => (jobs.length > 0 ? undefined : stopWaits(sheet, sheet.hosts.get(row.host)));

/** Why it must go; `empties`: because its host must be empty, now or soon, so that elsewhere it may stay. */
interface Order {
  readonly reason: Reason;
  readonly empties?: 'now' | 'soon';
  /** When its host is somebody else's; absent where a person has ordered it. */
  readonly due?: Due;
}

function orderFor(sheet: Sheet, view: MachineView): Order | undefined {
  const { rows, chosen } = sheet;
  const { row } = view;
  if (row.goal.kind === 'gone' || row.held !== undefined || isBroken(view) || chosen.has(row.id)) return undefined;
  const removed = removedFrom(sheet, view);
  if (removed !== undefined) return { reason: removed };
  if (rows.cordons.size === 0 && sheet.dues === undefined && !isAnyWishedOff(rows.powers)) return undefined; // nobody wants any host
  const refs = machineRef(row);
  const wish = rows.powers.get(row.host)?.wishedOff;
  const host = [...refs, `host:${row.host}`];
  if (wish !== undefined) return { reason: because('drain-host-off', { host: row.host, who: wish.by, why: wish.why }, host), empties: 'now' };
  const cordon = rows.cordons.get(row.host);
  if (cordon?.drain === true) return { reason: because('drain-cordoned', { host: row.host, who: cordon.by, why: cordon.why }, host), empties: 'now' };
  return dueBack(sheet, view);
}

/** The configuration no longer knows what it serves, or where it sits. */
function removedFrom({ policy }: Sheet, { row }: MachineView): Reason | undefined {
  if (row.kind === 'service')
    return policy.services?.[row.seat] === undefined ? because('service-removed', { service: row.seat, disk: row.overlay }, machineRef(row)) : undefined;
  if (policy.environments[row.environment] === undefined) return because('drain-removed', { environment: row.environment }, machineRef(row));
  return seatNames(policy.seats).has(row.seat) ? undefined : because('drain-seat-removed', { seat: row.seat }, machineRef(row));
}

/** Asked for every machine at every tick: in an object of thousands of names each look is a slow one. */
const seatNames = oncePer((seats: Policy['seats']): ReadonlySet<string> => new Set(Object.keys(seats)));
const isAnyWishedOff = latelyPer((powers: Rows['powers']): boolean => [...powers.values()].some(({ wishedOff }) => wishedOff !== undefined));

/**
 * A job that its scheduler could start there now would still run when the host must be empty: it takes none any more, and
 * goes, to another host where that can be, else when its jobs have ended. A permanent machine goes to another host before; where
 * there is none it stays until its host must be empty, and starts on another.
 */
function dueBack({ world, policy, dues }: Sheet, { row, environment }: MachineView): Order | undefined {
  const due = dues?.first(row.host);
  if (dues === undefined || due === undefined) return undefined;
  const refs = [...machineRef(row), `host:${row.host}`];
  const leftMs = dues.leftMs(row.host);
  if (row.kind === 'service') {
    if (leftMs > serviceLeadMs) return undefined;
    return { reason: because('service-return', { host: row.host, ...dueArgs(due) }, refs), empties: leftMs > 0 ? 'soon' : 'now', due };
  }
  if (environment === undefined) return undefined;
  if (isTimeLeft(world, policy, environment, leftMs)) return undefined;
  return { reason: because('drain-return', { host: row.host, ...dueArgs(due), lastsMs: lastingMs(world, environment) }, refs), empties: 'now', due };
}

function leave(sheet: Sheet, view: MachineView, reason: Reason, by: 'asked' | 'ordered'): void {
  const decision = { kind: 'drain' as const, machine: view.row.id, reason };
  // whoever asks for a drain has said yes to it
  const mode = modeOf(sheet.policy, view);
  sheet.sorter.settle(decision, by === 'asked' && mode === 'advise' ? 'act' : mode);
  countLeaving(sheet, view, decision);
}

/** Counts a decided drain: the machine serves no more, and is no longer anybody's choice. */
export function countLeaving(sheet: Sheet, view: MachineView, decision: { readonly kind: 'drain'; readonly machine: string; readonly reason: Reason }): void {
  sheet.chosen.set(view.row.id, decision);
  const room = sheet.environments.get(view.row.environment);
  if (room !== undefined && !isBroken(view)) {
    room.serving--;
    room.cores -= view.row.goal.kind === 'serve' ? view.row.goal.size.cores : 0;
    if (view.jobs.length === 0) room.leavingSeats++;
  }
  if (view.jobs.length > 0) return;
  sheet.stopping++;
  const host = sheet.hosts.get(view.row.host);
  if (host === undefined) return;
  host.stopping++;
  host.leaving.push(view.row.id);
  host.promisedCores += view.row.size.cores;
  host.promisedMiB += view.row.size.memoryMiB + sheet.policy.guestOverheadMiB;
}
