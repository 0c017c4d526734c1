import type { Policy } from '../model/policy.js';
import type { MachineView, World } from '../model/world.js';

/** The earliest instant after now at which something falls due without any news: limits, pauses, deadlines; at the latest the next ordinary tick. */
export function nextDue(world: World, policy: Policy, now: number): number {
  const instants = [...[...world.machines.values()].flatMap((machine) => dueOf(machine, policy)), ...dueOfRows(world, policy)];
  return instants.reduce<number>((due, instant) => (instant !== undefined && instant > now && instant < due ? instant : due), now + policy.intervals.tickMs);
}

const after = (instant: number | undefined, ms: number): number | undefined => (instant === undefined ? undefined : instant + ms);

/** Pauses, deadlines and idle limits of one machine. */
const dueOf = ({ row, environment }: MachineView, { intervals }: Policy): (number | undefined)[] => [
  row.trouble?.notBefore,
  row.failing?.keepUntil,
  row.readyAt === undefined ? after(row.guestAt, environment?.bootDeadlineMs ?? 0) : undefined,
  after(row.idleSince, environment?.idleMs ?? 0),
  after(row.shutdownAt, intervals.shutdownLimitMs),
];

function dueOfRows({ rows }: World, { intervals }: Policy): (number | undefined)[] {
  const refusals = [...rows.refusals.values()].flatMap((refusal) => [
    refusal.pausedUntil,
    refusal.freeSince > 0 ? refusal.freeSince + 3 * intervals.schedulerCycleMs : undefined,
  ]);
  return [
    ...[...rows.breakers.values()].map((breaker) => breaker.openUntil),
    ...refusals,
    ...[...rows.requests.values()].map((request) => request.expiresAt),
    ...[...rows.releases.values()].map((release) => release.at + release.pauseMs),
    ...[...rows.cycles.values()].map((memory) => memory.lastAt + memory.pauseMs),
    ...[...rows.intents.values()].map((intent) => intent.deadlineAt + 1),
    ...[...rows.starts.values()].map((starts) => after(starts[0], 3_600_000)),
  ];
}
