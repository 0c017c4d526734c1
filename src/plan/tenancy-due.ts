import { clockText, closesAt, type Hours, nextWindow, type Window, windowAt } from '../model/calendar.js';
import type { Environment } from '../model/environment.js';
import type { HostSpec } from '../model/host.js';
import { isEligible, type Job } from '../model/job.js';
import { oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import type { Rows } from '../model/rows.js';
import type { Maintenance } from '../model/tenancy.js';
import type { SourceView, World } from '../model/world.js';
import { classroomOf, leaveLimitOf } from './tenancy-limits.js';

/** When a host is somebody else's. Instants epoch ms; all of them may have passed. */
export interface Due {
  /** `classroom`: it boots another system; `window`: it stays in Dom0, and empty; `maintenance`: a person works on it. */
  readonly kind: 'classroom' | 'window' | 'maintenance';
  readonly at: number;
  /** It is told to boot the classroom's system then, so that even a second try is ready in time. */
  readonly goAt: number;
  /** From then on no machine is on it. */
  readonly emptyBy: number;
  /** Then it is the cluster's again. */
  readonly until: number;
  /** Whose, in words. */
  readonly whose: string;
  /** Clocks there are ahead of UTC by so much, ms. */
  readonly offsetMs: number;
}

/** What sentences say of it. */
export const dueArgs = ({ at, until, emptyBy, whose, offsetMs }: Due) => ({
  whose,
  at: clockText(at, offsetMs),
  until: clockText(until, offsetMs),
  emptyAt: clockText(emptyBy, offsetMs),
});

/** A mom ends a job that overstays at her next look: 45 s unless the site set another interval. */
const overstayMs = 60_000;

/** From the end of its last job until nothing is on a host: node offline and read again, guest shut down, seen gone. */
export const emptyingMs = ({ intervals: { shutdownLimitMs, nodeLimitMs, hostPollMs, batchPollMs } }: Policy): number =>
  overstayMs + shutdownLimitMs + nodeLimitMs + 2 * (hostPollMs + batchPollMs);

/** From the decision that a machine takes no more jobs until its node is seen offline. */
const closingMs = ({ intervals: { tickMs, nodeLimitMs, batchPollMs } }: Policy): number => tickMs + nodeLimitMs + batchPollMs;

const whoseIs = ({ kind, name }: Window): string => (kind === 'open' ? 'the classroom’s' : `reserved${name === '' ? '' : ` (${name})`}`);

/** The hosts of each pool that have a classroom, by name: they boot in waves of `atOnce`. */
const roomsOf = oncePer((hosts: Policy['hosts']): ReadonlyMap<string, readonly string[]> => {
  const rooms = new Map<string, string[]>();
  for (const { name, pool, classroom } of Object.values(hosts)) if (classroom !== undefined) rooms.set(pool, [...(rooms.get(pool) ?? []), name]);
  for (const names of rooms.values()) names.sort();
  return rooms;
});

/** How long the slowest host of a pool may take on its way to the classroom, by what each has shown. */
function slowest(policy: Policy, tenancies: Rows['tenancies'], pool: string): number {
  const hosts = roomsOf(policy.hosts).get(pool) ?? [];
  return Math.max(...hosts.map((host) => leaveLimitOf(tenancies.get(host), classroomOf(policy))));
}

/** Before the door opens a host needs its wave's turn, and time for a second try. */
function leadMs(policy: Policy, tenancies: Rows['tenancies'], { name, pool }: HostSpec): number {
  const hosts = roomsOf(policy.hosts).get(pool) ?? [];
  const { atOnce, marginMs } = classroomOf(policy);
  const [wave, waves] = [Math.floor(hosts.indexOf(name) / atOnce), Math.ceil(hosts.length / atOnce)];
  return marginMs + (waves - wave + 1) * slowest(policy, tenancies, pool);
}

function ofWindow(policy: Policy, tenancies: Rows['tenancies'], spec: HostSpec, hours: Hours, now: number): Due | undefined {
  const open = windowAt(hours, now);
  const window = open ?? nextWindow(hours, now);
  if (window === undefined) return undefined;
  const until = closesAt(hours, window.since) ?? window.until;
  const goAt = spec.classroom === undefined ? window.since : window.since - leadMs(policy, tenancies, spec);
  return {
    kind: spec.classroom === undefined ? 'window' : 'classroom',
    ...{ at: window.since, goAt, emptyBy: goAt - emptyingMs(policy), until, whose: whoseIs(window), offsetMs: window.offsetMs },
  };
}

const ofMaintenance = (policy: Policy, { due, until, who, why }: Maintenance, offsetMs: number): Due => ({
  ...{ kind: 'maintenance', at: due, goAt: due, emptyBy: due - emptyingMs(policy), until, whose: `kept empty for ${who} (${why})`, offsetMs },
});

/** When each host is to be handed over, worked out when first asked; undefined where no host ever is. */
export class Dues {
  readonly #policy: Policy;
  readonly #rows: Rows;
  readonly #now: number;
  readonly #windows = new Map<string, Due | undefined>();
  readonly #maintained = new Map<string, Maintenance>();

  constructor(policy: Policy, rows: Rows, now: number) {
    this.#policy = policy;
    this.#rows = rows;
    this.#now = now;
    for (const row of [...rows.maintenances.values()].sort((a, b) => b.due - a.due))
      if (row.until > now) for (const host of row.hosts) this.#maintained.set(host, row);
  }

  /** No host is ever anybody else's: nothing to look at. */
  static of(policy: Policy, rows: Rows, now: number): Dues | undefined {
    return policy.windows === undefined && rows.maintenances.size === 0 ? undefined : new Dues(policy, rows, now);
  }

  /** By its pool's calendar: the window that is open, else the next. */
  window(host: string): Due | undefined {
    if (!this.#windows.has(host)) {
      const spec = this.#policy.hosts[host];
      const hours = spec === undefined ? undefined : this.#policy.windows?.[spec.pool];
      this.#windows.set(host, spec === undefined || hours === undefined ? undefined : ofWindow(this.#policy, this.#rows.tenancies, spec, hours, this.#now));
    }
    return this.#windows.get(host);
  }

  /** Somebody works on it, or will. */
  maintenance(host: string): Due | undefined {
    const row = this.#maintained.get(host);
    return row && ofMaintenance(this.#policy, row, this.window(host)?.offsetMs ?? 0);
  }

  /** What comes first. */
  first(host: string): Due | undefined {
    const [window, maintenance] = [this.window(host), this.maintenance(host)];
    if (window === undefined || maintenance === undefined) return window ?? maintenance;
    return maintenance.emptyBy < window.emptyBy ? maintenance : window;
  }

  /** Time left on the host for jobs, ms; negative once it must be empty. */
  leftMs(host: string): number {
    const due = this.first(host);
    return due === undefined ? Number.POSITIVE_INFINITY : due.emptyBy - this.#now;
  }
}

/** Longest walltime among the environment's waiting jobs, ms; Infinity for one that names none. */
const longestWaiting = oncePer((world: World): ReadonlyMap<string, number> => {
  const longest = new Map<string, number>();
  const defaults = new Map<string, number | undefined>();
  for (const { name, queues } of world.sources.values()) for (const queue of queues) defaults.set(`${name}/${queue.name}`, queue.defaultWalltimeMs);
  for (const [key, job] of world.jobs) {
    const verdict = world.verdicts.get(key);
    if (verdict === undefined || !('environment' in verdict) || !isEligible(job)) continue;
    const walltime = walltimeOf(job, defaults.get(`${job.source}/${job.queue}`)) ?? Number.POSITIVE_INFINITY;
    longest.set(verdict.environment, Math.max(longest.get(verdict.environment) ?? 0, walltime));
  }
  return longest;
});

const walltimeOf = ({ request }: Job, byQueue: number | undefined): number | undefined => request.walltimeMs ?? byQueue;

/** Walltimes of jobs that name none, by queue. */
const defaultsOf = oncePer((queues: SourceView['queues']) => new Map(queues.map(({ name, defaultWalltimeMs }) => [name, defaultWalltimeMs])));

/** When a running job ends at the latest, by its walltime; undefined where it named none. */
export function endOf(world: World, job: Job): number | undefined {
  const queues = world.sources.get(job.source)?.queues;
  const walltime = walltimeOf(job, queues && defaultsOf(queues).get(job.queue));
  return walltime === undefined || job.startedAt === undefined ? undefined : job.startedAt + walltime;
}

/** How long a job of the environment may last that its scheduler starts from now on: its bound, else the longest that waits. */
export const lastingMs = (world: World, { name, maxWalltimeMs }: Environment): number => maxWalltimeMs ?? longestWaiting(world).get(name) ?? 0;

/** A machine of the environment may still be given to jobs on a host with that much time left. */
export const isTimeLeft = (world: World, policy: Policy, environment: Environment, leftMs: number): boolean =>
  leftMs === Number.POSITIVE_INFINITY || leftMs >= lastingMs(world, environment) + closingMs(policy);

/** A new machine takes so long to come up, at most, as far as it is worth to wait for. */
const mostStartMs = 300_000;

/** A new machine of the environment would still be of use there. */
export const isWorthStarting = (world: World, policy: Policy, environment: Environment, leftMs: number): boolean =>
  leftMs === Number.POSITIVE_INFINITY || leftMs >= lastingMs(world, environment) + closingMs(policy) + Math.min(mostStartMs, environment.bootDeadlineMs);

/** Somebody works on it now. */
export const isMaintained = (due: Due | undefined, now: number): boolean => due !== undefined && due.at <= now && now < due.until;
