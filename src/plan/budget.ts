import { askedAfter } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import type { EnvironmentRoom, HostRoom, Sheet } from './capacity.js';

/**
 * How much may happen at once and how fast. Every question is answered with the reason why not, or undefined: what is
 * deferred says so, and is asked again at the next tick.
 */

/** The open breaker of `environment:NAME` or `host:NAME`. */
export function breakerOf(rows: Rows, subject: string, now: number): Reason | undefined {
  const breaker = rows.breakers.get(subject);
  if (breaker === undefined || breaker.openUntil <= now) return undefined;
  const args = { subject, failures: breaker.failures, why: breaker.why, until: breaker.openUntil, inMs: breaker.openUntil - now };
  return because('wait-breaker', args, [subject]);
}

/** Why the environment may start nothing more now, whatever its size and host. */
export function startWaits(sheet: Sheet, room: EnvironmentRoom): Reason | undefined {
  const { limits } = sheet.policy;
  const { name, max } = room.environment;
  const ref = [`environment:${name}`];
  if (room.blocked !== undefined) return room.blocked;
  // a maximum that nobody wrote is the number of seats
  if (room.live >= max) return max < room.seatsInAll ? because('wait-max', { environment: name, max }, ref) : allTaken(room);
  if (room.seats.length === 0) return room.seatTroubles[0] ?? allTaken(room);
  if (room.startsThisHour >= limits.startsPerHour) {
    return because('wait-rate', { environment: name, count: room.startsThisHour, limit: limits.startsPerHour }, ref);
  }
  if (sheet.live >= limits.machines) return because('wait-budget', { what: 'machines in all', limit: limits.machines }, ref);
  if (sheet.starting >= limits.startsAtOnce) return because('wait-budget', { what: 'starts under way', limit: limits.startsAtOnce }, ref);
  return undefined;
}

const allTaken = ({ environment: { name }, seatsInAll }: EnvironmentRoom): Reason =>
  because('wait-seats', { seats: seatsInAll, environment: name }, [`environment:${name}`]);

/** May one more machine start on the host now? */
export const hostMayStart = (sheet: Sheet, host: HostRoom): boolean => host.starting < sheet.policy.limits.startsAtOncePerHost;

/** Why `count` more machines of a host may not begin to leave now. */
export function stopWaits(sheet: Sheet, host: HostRoom | undefined, count = 1): Reason | undefined {
  const { stopsAtOnce, stopsAtOncePerHost } = sheet.policy.limits;
  if (sheet.stopping + count > stopsAtOnce) return because('wait-budget', { what: 'stops', limit: stopsAtOnce });
  if (host !== undefined && host.stopping + count > stopsAtOncePerHost) {
    return because('wait-budget', { what: `stops on ${host.name}`, limit: stopsAtOncePerHost }, [`host:${host.name}`]);
  }
  return undefined;
}

/** After a jump of the clock nothing is drained until every batch server, and the machine's own host, was asked anew. */
export function clockWaits(sheet: Sheet, machine: MachineView): Reason | undefined {
  const { world } = sheet;
  if (world.clockJumpAt === undefined) return undefined;
  const host = world.hosts.get(machine.row.host)?.reading;
  const readings = [...[...world.sources.values()].map((s) => s.reading), ...(host === undefined ? [] : [host])];
  return readings.every((r) => askedAfter(r, world.clockJumpAt ?? 0)) ? undefined : because('wait-clock');
}
