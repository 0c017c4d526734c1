import type { BatchNode, BatchQueue } from '../src/model/batch.js';
import type { Environment } from '../src/model/environment.js';
import type { HostSnapshot } from '../src/model/host.js';
import type { Goal, MachinePhase } from '../src/model/machine.js';
import type { Intervals, Limits, Policy } from '../src/model/policy.js';
import { because, type Reason, sentence } from '../src/model/reason.js';
import { type Change, noRows, type Request, type Rows, withChanges } from '../src/model/rows.js';
import type { Seat } from '../src/model/seat.js';
import type { ForeignNode, HostView, JobGroup, MachineView, Place, SeatView, World } from '../src/model/world.js';
import { claimOf } from '../src/observe/hosts.js';
import { decide } from '../src/plan/decide.js';
import { type Decision, Reasons } from '../src/plan/decision.js';
import { switched } from '../src/plan/power-limits.js';
import { turned } from '../src/plan/tenancy-memory.js';
import { type MachineWish, machineView, minute } from './given-machine.js';

export { minute };
/** The instant at which every built world is planned. */
export const now = 1_750_000_000_000;

const limits: Limits = {
  ...{ startsAtOnce: 100, startsAtOncePerHost: 100, stopsAtOnce: 100, stopsAtOncePerHost: 100, startsPerHour: 1000, machines: 10_000 },
  ...{ breakerFailures: 3, breakerPauseMs: minute, breakerPauseMaxMs: 60 * minute, deedTries: 3 },
};
const intervals: Intervals = {
  ...{ tickMs: 15_000, batchPollMs: 15_000, hostPollMs: 15_000, batchLimitMs: minute, lookLimitMs: minute, overlayLimitMs: minute },
  ...{ createLimitMs: minute, resizeLimitMs: minute, migrateLimitMs: minute, shutdownLimitMs: minute, destroyLimitMs: minute, nodeLimitMs: minute },
  ...{ cyclePauseMs: 10_000, joinLimitMs: 5 * minute, momSilentMs: minute, schedulerCycleMs: 30_000, wideWaitMs: 15 * minute },
};
const anEnvironment: Environment = {
  ...{ name: '', mode: 'act', image: { name: 'el9', version: 'latest' }, boot: { type: 'pvh', kernel: 'vmlinuz', args: [] } },
  ...{ cores: { min: 1, max: 8, step: 1 }, memoryMiB: { min: 1024, max: 16_384, step: 1024 }, memoryPerCoreMiB: 1024, diskMiB: 1024 },
  serves: { source: 'torque', queues: [], properties: [], accounts: [] },
  ...{ pools: ['lab'], min: 0, max: 100, spare: 0, feasibilitySeats: 0, idleMs: 10 * minute, priority: 1, share: 0 },
  ...{ bootDeadlineMs: 5 * minute, keepFailedMs: 60 * minute, lostJobs: 'leave' as const, checks: [] },
};

export interface GroupWish {
  readonly key?: string;
  readonly slots?: number;
  readonly nodes?: number;
  readonly count?: number;
  readonly waitedMs?: number;
  readonly perSlotMiB?: number;
  readonly properties?: readonly string[];
  readonly places?: readonly Place[];
  readonly job?: string;
  /** What each of its jobs asks for. */
  readonly walltimeMs?: number;
}

/** What `decide` said of a built world. */
export interface Outcome {
  readonly decisions: readonly Decision[];
  readonly recorded: readonly Decision[];
  readonly changes: readonly Change[];
  /** Machines that shall take no new jobs, and why. */
  readonly holds: ReadonlyMap<string, Reason>;
  /** Sentences about a subject, in order. */
  said(subject: string): readonly string[];
  /** Codes of the reasons about a subject, in order. */
  codes(subject: string): readonly string[];
}

/** Builds a world in one line: `given().env('grid').host('post1').seats('grid', 4).waits('grid').decide()`. */
export class Given {
  policy: Policy = {
    ...{ deployment: 'test', revision: 'r1', mode: 'act', pools: { lab: { mode: 'act' } }, environments: {}, hosts: {}, seats: {} },
    ...{ limits, intervals, strays: 'report', guestOverheadMiB: 0, bridge: 'br0' },
  };
  rows: Rows = noRows();
  readonly machines = new Map<string, MachineView>();
  readonly groups: JobGroup[] = [];
  readonly foreign: ForeignNode[] = [];
  readonly queues: BatchQueue[] = [];
  readonly #blockedHosts = new Map<string, Reason>();
  readonly #blockedSeats = new Map<string, Reason>();
  readonly #snapshots = new Map<string, HostSnapshot>();
  readonly #silentHosts = new Map<string, boolean>();
  #silent = false;
  #extra: Partial<World> = {};

  env(name: string, wish: Partial<Environment> = {}): this {
    return this.with({ environments: { ...this.policy.environments, [name]: { ...anEnvironment, name, ...wish } } });
  }

  with(policy: Partial<Policy>): this {
    this.policy = { ...this.policy, ...policy };
    return this;
  }

  limit(wish: Partial<Limits>): this {
    return this.with({ limits: { ...this.policy.limits, ...wish } });
  }

  /** 4 cores and 8 GiB, nothing reserved, unless wished otherwise. */
  host(
    name: string,
    wish: { cores?: number; memoryMiB?: number; pool?: string; images?: readonly string[]; blocked?: Reason; snapshot?: Partial<HostSnapshot> } = {},
  ): this {
    const { cores = 4, memoryMiB = 8192, pool = 'lab', images = ['el9'] } = wish;
    const spec = { name, pool, address: '10.0.0.1', port: 22, cores, memoryMiB, reserve: { cores: 0, memoryMiB: 0 } };
    const versions = images.map((image) => ({ name: image.split('/')[0] ?? image, version: image.split('/')[1] ?? '1' }));
    const snapshot: HostSnapshot = {
      ...{ bootId: 'b1', cores, memoryMiB, freeMemoryMiB: memoryMiB, guests: [], overlays: [], images: versions, ops: [] },
      ...{ capabilities: ['pvh'], storeFreeMiB: 1_000_000, storeHung: false, ...wish.snapshot },
    };
    this.#snapshots.set(name, snapshot);
    if (wish.blocked !== undefined) this.#blockedHosts.set(name, wish.blocked);
    return this.with({ hosts: { ...this.policy.hosts, [name]: spec } });
  }

  /** Seats `ENV-01`, `ENV-02`, ... */
  seats(environment: string, count: number, wish: Partial<Seat> & { blocked?: Reason } = {}): this {
    const { blocked, ...rest } = wish;
    const seats: Record<string, Seat> = { ...this.policy.seats };
    const before = Object.values(seats).filter((s) => s.environment === environment).length;
    for (let i = before + 1; i <= before + count; i++) {
      const name = `${environment}-${String(i).padStart(2, '0')}`;
      seats[name] = {
        name,
        environment,
        source: 'torque',
        address: '10.1.0.1',
        mac: '00:16:3e:00:00:01',
        largestNp: 8,
        properties: [environment],
        feasibility: false,
        ...rest,
      };
      if (blocked !== undefined) this.#blockedSeats.set(name, blocked);
    }
    return this.with({ seats });
  }

  machine(seatName: string, phase: MachinePhase, wish: MachineWish = {}): this {
    const view = machineView(this.policy, this.rows, seatName, phase, wish, now);
    this.machines.set(view.row.id, view);
    return this.change({ table: 'machines', key: view.row.id, row: view.row });
  }

  change(...changes: readonly Change[]): this {
    this.rows = withChanges(this.rows, changes);
    return this;
  }

  /** Jobs that wait; one single-slot job unless wished otherwise. */
  waits(environment: string, wish: GroupWish = {}): this {
    const key = wish.key ?? `${environment}-g${this.groups.length}`;
    const { slots = 1, nodes = 1, properties = [] } = wish;
    this.groups.push({
      ...{ key, source: 'torque', environment, queue: environment, owner: 'alice', places: wish.places ?? [{ count: nodes, slots, properties }] },
      ...{ perSlotMiB: wish.perSlotMiB ?? 0, count: wish.count ?? 1, since: now - (wish.waitedMs ?? minute), sample: [wish.job ?? `${key}.1`] },
      ...(wish.walltimeMs === undefined ? {} : { walltimes: Array.from({ length: wish.count ?? 1 }, () => wish.walltimeMs ?? 0) }),
    });
    return this;
  }

  foreignNode(name: string, free: number, properties: readonly string[] = []): this {
    const node: BatchNode = { name, states: ['free'], np: free, properties, jobs: [], momJobs: [], note: '' };
    this.foreign.push({ source: 'torque', node, slotsFree: free });
    return this;
  }

  asks(kind: Request['kind'], subject: string, wish: Partial<Request> = {}): this {
    const id = wish.id ?? `r${this.rows.requests.size + 1}`;
    const request: Request = { id, kind, subject, who: 'bob', why: 'because', at: now - 1000, expiresAt: now + minute, state: 'open', ...wish };
    return this.change({ table: 'requests', key: id, row: request });
  }

  /** The host has not answered for an hour. */
  hostSilent(name: string, how?: { readonly speaks: true }): this {
    this.#silentHosts.set(name, how?.speaks ?? false);
    return this;
  }

  /** The batch server stopped answering. */
  batchSilent(): this {
    this.#silent = true;
    for (const [id, view] of this.machines) this.machines.set(id, { ...view, nodeHeard: false, slotsFree: 0 });
    return this;
  }

  extra(world: Partial<World>): this {
    this.#extra = { ...this.#extra, ...world };
    return this;
  }

  world(at = now): World {
    const views = [...this.machines.values()];
    const bySeat = new Map(views.map((view) => [view.row.seat, view]));
    const hosts = new Map(Object.values(this.policy.hosts).map((spec): [string, HostView] => [spec.name, this.#hostView(spec.name, views)]));
    const seats = new Map(
      Object.values(this.policy.seats).map((seat): [string, SeatView] => {
        const machine = bySeat.get(seat.name);
        const taken = machine === undefined ? undefined : because('keep-wanted', { why: machine.row.id });
        const blocked = taken ?? this.#blockedSeats.get(seat.name) ?? (seat.feasibility ? because('seat-feasibility', { seat: seat.name }) : undefined);
        return [seat.name, { seat, node: machine?.node, machine, ...(blocked === undefined ? {} : { blocked }) }];
      }),
    );
    const server = { name: 'torque', version: '4.2.10', scheduling: true, iterationMs: 30_000, autoNodeNp: false };
    const reading = { askedAt: at - 1000, answeredAt: at, revision: 1, value: { jobs: [], nodes: [], queues: this.queues, server, warnings: [] } };
    const heard = this.#silent ? { ...reading, silentSince: at - minute, cause: 'no route' } : reading;
    return {
      ...{
        rows: this.rows,
        jobs: new Map(),
        verdicts: new Map(),
        unserved: new Map(),
        groups: this.groups,
        machines: new Map(this.machines),
        seats,
        hosts,
        foreign: this.foreign,
        strays: [],
      },
      sources: new Map([['torque', { name: 'torque', reading: heard, server, queues: this.queues, deferred: [] }]]),
      life: { id: 'life', startedAt: 0 },
      ...this.#extra,
    };
  }

  #hostView(name: string, views: readonly MachineView[]): HostView {
    const spec = this.policy.hosts[name];
    const snapshot = this.#snapshots.get(name);
    if (spec === undefined || snapshot === undefined) throw new RangeError(`no host ${name}`);
    const machines = views.filter((view) => view.row.host === name);
    const arriving = views.filter(({ row }) => row.moving !== undefined && row.host !== name && (row.moving.to === name || row.moving.from === name));
    const claims = [...machines, ...arriving].map((view) => claimOf(view, this.policy.guestOverheadMiB));
    const free = {
      cores: Math.max(0, spec.cores - spec.reserve.cores - claims.reduce((sum, c) => sum + c.cores, 0)),
      memoryMiB: Math.max(0, spec.memoryMiB - spec.reserve.memoryMiB - claims.reduce((sum, c) => sum + c.memoryMiB, 0)),
    };
    const blocked = this.#blockedHosts.get(name);
    const heard = { askedAt: now - 1000, answeredAt: now, revision: 1, value: snapshot };
    const reading = this.#silentHosts.has(name)
      ? {
          ...heard,
          answeredAt: now - 60 * minute,
          silentSince: now - 60 * minute,
          ...(this.#silentHosts.get(name) ? { speaks: true as const } : {}),
          cause: 'off',
        }
      : heard;
    return { spec, reading, machines, arriving, free, ...(blocked === undefined ? {} : { blocked }) };
  }

  decide(at = now): Outcome {
    const reasons = new Reasons();
    const part = decide(this.world(at), this.policy, at, reasons);
    const about = (subject: string): readonly Reason[] => reasons.all().get(subject) ?? [];
    return {
      ...{ decisions: part.decisions, recorded: part.recorded ?? [], changes: part.changes, holds: part.holds ?? new Map() },
      said: (subject) => about(subject).map(sentence),
      codes: (subject) => about(subject).map((reason) => reason.code),
    };
  }

  /** The same world with what was decided written down: new machines wanted, goals changed. */
  apply({ decisions, changes }: Outcome): this {
    this.change(...changes);
    for (const [id, view] of this.machines) {
      const row = this.rows.machines.get(id);
      if (row !== undefined) this.machines.set(id, { ...view, row });
    }
    for (const decision of decisions) this.#applyOne(decision);
    return this;
  }

  #applyOne(decision: Decision): void {
    if (decision.kind === 'start') {
      const { seat, host, size, reason, environment } = decision;
      this.machine(seat, 'wanted', { host, size, row: { reason, wantedAt: now, environment } });
      return;
    }
    if (!('machine' in decision)) {
      const { powers, tenancies } = this.rows;
      const isPower = decision.kind === 'wake' || decision.kind === 'sleep';
      this.change(...(isPower ? switched(decision, powers.get(decision.host), now) : turned(decision, tenancies.get(decision.host), now)));
      return;
    }
    const view = this.machines.get(decision.machine);
    if (view === undefined) return;
    const { row } = view;
    if (decision.kind === 'drain') {
      const goal: Goal = { kind: 'gone', reason: decision.reason, since: now };
      this.machines.set(row.id, { ...view, row: { ...row, goal }, phase: 'draining', slotsFree: 0 });
    } else {
      const size = decision.kind === 'resize' ? decision.size : row.size;
      this.machines.set(row.id, {
        ...view,
        row: { ...row, goal: { kind: 'serve', size }, ...(decision.kind === 'keep' ? { reason: decision.reason } : {}) },
        phase: decision.kind === 'resize' ? 'resizing' : 'joining',
        slotsFree: 0,
      });
    }
    const after = this.machines.get(row.id);
    if (after !== undefined) this.change({ table: 'machines', key: row.id, row: after.row });
  }
}

export const given = (): Given => new Given();
