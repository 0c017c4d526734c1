import { type ConsolidationPolicy, usualMoves } from '../model/consolidation.js';
import { type Environment, largestSize, npOf } from '../model/environment.js';
import type { HostSpec } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import type { PowerPolicy } from '../model/power.js';
import type { Seat } from '../model/seat.js';
import type { Service } from '../model/service.js';

export interface PolicyWish {
  /** Name and what differs from a small usual environment. */
  readonly environments: Readonly<Record<string, Partial<Environment> & { readonly seats: number }>>;
  readonly hosts: number;
  readonly hostCores?: number;
  readonly hostMemoryMiB?: number;
  /** Kept for Dom0; default 512. */
  readonly reserveMiB?: number;
  /** Cores that may be claimed for each. */
  readonly overcommit?: number;
  readonly policy?: Partial<Policy>;
  /** Hosts have a classroom; the calendar comes with `policy.windows`. */
  readonly classroom?: true;
  /** Machines are moved, with what differs from the usual. */
  readonly consolidation?: Partial<ConsolidationPolicy>;
  /** Hosts are switched, with what differs from the usual. */
  readonly power?: Partial<PowerPolicy>;
  /** Permanent machines, each with its home and what differs from a small usual one. */
  readonly services?: Readonly<Record<string, Partial<Service> & { readonly home: string }>>;
}

const gib = 1024;
const minute = 60_000;

const environmentOf = (name: string, wish: Partial<Environment>): Environment => ({
  name,
  mode: 'act',
  image: { name, version: 'latest' },
  boot: { type: 'pvh', kernel: 'vmlinuz', ramdisk: 'initrd.img', args: [] },
  cores: { min: 1, max: 4, step: 1 },
  memoryMiB: { min: gib, max: 4 * gib, step: gib },
  memoryPerCoreMiB: gib,
  diskMiB: 10 * gib,
  serves: { source: 'main', queues: [name], properties: [name], accounts: [] },
  pools: ['lab'],
  min: 0,
  max: 100,
  spare: 0,
  feasibilitySeats: 0,
  idleMs: 2 * minute,
  priority: 1,
  share: 0,
  bootDeadlineMs: 5 * minute,
  keepFailedMs: 5 * minute,
  lostJobs: 'leave',
  checks: [],
  ...wish,
});

/** A small permanent machine, and what differs of it. */
export const serviceOf = (name: string, number: number, wish: Partial<Service> & { readonly home: string }): Service => ({
  ...{ name, group: 'standin', mode: 'act', address: `10.3.0.${number}`, mac: `00:16:3e:01:00:${number.toString(16).padStart(2, '0')}`, pools: ['lab'] },
  ...{ image: { name: 'standin', version: 'latest' }, boot: { type: 'pvh', kernel: 'vmlinuz', args: [] } },
  ...{ size: { cores: 1, memoryMiB: 256 }, diskMiB: gib, checks: [], restartWithinMs: 10 * minute },
  ...wish,
});

/** Quick, for short stories. */
export const rehearsedPower: PowerPolicy = {
  ...{ manage: true, idleMs: 10 * minute, minOnMs: 5 * minute, minOffMs: minute, leaveAloneMs: 60 * minute, switchesAtOnce: 8, cyclesPerDay: 2 },
  ...{ warmHosts: 0, surviveOne: false, wakeLimitMs: 10 * minute, sleepLimitMs: 5 * minute, wakeTries: 3, retryMs: 24 * 60 * minute },
};

const servicesOf = (wishes: NonNullable<PolicyWish['services']>): Record<string, Service> =>
  Object.fromEntries(Object.entries(wishes).map(([name, wish], at) => [name, serviceOf(name, at + 1, wish)]));

/** A whole policy in one line: environments with their seats, and equal hosts `post01`, `post02`, ... in pool `lab`. */
export function rehearsalPolicy(wish: PolicyWish): Policy {
  const environments: Record<string, Environment> = {};
  const seats: Record<string, Seat> = {};
  let number = 0;
  for (const [name, { seats: count, ...differences }] of Object.entries(wish.environments)) {
    const environment = environmentOf(name, differences);
    environments[name] = environment;
    for (let at = 1; at <= count; at++) {
      number++;
      const seat = `${name}-${String(at).padStart(2, '0')}.example.org`;
      const feasibility = at > count - environment.feasibilitySeats;
      const low = [Math.floor(number / 256), number % 256];
      seats[seat] = {
        name: seat,
        environment: name,
        source: 'main',
        address: `10.1.${low.join('.')}`,
        mac: `00:16:3e:00:${low.map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
        largestNp: npOf(environment, largestSize(environment)),
        properties: [name],
        feasibility,
      };
    }
  }
  const hosts: Record<string, HostSpec> = {};
  for (let at = 1; at <= wish.hosts; at++) {
    const name = `post${String(at).padStart(2, '0')}`;
    const reserve = { cores: 0, memoryMiB: wish.reserveMiB ?? 512 };
    const size = { cores: wish.hostCores ?? 4, memoryMiB: wish.hostMemoryMiB ?? 8 * gib };
    const iron = { pool: 'lab', address: `10.2.0.${at}`, port: 22, ...size, reserve, overcommit: wish.overcommit ?? 1 };
    const lives = wish.classroom === undefined ? {} : { classroom: 'lab' };
    hosts[name] = { name, ...iron, ...(wish.power === undefined ? {} : { power: 'lab' }), ...lives };
  }
  return {
    deployment: 'rehearsal',
    revision: 'rehearsal',
    mode: 'act',
    pools: { lab: { mode: 'act' } },
    environments,
    hosts,
    seats,
    ...(wish.services === undefined ? {} : { services: servicesOf(wish.services) }),
    limits: {
      startsAtOnce: 10,
      startsAtOncePerHost: 2,
      stopsAtOnce: 10,
      stopsAtOncePerHost: 2,
      startsPerHour: 100,
      machines: 1000,
      breakerFailures: 3,
      breakerPauseMs: 5 * minute,
      breakerPauseMaxMs: 60 * minute,
      deedTries: 3,
    },
    intervals: {
      tickMs: 15_000,
      batchPollMs: 15_000,
      hostPollMs: 15_000,
      batchLimitMs: 60_000,
      lookLimitMs: 20_000,
      overlayLimitMs: 30_000,
      createLimitMs: 60_000,
      resizeLimitMs: 30_000,
      migrateLimitMs: 2 * minute,
      shutdownLimitMs: 60_000,
      destroyLimitMs: 30_000,
      nodeLimitMs: 20_000,
      cyclePauseMs: 15_000,
      joinLimitMs: 5 * minute,
      momSilentMs: minute,
      schedulerCycleMs: 30_000,
      wideWaitMs: 15 * minute,
    },
    strays: 'report',
    guestOverheadMiB: 32,
    bridge: 'xenbr0',
    ...(wish.consolidation === undefined ? {} : { consolidation: { ...usualMoves, manage: true, ...wish.consolidation } }),
    ...(wish.power === undefined ? {} : { power: { ...rehearsedPower, ...wish.power } }),
    ...wish.policy,
  };
}
