import type { z } from 'zod';
import { type ConsolidationPolicy, usualMoves } from '../model/consolidation.js';
import type { Environment } from '../model/environment.js';
import type { Intervals, Limits, Policy } from '../model/policy.js';
import type { PowerPolicy } from '../model/power.js';
import type { ReplicaPolicy } from '../model/replica.js';
import type { Seat } from '../model/seat.js';
import type { Assembled, Former } from './across.js';
import { makeClassroom } from './calendars.js';
import { largestNp } from './environment.js';
import type { domusSchema } from './schema.js';
import type { Place } from './seats.js';

type Domus = z.output<typeof domusSchema>;

function makeLimits({ breakerPause, breakerPauseMax, ...counts }: Domus['limits']): Limits {
  return { ...counts, breakerPauseMs: breakerPause, breakerPauseMaxMs: breakerPauseMax };
}

function makeIntervals(written: Domus['intervals']): Intervals {
  return {
    tickMs: written.tick,
    batchPollMs: written.batchPoll,
    hostPollMs: written.hostPoll,
    batchLimitMs: written.batchLimit,
    lookLimitMs: written.lookLimit,
    overlayLimitMs: written.overlayLimit,
    createLimitMs: written.createLimit,
    resizeLimitMs: written.resizeLimit,
    migrateLimitMs: written.migrateLimit,
    shutdownLimitMs: written.shutdownLimit,
    destroyLimitMs: written.destroyLimit,
    nodeLimitMs: written.nodeLimit,
    cyclePauseMs: written.cyclePause,
    joinLimitMs: written.joinLimit,
    momSilentMs: written.momSilent,
    schedulerCycleMs: written.schedulerCycle,
    wideWaitMs: written.wideWait,
  };
}

function replicasOf(written: Domus['pools'][string]['replicas']): { readonly replicas?: ReplicaPolicy } {
  if (written === undefined) return {};
  const { bandwidth, atOnce, keep } = written;
  return { replicas: { bytesPerSecond: bandwidth * 1024 * 1024, atOnce, keep } };
}

function makePower(written: Domus['power']): PowerPolicy {
  const { manage, switchesAtOnce, cyclesPerDay, warmHosts, surviveOne, wakeTries, forecast } = written;
  return {
    ...{ manage, switchesAtOnce, cyclesPerDay, warmHosts, surviveOne, wakeTries },
    idleMs: written.idle,
    machineIdleMs: written.machineIdle,
    sparseIdleMs: written.sparseIdle,
    headroomCores: written.headroom,
    minOnMs: written.minOn,
    minOffMs: written.minOff,
    leaveAloneMs: written.leaveAlone,
    wakeLimitMs: written.wakeLimit,
    sleepLimitMs: written.sleepLimit,
    retryMs: written.retry,
    ...(forecast.use ? { forecast: { most: forecast.most, leadMs: forecast.lead, pastMs: forecast.past } } : {}),
  };
}

function makeConsolidation({ window, cooldown, worth, speed, ...rest }: Domus['consolidation']): ConsolidationPolicy {
  return { ...rest, windowMs: window, cooldownMs: cooldown, worthMs: worth, mibPerSecond: speed, eachMs: usualMoves.eachMs };
}

/** Seats of one environment; the last ones are the feasibility seats. */
function seatsOf(environment: Environment, places: readonly Place[]): readonly Seat[] {
  const startable = places.length - environment.feasibilitySeats;
  return places.map(({ name, address, mac, properties }, at) => ({
    name,
    environment: environment.name,
    source: environment.serves.source,
    address,
    mac,
    largestNp: largestNp(environment),
    properties: [...new Set([...environment.serves.properties, ...properties])],
    feasibility: at >= startable,
  }));
}

/** The planner's policy, without its revision. */
export function makePolicy(domus: Domus, { hosts, environments, places, services }: Assembled, former: Former): Omit<Policy, 'revision'> {
  const owners = new Map([...former, ...environments.map((environment) => [environment.name, environment] as const)]);
  const seats = [...places].flatMap(([name, group]) => {
    const owner = owners.get(name);
    return owner === undefined || group === undefined ? [] : seatsOf(owner, group);
  });
  return {
    deployment: domus.deployment,
    mode: domus.mode,
    pools: Object.fromEntries(Object.entries(domus.pools).map(([name, pool]) => [name, { mode: pool.mode, ...replicasOf(pool.replicas) }])),
    environments: Object.fromEntries(environments.map((environment) => [environment.name, environment])),
    hosts: Object.fromEntries(hosts.map((host) => [host.name, host])),
    seats: Object.fromEntries(seats.map((seat) => [seat.name, seat])),
    ...(services.length === 0 ? {} : { services: Object.fromEntries(services.map((service) => [service.name, service])) }),
    limits: makeLimits(domus.limits),
    intervals: makeIntervals(domus.intervals),
    strays: domus.strays,
    guestOverheadMiB: domus.guestOverhead,
    bridge: domus.network.bridge,
    power: makePower(domus.power),
    consolidation: makeConsolidation(domus.consolidation),
    classroom: makeClassroom(domus.classroom),
  };
}
