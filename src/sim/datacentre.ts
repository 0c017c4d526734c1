import { isAlive } from '../model/host.js';
import type { Mom } from './batch/mom.js';
import type { Agenda } from './clock.js';
import type { FakeGuest, Fate, GuestPlan } from './hosts/guest.js';
import { FakeHost, type HostOptions, type Pace, usualPace } from './hosts/host.js';
import type { HostListener } from './hosts/listener.js';
import type { Random } from './random.js';

/** What the data centre needs of the batch server in it; BatchCore has it. */
export interface BatchSide {
  momUp(node: string, mom: Mom): void;
  momDown(node: string): void;
  readonly server: {
    /** Moms that live, and what they run whatever the server believes. */
    readonly moms: { get(node: string): { readonly ran: readonly { readonly job: string; readonly until: number }[] } | undefined };
    readonly nodes: { get(node: string): { readonly slots: { readonly size: number } } | undefined };
  };
  facts(): { readonly jobs: readonly { readonly id: string; readonly runs: readonly { readonly why?: string }[] }[] };
}

export interface GuestEvent {
  readonly kind: 'made' | 'up' | 'stopped' | 'died' | 'resized' | 'moved';
  readonly host: FakeHost;
  readonly guest: FakeGuest;
}

export interface DatacentreOptions<B extends BatchSide> {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly batch: B;
  readonly hosts: readonly HostOptions[];
  readonly pace?: Partial<Pace>;
}

/** Batch server and hosts in one fake world: guests that come up bring their mom up, and a witness notes every harm. */
export class Datacentre<B extends BatchSide = BatchSide> implements HostListener {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly batch: B;
  readonly hosts: ReadonlyMap<string, FakeHost>;
  /** Guests made since the beginning. */
  guestsMade = 0;
  /** Guests that went to another host, and run there. */
  migrations = 0;
  /** Decides what becomes of the next guest, anywhere. */
  fateOf: (plan: GuestPlan, host: FakeHost) => Fate = () => ({ kind: 'well' });
  /** Told of what happens to guests, after the batch server was. */
  heard: (event: GuestEvent) => void = () => undefined;
  readonly #harm: string[] = [];

  constructor(options: DatacentreOptions<B>) {
    this.agenda = options.agenda;
    this.random = options.random;
    this.batch = options.batch;
    const world = { agenda: options.agenda, random: options.random, pace: { ...usualPace, ...options.pace }, listener: this };
    this.hosts = new Map(options.hosts.map((host) => [host.name, new FakeHost(host, world)]));
    for (const host of this.hosts.values()) host.fateOf = (plan) => this.fateOf(plan, host);
  }

  /** Every guest on every host, living or kept. */
  guests(): readonly { readonly host: FakeHost; readonly guest: FakeGuest }[] {
    return [...this.hosts.values()].flatMap((host) => [...host.guests.values()].map((guest) => ({ host, guest })));
  }

  /** Every harm done since the beginning, and every one that stands now, as sentences. Empty is well. */
  invariants(): string[] {
    const twice = this.batch.facts().jobs.filter((job) => job.runs.filter((run) => run.why === 'completed').length > 1);
    return [...this.#harm, ...twice.map((job) => `job ${job.id} ran to its end more than once`)];
  }

  /** Ids of the jobs whose processes run on that node now. */
  jobsOn(node: string): readonly string[] {
    const ran = this.batch.server.moms.get(node)?.ran ?? [];
    return ran.filter((run) => run.until === Number.POSITIVE_INFINITY).map((run) => run.job);
  }

  guestMade(host: FakeHost, guest: FakeGuest): void {
    this.guestsMade += 1;
    this.#alone(host, guest);
    this.#weigh(host);
    this.heard({ kind: 'made', host, guest });
  }

  /** Nobody else has what only one may have; halves of a migration stand still. */
  #alone(host: FakeHost, guest: FakeGuest): void {
    const now = this.agenda.now();
    for (const there of this.hosts.values())
      for (const other of there.guests.values()) {
        if (other === guest || other.half !== '' || !isAlive(other.seen(now))) continue;
        for (const what of shared(guest.plan, other.plan))
          this.#note(`${guest.plan.name} on ${host.name} has the same ${what} as ${other.plan.name} on ${there.name}`);
      }
  }

  guestUp(host: FakeHost, guest: FakeGuest): void {
    const { node, memoryMiB } = guest.plan;
    if (node !== undefined) this.batch.momUp(node, { cores: guest.vcpus, memoryMiB, usersResolve: guest.report?.ready !== false });
    this.heard({ kind: 'up', host, guest });
  }

  guestDown(host: FakeHost, guest: FakeGuest, ordered: boolean): void {
    const { node, name } = guest.plan;
    if (node !== undefined && guest.up) {
      const jobs = ordered ? this.jobsOn(node) : [];
      if (jobs.length > 0) this.#note(`${name} on ${host.name} was stopped while ${jobs.join(', ')} ran on it`);
      this.batch.momDown(node);
    }
    this.heard({ kind: ordered ? 'stopped' : 'died', host, guest });
  }

  guestMoved(from: FakeHost, to: FakeHost, guest: FakeGuest): void {
    this.migrations += 1;
    this.#alone(to, guest);
    this.#weigh(to);
    this.heard({ kind: 'moved', host: to, guest });
    this.heard({ kind: 'moved', host: from, guest });
  }

  guestResized(host: FakeHost, guest: FakeGuest): void {
    const { node, name } = guest.plan;
    const held = node === undefined ? 0 : (this.batch.server.nodes.get(node)?.slots.size ?? 0);
    if (held > guest.vcpus) this.#note(`${name} on ${host.name} has ${guest.vcpus} cores while jobs hold ${held} slots of it`);
    this.#weigh(host);
    this.heard({ kind: 'resized', host, guest });
  }

  #weigh(host: FakeHost): void {
    const now = this.agenda.now();
    let cores = 0;
    let memoryMiB = host.dom0MiB;
    for (const guest of host.guests.values()) {
      if (!isAlive(guest.seen(now))) continue;
      cores += guest.vcpus;
      memoryMiB += Math.max(guest.memoryMiB(now), guest.targetMiB);
    }
    if (cores > host.cores * host.overcommit) this.#note(`guests on ${host.name} have ${cores} cores of its ${host.cores}`);
    if (memoryMiB > host.memoryMiB) this.#note(`guests on ${host.name} claim ${memoryMiB} MiB of its ${host.memoryMiB}`);
  }

  #note(harm: string): void {
    if (!this.#harm.includes(harm)) this.#harm.push(harm);
  }
}

/** What two living guests must never both have. */
function shared(a: GuestPlan, b: GuestPlan): string[] {
  const same: string[] = [];
  if (a.uuid === b.uuid) same.push(`uuid ${a.uuid}`);
  if (a.node !== undefined && a.node === b.node) same.push(`seat ${a.node}`);
  if (a.address !== undefined && a.address === b.address) same.push(`address ${a.address}`);
  if (a.mac === b.mac) same.push(`MAC ${a.mac}`);
  for (const disk of a.disks) if (b.disks.includes(disk)) same.push(`disk ${disk}`);
  return same;
}
