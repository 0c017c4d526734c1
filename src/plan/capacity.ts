import { type Environment, type Mode, ownDiskMiB } from '../model/environment.js';
import { latelyPer, oncePer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import type { Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import { seatLists } from '../model/seats.js';
import { atATime, manyAtATime, type Slices } from '../model/slices.js';
import type { HostView, MachineView, SeatView, World } from '../model/world.js';
import { whyBlocked } from './blocked.js';
import { breakerOf } from './budget.js';
import type { Decision, Reasons } from './decision.js';
import type { Line } from './line.js';
import { modeIn, Sorter } from './modes.js';
import type { Eligible } from './placement.js';
import { type PowerSheet, powerSheet } from './power-sheet.js';
import { seatsIn } from './seats-offer.js';
import { sharesNow } from './shares.js';
import { Dues, isWorthStarting } from './tenancy-due.js';

/** A host while the plan is made: what is left of it shrinks with every decision. */
export interface HostRoom {
  readonly name: string;
  readonly view: HostView;
  /** Why nothing new may be placed here. */
  readonly blocked: Reason | undefined;
  cores: number;
  memoryMiB: number;
  storeMiB: number;
  /** Of its own disk, for scratch space and swap, less what machines on their way to it will take. */
  scratchMiB: number;
  /** Room of jobless machines that are leaving: soon free, promised to nobody yet. */
  promisedCores: number;
  promisedMiB: number;
  /** All of its machines are to go elsewhere: it is used only where nothing else will do. */
  readonly isEmptying: boolean;
  /** Machines there that are leaving without a job. */
  readonly leaving: string[];
  /** Until it must be empty, ms; Infinity where nobody else ever wants it. */
  readonly leftMs: number;
  starting: number;
  stopping: number;
}

/** An environment while the plan is made. */
export interface EnvironmentRoom {
  readonly environment: Environment;
  /** Machines that are there or will be, leaving ones included: never more than max. */
  live: number;
  /** Machines whose goal is to serve. */
  serving: number;
  /** Jobless machines that are leaving: their seats are soon free, promised to nobody yet. */
  leavingSeats: number;
  /** Starts that this plan has promised room to, once it is free. */
  soon: number;
  /** Cores of the serving ones, and how many the guaranteed share is. */
  cores: number;
  readonly shareCores: number;
  /** That counts now, 0 to 1: configured, or set by its operator. */
  readonly share: number;
  startsThisHour: number;
  /** Seats where a machine may sit now, by name; the count of all that could ever. */
  seats: readonly SeatView[];
  readonly seatsInAll: number;
  /** Why a machine-less seat may not be used, the first of each. */
  readonly seatTroubles: readonly Reason[];
  readonly hosts: ReadonlyMap<Mode, readonly HostRoom[]>;
  /** The same, looked through for what can boot its image; when first asked. */
  readonly eligible: Map<Mode, Eligible>;
  /** A new machine would still be of use on a host with so much time left, ms. */
  readonly worthOn: (leftMs: number) => boolean;
  /** Found once: why nothing can be started for it at all. */
  blocked: Reason | undefined;
  /** Slots that still wait for a place. */
  slotsWaiting: number;
  /** Its waiting jobs by age; absent before demand was looked at. */
  line: Line | undefined;
}

/** The working sheet of one call of `decide`: made afresh from the world, filled by the steps in turn, then thrown away. */
export interface Sheet {
  readonly world: World;
  readonly rows: Rows;
  readonly policy: Policy;
  readonly now: number;
  readonly reasons: Reasons;
  readonly hosts: ReadonlyMap<string, HostRoom>;
  readonly environments: ReadonlyMap<string, EnvironmentRoom>;
  readonly sorter: Sorter;
  /** Machines that this call has decided something about. */
  readonly chosen: Map<string, Decision>;
  readonly power: PowerSheet;
  /** When hosts are somebody else's; absent where none ever is. */
  readonly dues: Dues | undefined;
  /** Machines that shall take no new jobs, and why. */
  readonly holds: Map<string, Reason>;
  live: number;
  starting: number;
  stopping: number;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Failed and lost machines serve nobody; they still take room until they are cleared away. */
export const isBroken = (m: MachineView): boolean => m.row.failing !== undefined || m.phase === 'failed' || m.phase === 'lost';
const isGone = (m: MachineView): boolean => m.phase === 'gone' || m.row.guestGoneAt !== undefined;

/** On its way to its first job. */
export const isStarting = (m: MachineView): boolean =>
  m.row.goal.kind === 'serve' &&
  !isBroken(m) &&
  m.row.admittedAt === undefined &&
  (m.phase === 'wanted' || m.phase === 'preparing' || m.phase === 'booting' || m.phase === 'joining');

/** When nobody counts any more on a machine of which nothing is there yet, and whose host has fallen silent: after some polls, for one lost answer is no silence. */
export const givenUpAt = ({ row }: MachineView, { reading }: Pick<HostView, 'reading'>, { intervals }: Policy): number | undefined =>
  row.overlayAt === undefined && reading.silentSince !== undefined ? reading.silentSince + 4 * intervals.hostPollMs : undefined;

/** Its host does not let us go on, and it should have been ready by now or is not even begun: nobody counts on it before its host does. */
export function isOverdue(world: World, policy: Policy, now: number, machine: MachineView): boolean {
  const { row, environment, hostHeard } = machine;
  if (row.readyAt !== undefined || row.goal.kind !== 'serve') return false;
  const host = world.hosts.get(row.host);
  const givenUp = host && givenUpAt(machine, host, policy);
  if (givenUp !== undefined && now >= givenUp) return true;
  if (now <= (row.guestAt ?? row.wantedAt) + (environment?.bootDeadlineMs ?? 0)) return false;
  const blocked = host?.blocked;
  return !hostHeard || (blocked !== undefined && blocked.code !== 'host-cordoned');
}

/** Leaving, and no job delays it. */
const isStopping = (m: MachineView): boolean => m.row.goal.kind === 'gone' && !isGone(m) && m.jobs.length === 0;

const environmentsByName = latelyPer((environments: Policy['environments']): readonly Environment[] => Object.values(environments).sort(byName));
const hostsByName = latelyPer((hosts: World['hosts']): readonly HostView[] => [...hosts.values()].sort((a, b) => byName(a.spec, b.spec)));

/** Everything as it stands, in slices. */
export function* openingSheet(world: World, rows: Rows, policy: Policy, now: number, reasons: Reasons): Slices<Sheet> {
  const hosts = new Map<string, HostRoom>();
  const dues = Dues.of(policy, rows, now);
  let count = 0;
  for (const view of hostsByName(world.hosts)) {
    if (++count % atATime === 0) yield;
    hosts.set(view.spec.name, hostRoom(view, rows, policy, now, dues));
  }
  const environments = environmentRooms(world, rows, policy, now, hosts);
  yield;
  const [sorter, power, chosen, holds] = [new Sorter(rows, now, reasons), powerSheet(rows, policy), new Map<string, Decision>(), new Map<string, Reason>()];
  const sheet = { world, rows, policy, now, reasons, hosts, environments, sorter, chosen, power, dues, holds, live: 0, starting: 0, stopping: 0 };
  yield* countMachines(sheet);
  return sheet;
}

/** Counts each machine where it belongs. */
function* countMachines(sheet: Sheet): Slices<void> {
  const { world, policy, now, environments } = sheet;
  let count = 0;
  for (const machine of world.machines.values()) {
    if (++count % manyAtATime === 0) yield;
    countIn(environments.get(machine.row.environment), machine);
    if (isGone(machine)) continue;
    if (machine.row.kind !== 'service') sheet.live++;
    if (isStarting(machine) && !isOverdue(world, policy, now, machine)) sheet.starting++;
    if (isStopping(machine) && machine.hostHeard) sheet.stopping++; // where nobody answers nothing goes on
  }
}

function hostRoom(view: HostView, rows: Rows, policy: Policy, now: number, dues: Dues | undefined): HostRoom {
  const name = view.spec.name;
  const { leaving, cores, memoryMiB, starting, isEmptying } = traffic(view.machines);
  return {
    name,
    view,
    blocked: whyBlocked(view, rows, now),
    cores: view.free.cores,
    memoryMiB: view.free.memoryMiB,
    storeMiB: view.reading.value?.storeFreeMiB ?? 0,
    scratchMiB: (view.reading.value?.scratchFreeMiB ?? 0) - comingMiB(view),
    promisedCores: cores,
    promisedMiB: memoryMiB + leaving.length * policy.guestOverheadMiB,
    isEmptying,
    leaving: [...leaving],
    leftMs: dues?.leftMs(name) ?? Number.POSITIVE_INFINITY,
    starting,
    stopping: leaving.length,
  };
}

/** Machines whose guest is not made yet have not taken theirs. */
const comingMiB = ({ machines }: HostView): number =>
  machines.reduce((sum, { row, environment }) => sum + (row.guestAt === undefined && environment !== undefined ? ownDiskMiB(environment) : 0), 0);

/** What comes and goes on a host: jobless machines that leave, what room they will free, and how many are starting. */
const traffic = oncePer((machines: readonly MachineView[]) => {
  const leaving: string[] = [];
  let [cores, memoryMiB, starting] = [0, 0, 0];
  for (const machine of machines) {
    if (isStarting(machine)) starting++;
    if (!isStopping(machine)) continue;
    leaving.push(machine.row.id);
    cores += machine.row.size.cores;
    memoryMiB += machine.row.size.memoryMiB;
  }
  return { leaving, cores, memoryMiB, starting, isEmptying: machines.length > 0 && machines.every(({ row }) => row.moving?.from === row.host) };
});

function environmentRooms(world: World, rows: Rows, policy: Policy, now: number, hosts: ReadonlyMap<string, HostRoom>): Map<string, EnvironmentRoom> {
  const rooms = new Map<string, EnvironmentRoom>();
  const poolHosts = hostsByPool(hosts);
  const seats = seatLists(world.seats);
  const shares = sharesNow(rows, policy, now);
  for (const environment of environmentsByName(policy.environments)) {
    const own = seatsIn(seats.get(environment.name) ?? noSeats);
    const starts = rows.starts.get(environment.name) ?? [];
    const share = shares.get(environment.name) ?? 0;
    rooms.set(environment.name, {
      environment,
      ...{ live: 0, serving: 0, leavingSeats: 0, soon: 0, cores: 0, slotsWaiting: 0, line: undefined },
      share,
      shareCores: share === 0 ? 0 : share * coresOf(environment, poolHosts),
      startsThisHour: starts.filter((at) => at > now - 3_600_000).length,
      seats: policy.mode === 'watch' ? own.free : own.resting,
      seatsInAll: own.count,
      seatTroubles: own.troubles,
      eligible: new Map(),
      worthOn: (leftMs) => leftMs === Number.POSITIVE_INFINITY || isWorthStarting(world, policy, environment, leftMs),
      hosts: hostsByMode(policy, environment, poolHosts),
      blocked: rows.breakers.size === 0 ? undefined : breakerOf(rows, `environment:${environment.name}`, now),
    });
  }
  return rooms;
}

/** Cores of all hosts that may carry the environment. */
function coresOf({ pools }: Environment, poolHosts: PoolHosts): number {
  let cores = 0;
  for (const pool of pools) for (const { view } of poolHosts.get(pool) ?? []) cores += view.spec.cores - view.spec.reserve.cores;
  return cores;
}

/** Counts a machine where it belongs. */
function countIn(room: EnvironmentRoom | undefined, machine: MachineView): void {
  if (room === undefined || isBroken(machine) || isGone(machine)) return;
  room.live++;
  if (isStopping(machine)) room.leavingSeats++;
  if (machine.row.goal.kind !== 'serve') return;
  room.serving++;
  room.cores += machine.row.goal.size.cores;
}

type PoolHosts = ReadonlyMap<string, readonly HostRoom[]>;

function hostsByPool(hosts: ReadonlyMap<string, HostRoom>): PoolHosts {
  const byPool = new Map<string, HostRoom[]>();
  for (const host of hosts.values()) {
    const there = byPool.get(host.view.spec.pool);
    if (there === undefined) byPool.set(host.view.spec.pool, [host]);
    else there.push(host);
  }
  return byPool;
}

function hostsByMode(policy: Policy, environment: Environment, poolHosts: PoolHosts): Map<Mode, readonly HostRoom[]> {
  const modes = new Map<Mode, readonly HostRoom[]>();
  for (const pool of environment.pools) {
    const mode = modeIn(policy, environment.mode, pool);
    const there = poolHosts.get(pool) ?? [];
    const others = modes.get(mode);
    modes.set(mode, others === undefined ? there : [...others, ...there]);
  }
  return modes;
}

const noSeats: readonly SeatView[] = [];
