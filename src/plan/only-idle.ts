import { slotsUsed } from '../model/batch.js';
import type { MachineView } from '../model/world.js';
import type { HostRoom, Sheet } from './capacity.js';
import { mayHold } from './handover.js';
import { isOurs } from './idle.js';
import { unwakeable } from './power.js';
import { isWorn } from './power-limits.js';
import type { Supply } from './supply.js';

/** Would the power rows switch it off, were it empty? */
export function wouldSleep(sheet: Sheet, host: HostRoom): boolean {
  const power = sheet.power.rows.get(host.name);
  const { policy } = sheet.power;
  if (policy === undefined || !policy.manage || power?.state !== 'on' || host.blocked !== undefined || sheet.power.promised.has(host.name)) return false;
  if (unwakeable(host) !== undefined || (power.provenAt === undefined && policy.trusted !== true)) return false;
  if ((host.view.reading.value?.people?.length ?? 0) > 0 || (power.by === 'person' && sheet.now - power.since < policy.leaveAloneMs)) return false;
  return !isWorn(power, policy, sheet.now);
}

/**
 * Hosts that are on for idle machines alone: nothing on them has a job, is on its way to one or is anybody else's, and
 * without them they would be switched off. Where a pool keeps empty hosts on, so many of them would save nothing by
 * going; those are left out, the first by name.
 */
export function onlyIdle(sheet: Sheet, supply: Supply): ReadonlySet<string> {
  const found = new Set<string>();
  const { policy } = sheet.power;
  if (policy === undefined || !policy.manage) return found;
  const hosts = [...sheet.hosts.values()].filter((host) => wouldSleep(sheet, host));
  const kept = new Map<string, number>();
  for (const { view } of hosts) if (view.machines.length === 0) kept.set(view.spec.pool, (kept.get(view.spec.pool) ?? 0) + 1);
  for (const host of hosts) {
    const { pool } = host.view.spec;
    const warm = kept.get(pool) ?? 0;
    if (host.view.machines.length === 0 || !isIdleAlone(sheet, supply, host)) continue;
    if (warm < policy.warmHosts) kept.set(pool, warm + 1);
    else found.add(host.name);
  }
  return found;
}

/** Jobs have at most so much of its cores: it will soon be without any, unless new ones come. */
const few = 1 / 4;

/**
 * Jobs have little of the host. Idle machines there draw others to it, one after the other, and it stays on for hours for a job
 * or two that would have had room elsewhere; on a fuller host they cost nothing.
 */
export const isSparse = ({ view }: HostRoom): boolean =>
  view.machines.reduce((sum, { node }) => sum + (node === undefined ? 0 : slotsUsed(node)), 0) <= few * (view.spec.cores - view.spec.reserve.cores);

/** Room on it that no claim of this plan has taken, and machines that nobody counts on and no minimum keeps, or that leave already. */
function isIdleAlone(sheet: Sheet, supply: Supply, { cores, view }: HostRoom): boolean {
  const { free, machines, arriving } = view;
  return cores >= free.cores && arriving.length === 0 && machines.every((machine) => isLeft(sheet, supply, machine));
}

function isLeft(sheet: Sheet, supply: Supply, machine: MachineView): boolean {
  const { row, jobs } = machine;
  const room = sheet.environments.get(row.environment);
  const decision = sheet.chosen.get(row.id)?.kind;
  if (jobs.length > 0 || (decision !== undefined && decision !== 'drain')) return false;
  if (decision === 'drain' || row.goal.kind === 'gone') return true;
  return room !== undefined && room.serving > room.environment.min && isUnwanted(sheet, supply, machine);
}

/** Idle and ours, its node online or held back by us, and no waiting job counts on it. */
export const isUnwanted = (sheet: Sheet, supply: Supply, machine: MachineView): boolean =>
  machine.jobs.length === 0 && (isOurs(sheet, machine) || mayHold(sheet, machine)) && supply.byMachine.get(machine.row.id)?.needed === undefined;
