import type { Hours } from './calendar.js';
import type { ConsolidationPolicy } from './consolidation.js';
import type { Environment, Mode } from './environment.js';
import type { UsualHour } from './forecast.js';
import type { HostSpec } from './host.js';
import type { PowerPolicy } from './power.js';
import type { ReplicaPolicy } from './replica.js';
import type { Seat } from './seat.js';
import type { Service } from './service.js';
import type { ClassroomPolicy } from './tenancy.js';

/** At most so many at a time, and so fast. */
export interface Limits {
  readonly startsAtOnce: number;
  readonly startsAtOncePerHost: number;
  readonly stopsAtOnce: number;
  readonly stopsAtOncePerHost: number;
  /** Starts per environment and hour, even if every boot fails. */
  readonly startsPerHour: number;
  readonly machines: number;
  /** Failures in a row before a breaker opens. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
  readonly breakerPauseMaxMs: number;
  /** Tries of one deed of one machine before the machine is failed. */
  readonly deedTries: number;
}

/** Cadences and limits of outside calls, ms. */
export interface Intervals {
  readonly tickMs: number;
  readonly batchPollMs: number;
  readonly hostPollMs: number;
  readonly batchLimitMs: number;
  readonly lookLimitMs: number;
  readonly overlayLimitMs: number;
  readonly createLimitMs: number;
  readonly resizeLimitMs: number;
  /** A guest is on its other host within this. */
  readonly migrateLimitMs: number;
  readonly shutdownLimitMs: number;
  readonly destroyLimitMs: number;
  readonly nodeLimitMs: number;
  /** Least time between two scheduling cycles we ask for. */
  readonly cyclePauseMs: number;
  /** A node online this long without its mom heard is failing. */
  readonly joinLimitMs: number;
  /** A mom silent this long, on the server's clock, gets no new jobs. */
  readonly momSilentMs: number;
  /** After three of these a queued job with free fitting slots is refused by the scheduler. */
  readonly schedulerCycleMs: number;
  /** A wide job that has waited this long is gathered for although older jobs of its environment wait. */
  readonly wideWaitMs: number;
}

/** All the planner may know besides the world: plain, frozen data. */
export interface Policy {
  readonly deployment: string;
  /** Hash of the configuration it was made from. */
  readonly revision: string;
  /** The most that any environment may do (watch < advise < act). */
  readonly mode: Mode;
  readonly pools: Readonly<Record<string, { readonly mode: Mode; readonly replicas?: ReplicaPolicy }>>;
  readonly environments: Readonly<Record<string, Environment>>;
  readonly hosts: Readonly<Record<string, HostSpec>>;
  readonly seats: Readonly<Record<string, Seat>>;
  /** Permanent machines by name; absent: none. */
  readonly services?: Readonly<Record<string, Service>>;
  readonly limits: Limits;
  readonly intervals: Intervals;
  /** Strays that carry our deployment's id: only reported, or removed. */
  readonly strays: 'report' | 'remove';
  /** Memory Xen and Dom0 need per guest beyond the guest's own, MiB. */
  readonly guestOverheadMiB: number;
  readonly bridge: string;
  /** Absent: only people move machines. */
  readonly consolidation?: ConsolidationPolicy;
  /** Absent: no host is ever switched. */
  readonly power?: PowerPolicy;
  /** By pool: what it usually needs in the hours ahead, where `power.forecast` asks for that. */
  readonly usual?: Readonly<Record<string, readonly UsualHour[]>>;
  /** By pool: when its hosts are not the cluster's. A pool that is not there is always the cluster's. */
  readonly windows?: Readonly<Record<string, Hours>>;
  /** How hosts of such pools are handed over; absent: as `usualClassroom`. */
  readonly classroom?: ClassroomPolicy;
}
