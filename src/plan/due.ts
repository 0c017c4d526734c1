import type { Policy } from '../model/policy.js';
import type { World } from '../model/world.js';

/** The earliest instant after now at which something falls due without any news: limits, pauses, deadlines; at the latest the next ordinary tick. */
export function nextDue(world: World, policy: Policy, now: number): number {
  let due = now + policy.intervals.tickMs;
  const at = (instant: number | undefined): void => {
    if (instant !== undefined && instant > now && instant < due) due = instant;
  };
  for (const { row, environment } of world.machines.values()) {
    at(row.trouble?.notBefore);
    at(row.failing?.keepUntil);
    if (row.guestAt !== undefined && row.readyAt === undefined) at(row.guestAt + (environment?.bootDeadlineMs ?? 0));
    if (row.idleSince !== undefined) at(row.idleSince + (environment?.idleMs ?? 0));
    if (row.shutdownAt !== undefined) at(row.shutdownAt + policy.intervals.shutdownLimitMs);
  }
  for (const breaker of world.rows.breakers.values()) at(breaker.openUntil);
  for (const refusal of world.rows.refusals.values()) {
    at(refusal.pausedUntil);
    if (refusal.freeSince > 0) at(refusal.freeSince + 3 * policy.intervals.schedulerCycleMs);
  }
  for (const request of world.rows.requests.values()) at(request.expiresAt);
  for (const memory of world.rows.cycles.values()) at(memory.lastAt + memory.pauseMs);
  for (const intent of world.rows.intents.values()) at(intent.deadlineAt + 1);
  for (const starts of world.rows.starts.values()) at((starts[0] ?? 0) + 3_600_000);
  return due;
}
