import { because, type Reason } from '../model/reason.js';
import type { MachineView } from '../model/world.js';
import type { HostRoom } from './capacity.js';
import { type Site, send, staysPut } from './consolidation.js';
import { isAtWork, loadOfMachine, loadRoom, mayGoTo, needOf } from './movable.js';
import { wake, whyNotWake } from './waking.js';

/**
 * An overloaded host gives up its lightest machine to the fullest host that can take it without being overloaded itself;
 * where none can, a host that sleeps is woken for it. Then its load is watched for a whole window before the next.
 */
export function relieve(site: Site): void {
  for (const host of site.sheet.hosts.values()) {
    if (site.classes.get(host.name) !== 'over') continue;
    const why = gives(site, host);
    if (why !== undefined) site.sheet.reasons.say(`host:${host.name}`, why);
  }
}

/** Why the host stays as it is for now; undefined when a machine goes. */
function gives(site: Site, host: HostRoom): Reason | undefined {
  const { sheet } = site;
  const refs = [`host:${host.name}`];
  const lately = lastMove(site, host.name);
  if (lately !== undefined && sheet.now - lately < site.policy.windowMs)
    return because('relief-watches', { leftMs: site.policy.windowMs - (sheet.now - lately) }, refs);
  const lightest = host.view.machines
    .filter((machine) => !isAtWork(machine) && staysPut(site, machine) === undefined)
    .map((machine) => ({ machine, load: loadOfMachine(sheet, machine) ?? 0 }))
    .sort((a, b) => a.load - b.load || a.machine.row.size.memoryMiB - b.machine.row.size.memoryMiB || (a.machine.row.id < b.machine.row.id ? -1 : 1));
  if (lightest.length === 0) return because('relief-nobody', {}, refs);
  for (const { machine } of lightest) {
    const to = roomFor(site, machine, host);
    if (to === undefined) continue;
    send(site, machine, to.name, because('move-relief', { from: host.name, to: to.name }, [`machine:${machine.row.id}`, ...refs, `host:${to.name}`]));
    return undefined;
  }
  const [first] = lightest;
  return (first && wakeFor(site, first.machine, host)) ?? because('relief-full', {}, refs);
}

/** When a machine last left it or came to it; now, while one does. */
function lastMove({ sheet }: Site, host: string): number | undefined {
  let last: number | undefined;
  for (const { row } of sheet.world.machines.values()) {
    const { moving, moved } = row;
    if (moving !== undefined && (moving.from === host || moving.to === host)) return sheet.now;
    if (moved !== undefined && (moved.from === host || row.host === host)) last = Math.max(last ?? 0, moved.at);
  }
  return last;
}

/** The fullest that is on, has room, and stays below its own threshold with it. */
function roomFor({ sheet, policy, classes }: Site, machine: MachineView, from: HostRoom): HostRoom | undefined {
  const [cores, memoryMiB] = needOf(sheet, machine);
  const load = loadOfMachine(sheet, machine) ?? 0;
  let best: HostRoom | undefined;
  for (const to of sheet.hosts.values()) {
    if (classes.get(to.name) === 'over' || !mayGoTo(machine, from, to) || to.cores < cores || to.memoryMiB < memoryMiB) continue;
    const room = loadRoom(sheet, to.view, policy.over);
    if (room === undefined || room < load || isTaken(sheet.chosen.values(), to.name)) continue;
    if (best === undefined || to.cores < best.cores || (to.cores === best.cores && to.memoryMiB < best.memoryMiB)) best = to;
  }
  return best;
}

/** A plan gives each host one machine more at most: its load with it is not known yet. */
function isTaken(chosen: Iterable<{ readonly kind: string; readonly to?: string }>, host: string): boolean {
  for (const decision of chosen) if (decision.kind === 'move' && decision.to === host) return true;
  return false;
}

/** Wakes a host that could take it, or waits for one that comes. */
function wakeFor({ sheet }: Site, machine: MachineView, from: HostRoom): Reason | undefined {
  const pools = (machine.environment ?? machine.service)?.pools ?? [];
  const [cores, memoryMiB] = needOf(sheet, machine);
  for (const to of sheet.hosts.values()) {
    if (to === from || !pools.includes(to.view.spec.pool) || to.cores < cores || to.memoryMiB < memoryMiB) continue;
    const waits = because('wait-host-wakes', { host: to.name }, [`host:${from.name}`, `host:${to.name}`]);
    if (sheet.power.woken.has(to.name) || sheet.power.rows.get(to.name)?.state === 'waking') return waits;
    if (whyNotWake(sheet, to) !== undefined) continue;
    return wake(sheet, to, because('wake-relief', { host: from.name }, [`host:${from.name}`])) ?? waits;
  }
  return undefined;
}
