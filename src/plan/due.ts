import type { UsualHour } from '../model/forecast.js';
import type { Machine } from '../model/machine.js';
import { latelyPer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import type { PowerPolicy } from '../model/power.js';
import type { Rows } from '../model/rows.js';
import type { MachineView, World } from '../model/world.js';
import { givenUpAt } from './capacity.js';
import { dueOfPower } from './power-limits.js';
import { Dues } from './tenancy-due.js';
import { classroomOf, dueOfTenancy } from './tenancy-limits.js';

type RowOf = (id: string) => Machine | undefined;

/**
 * The earliest instant after now at which something falls due without any news: limits, pauses, deadlines; at the latest the next ordinary tick.
 * `rowOf`: machines' rows, where a plan has changed some, so that the whole table need not be copied for that.
 */
export function nextDue(world: World, policy: Policy, now: number, rowOf: RowOf = (id) => world.rows.machines.get(id)): number {
  let due = now + policy.intervals.tickMs;
  const mind = (instant: number | undefined): void => {
    if (instant !== undefined && instant > now && instant < due) due = instant;
  };
  for (const machine of world.machines.values()) dueOf(machine, rowOf(machine.row.id) ?? machine.row, policy, mind);
  unbegun(world, policy, mind);
  dueOfRows(world, policy, now, mind);
  return due;
}

/** When hosts' power may change without any news, the earliest first: rows are many and seldom change. */
const duesOfPowers = latelyPer((policy: PowerPolicy) =>
  latelyPer((rows: Rows['powers']): readonly number[] => {
    const dues = [...rows.values()].flatMap((row) => dueOfPower(row, policy)).filter((instant) => instant !== undefined);
    return dues.sort((a, b) => a - b);
  }),
);

type Mind = (instant: number | undefined) => void;

const after = (instant: number | undefined, ms: number): number | undefined => (instant === undefined ? undefined : instant + ms);

/** Pauses, deadlines and idle limits of one machine. */
function dueOf({ environment }: MachineView, row: Machine, { intervals, power }: Policy, mind: Mind): void {
  mind(row.trouble?.notBefore);
  mind(row.failing?.keepUntil);
  if (row.readyAt === undefined) mind(after(row.guestAt, environment?.bootDeadlineMs ?? 0));
  mind(after(row.idleSince, environment?.idleMs ?? 0));
  for (const ms of [power?.machineIdleMs, power?.sparseIdleMs]) if (ms !== undefined) mind(after(row.idleSince, ms));
  mind(after(row.shutdownAt, intervals.shutdownLimitMs));
  mind(after(row.sizedAt, intervals.resizeLimitMs + 1));
}

/** Machines that were to start on hosts which have fallen silent since. */
function unbegun(world: World, policy: Policy, mind: Mind): void {
  for (const host of world.hosts.values())
    if (host.reading.silentSince !== undefined) for (const machine of host.machines) mind(givenUpAt(machine, host, policy));
}

function dueOfRows(world: World, policy: Policy, now: number, mind: Mind): void {
  memories(world, policy, now, mind);
  const { rows } = world;
  for (const breaker of rows.breakers.values()) mind(breaker.openUntil);
  for (const request of rows.requests.values()) mind(request.expiresAt);
  for (const setting of rows.shares.values()) mind(setting.until);
  for (const release of rows.releases.values()) mind(release.at + release.pauseMs);
  for (const memory of rows.cycles.values()) mind(memory.lastAt + memory.pauseMs);
  for (const intent of rows.intents.values()) mind(intent.deadlineAt + 1);
  for (const starts of rows.starts.values()) mind(after(starts[0], 3_600_000));
}

function memories({ rows }: World, policy: Policy, now: number, mind: Mind): void {
  const { intervals, power } = policy;
  for (const refusal of rows.refusals.values()) {
    mind(refusal.pausedUntil);
    if (refusal.freeSince > 0) mind(refusal.freeSince + 3 * intervals.schedulerCycleMs);
  }
  tenancies(rows, policy, now, mind);
  for (const hours of Object.values(policy.usual ?? {})) usualDues(hours, policy, now, mind);
  if (power !== undefined) mind(duesOfPowers(power)(rows.powers).find((instant) => instant > now));
}

/** Hosts are woken ahead of an hour, and let go after it. */
function usualDues(hours: readonly UsualHour[], { power }: Policy, now: number, mind: Mind): void {
  const leadMs = power?.forecast?.leadMs ?? 0;
  for (const { since, until } of hours) {
    if (since - leadMs > now) mind(since - leadMs);
    mind(until);
  }
}

/** When hosts change hands. */
function tenancies(rows: Rows, policy: Policy, now: number, mind: Mind): void {
  const dues = Dues.of(policy, rows, now);
  if (dues === undefined) return;
  for (const host of Object.keys(policy.hosts)) {
    const due = dues.first(host);
    if (due !== undefined) for (const instant of [due.emptyBy, due.goAt, due.at, due.until]) mind(instant);
  }
  for (const row of rows.maintenances.values()) mind(row.until);
  const classroom = classroomOf(policy);
  for (const row of rows.tenancies.values()) for (const instant of dueOfTenancy(row, classroom)) mind(instant);
}
