import { isAlive } from '../model/host.js';
import type { Agenda } from './clock.js';
import type { FakeGuest, Fate, GuestPlan } from './hosts/guest.js';
import { FakeHost, type HostListener, type HostOptions, type Pace, usualPace } from './hosts/host.js';
import type { Random } from './random.js';

/** What the data centre needs of the batch server in it. */
export interface BatchSide {
  /** The mom of this node starts, on a machine with so many cores and so much memory. */
  momUp(node: string, mom: { readonly cores: number; readonly memoryMiB: number; readonly usersResolve: boolean }): void;
  /** Its machine died or was shut down, without a word to the server. */
  momDown(node: string): void;
  /** Ids of the jobs whose processes run on that node now. */
  jobsOn(node: string): readonly string[];
  /** Jobs that were run more than once although nobody asked for it, as sentences. */
  ranTwice(): readonly string[];
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
  /** Decides what becomes of the next guest, anywhere. */
  fateOf: (plan: GuestPlan, host: FakeHost) => Fate = () => ({ kind: 'well' });
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
    return [...this.#harm, ...this.batch.ranTwice()];
  }

  guestMade(host: FakeHost, guest: FakeGuest): void {
    this.guestsMade += 1;
    const now = this.agenda.now();
    for (const other of this.guests()) {
      if (other.guest === guest || !isAlive(other.guest.seen(now))) continue;
      for (const what of shared(guest.plan, other.guest.plan)) {
        this.#note(`${guest.plan.name} on ${host.name} has the same ${what} as ${other.guest.plan.name} on ${other.host.name}`);
      }
    }
    this.#weigh(host);
  }

  guestUp(_host: FakeHost, guest: FakeGuest): void {
    const { node, memoryMiB } = guest.plan;
    if (node === undefined) return;
    this.batch.momUp(node, { cores: guest.vcpus, memoryMiB, usersResolve: guest.report?.ready !== false });
  }

  guestDown(host: FakeHost, guest: FakeGuest, ordered: boolean): void {
    const { node, name } = guest.plan;
    if (node === undefined || !guest.up) return;
    const jobs = ordered ? this.batch.jobsOn(node) : [];
    if (jobs.length > 0) this.#note(`${name} on ${host.name} was stopped while ${jobs.join(', ')} ran on it`);
    this.batch.momDown(node);
  }

  guestResized(host: FakeHost, guest: FakeGuest): void {
    const { node, name } = guest.plan;
    const jobs = node === undefined ? [] : this.batch.jobsOn(node);
    if (jobs.length > guest.vcpus) this.#note(`${name} on ${host.name} has ${guest.vcpus} cores for ${jobs.length} jobs`);
    this.#weigh(host);
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
    if (cores > host.cores) this.#note(`guests on ${host.name} have ${cores} cores of its ${host.cores}`);
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
