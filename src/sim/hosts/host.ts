import type { Fence } from '../../model/fence.js';
import { type HostSnapshot, type ImageVersion, isAlive } from '../../model/host.js';
import type { Agenda } from '../clock.js';
import type { Random } from '../random.js';
import { Trouble } from '../trouble.js';
import type { FakeOverlay, ImageCopies } from './copies.js';
import { FakeGuest, type Fate, type GuestPlan, type MigrationFate } from './guest.js';
import type { HostListener } from './listener.js';
import { macOf } from './mac.js';
import { OpBook } from './ops.js';
import { type Pace, usualPace } from './pace.js';
import { type Draw, PowerSupply, usualDraw } from './power.js';
import { SecondLife } from './second-life.js';

export { type Pace, usualPace };

export interface HostOptions {
  readonly name: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Memory of Domain-0. */
  readonly dom0MiB?: number;
  readonly images: readonly ImageVersion[];
  readonly storeMiB?: number;
  readonly draw?: Partial<Draw>;
  /** The store that it shares with others; absent: one of its own. */
  readonly overlays?: Map<string, FakeOverlay>;
  /** Its own disk for copies of images; absent: it keeps none. */
  readonly copies?: ImageCopies;
  /** It has a second life, as a workstation of a classroom. */
  readonly classroom?: true;
}

export type Creation = { readonly made: FakeGuest } | { readonly refused: 'name-exists' | 'no-memory'; readonly domid: number };

/** One workstation with Xen: what `xl` would do there, without latency; drivers in front add time and manners. */
export class FakeHost {
  readonly name: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Its guests may have so many cores for each of its own. */
  overcommit = 1;
  readonly dom0MiB: number;
  readonly images: ImageVersion[];
  storeMiB: number;
  /** Set to make the store's mount not answer. */
  storeHung = false;
  /** The disks of guests are on a store that the other hosts see too: what goes with a guest that moves is only who has it open. */
  sharesStore = true;
  capabilities: readonly string[] = ['pv', 'pvh', 'hap', 'live-migration', 'qcow2'];
  readonly overlays: Map<string, FakeOverlay>;
  readonly guests = new Map<string, FakeGuest>();
  readonly trouble: Trouble;
  /** Deeds known since boot: in RAM, as the fence. */
  ops = new OpBook();
  fence: Fence | undefined;
  up = true;
  /** Who is logged in at its console. */
  people: readonly string[] = [];
  /** Its card. */
  readonly mac: string;
  readonly power: PowerSupply;
  /** Its other life, where it has one; `up` while that runs. */
  readonly classroom: SecondLife | undefined;
  copies: ImageCopies | undefined;
  /** Decides what becomes of the next guest. */
  fateOf: (plan: GuestPlan) => Fate = () => ({ kind: 'well' });
  /** Decides what becomes of the next migration from here. */
  migrationOf: (guest: FakeGuest) => MigrationFate = () => 'well';
  /** Cores that Dom0 itself keeps busy. */
  dom0Cores = 0.02;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #pace: Pace;
  readonly #listener: HostListener;
  #boots = 1;
  #nextDomid = 1;

  constructor(options: HostOptions, world: { readonly agenda: Agenda; readonly random: Random; readonly pace: Pace; readonly listener: HostListener }) {
    this.name = options.name;
    this.cores = options.cores;
    this.memoryMiB = options.memoryMiB;
    this.dom0MiB = options.dom0MiB ?? 1024;
    this.images = [...options.images];
    this.overlays = options.overlays ?? new Map();
    this.storeMiB = options.storeMiB ?? 200_000;
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#pace = world.pace;
    this.#listener = world.listener;
    this.trouble = new Trouble(() => world.agenda.now());
    this.mac = macOf(options.name);
    this.copies = options.copies;
    this.classroom = options.classroom && new SecondLife();
    const told = {
      up: () => this.#rise(),
      down: () => this.#lose(),
    };
    this.power = new PowerSupply(world, { ...usualDraw, ...options.draw }, options.cores, told);
  }

  get bootId(): string {
    return `boot-${this.name}-${this.#boots}`;
  }

  freeMiB(): number {
    const now = this.#agenda.now();
    let used = this.dom0MiB;
    for (const guest of this.guests.values()) used += guest.heldMiB(now);
    return Math.max(0, this.memoryMiB - used);
  }

  /** By name, uuid or domid, as xl takes them. */
  find(which: string): FakeGuest | undefined {
    for (const guest of this.guests.values()) {
      if (guest.plan.name === which || guest.plan.uuid === which || String(guest.domid) === which) return guest;
    }
    return undefined;
  }

  /** The first living or kept guest that has this disk. */
  userOf(disk: string): FakeGuest | undefined {
    return [...this.guests.values()].find((guest) => guest.plan.disks.includes(disk));
  }

  /** Every try to create a domain uses up an id. */
  takeDomid(): number {
    return this.#nextDomid++;
  }

  create(plan: GuestPlan): Creation {
    const domid = this.takeDomid();
    if (this.find(plan.name) !== undefined) return { refused: 'name-exists', domid };
    if (plan.memoryMiB > this.freeMiB()) return { refused: 'no-memory', domid };
    const guest = new FakeGuest(plan, domid, this.#agenda.now(), this.fateOf(plan), this.#pace.balloonMiBPerSecond);
    this.guests.set(String(domid), guest);
    this.#listener.guestMade(this, guest);
    this.#boot(guest);
    return { made: guest };
  }

  /** The empty half of a migration to here: it takes the memory from now on. Undefined where there is none. */
  expect(guest: FakeGuest): FakeGuest | undefined {
    const now = this.#agenda.now();
    const domid = this.takeDomid();
    if (guest.heldMiB(now) > this.freeMiB()) return undefined;
    const half = guest.copy(domid, now);
    half.half = '--incoming';
    half.up = false;
    this.guests.set(String(domid), half);
    return half;
  }

  /** The guest stops here and goes on as `half` on the other host; a remnant stays behind where `remnant` says so. */
  handOver(guest: FakeGuest, to: FakeHost, half: FakeGuest, remnant: boolean): void {
    half.up = guest.up;
    half.half = '';
    half.report = guest.report;
    half.state = guest.state;
    for (const disk of guest.plan.disks) {
      const overlay = this.overlays.get(disk);
      if (overlay === undefined) continue;
      this.overlays.delete(disk); // one store of both, or what stands for it
      to.overlays.set(disk, overlay);
    }
    if (remnant) this.suspend(guest);
    else this.guests.delete(String(guest.domid));
    guest.up = false;
    this.#listener.guestMoved(this, to, half);
  }

  /** It stands still from now on, as after a migration that never ended. */
  suspend(guest: FakeGuest): void {
    guest.half = '--migratedaway';
    guest.up = false;
  }

  /** Dies of a migration. */
  vanish(guest: FakeGuest): void {
    this.#down(guest, false);
    this.guests.delete(String(guest.domid));
  }

  #boot(guest: FakeGuest): void {
    const { fate } = guest;
    if (fate.kind === 'never-boots') return;
    if (fate.kind === 'crashes') {
      this.#later(guest, fate.afterMs, () => this.crashGuest(guest));
      return;
    }
    const factor = fate.kind === 'slow' ? fate.factor : 1;
    this.#later(guest, this.#random.around(this.#pace.bootMs, 0.2) * factor, () => {
      if (guest.stopping) return;
      const checks: Record<string, string> = Object.fromEntries(guest.plan.checks.map((check) => [check, 'ok']));
      if (fate.kind === 'fails-check') checks[fate.check] = fate.why;
      guest.report = { ready: fate.kind !== 'fails-check', checks };
      guest.state = 'blocked';
      guest.up = true;
      this.#listener.guestUp(this, guest);
    });
  }

  #later(guest: FakeGuest, ms: number, act: () => void): void {
    this.#agenda.at(this.#agenda.now() + ms, () => {
      if (this.guests.get(String(guest.domid)) === guest) act();
    });
  }

  /** Seen later: the guest has to bring its processors online, and to give or take memory. */
  setVcpus(guest: FakeGuest, vcpus: number): void {
    this.#later(guest, this.#pace.hotplugMs, () => {
      guest.vcpus = vcpus;
      this.#listener.guestResized(this, guest);
    });
  }

  setMemory(guest: FakeGuest, memoryMiB: number): void {
    guest.retarget(memoryMiB, this.freeMiB(), this.#agenda.now());
    this.#listener.guestResized(this, guest);
  }

  /** Asks the guest to halt; false when it will never hear (crashed, deaf, still booting without end). */
  shutdown(guest: FakeGuest): boolean {
    if (guest.state === 'crashed' || guest.state === 'shutdown' || guest.state === 'paused') return false;
    if (guest.fate.kind === 'deaf' || guest.fate.kind === 'never-boots') return false;
    if (guest.stopping) return true;
    guest.stopping = true;
    this.#down(guest, true);
    this.#later(guest, this.#random.around(this.#pace.haltMs, 0.2), () => {
      if (guest.plan.onPoweroff === 'preserve') guest.state = 'shutdown';
      else this.guests.delete(String(guest.domid));
    });
    return true;
  }

  destroy(guest: FakeGuest): void {
    guest.stopping = true;
    this.#down(guest, true);
    this.guests.delete(String(guest.domid));
  }

  /** Its kernel panics: nobody ordered it. */
  crashGuest(guest: FakeGuest): void {
    this.#down(guest, false);
    if (guest.plan.onCrash === 'preserve') guest.state = 'crashed';
    else this.guests.delete(String(guest.domid));
  }

  #down(guest: FakeGuest, ordered: boolean): void {
    if (isAlive(guest.seen(this.#agenda.now()))) this.#listener.guestDown(this, guest, ordered);
    guest.up = false;
  }

  /** Loses power: guests, deeds and fence are gone; comes back by itself with `returns`, after `factor` times the usual. */
  crash(returns = true, factor = 1): void {
    this.#lose();
    if (returns) this.power.restart(this.#pace.hostBootMs * factor);
    else this.power.cut();
  }

  /** What lives in its memory is gone. */
  #lose(): void {
    this.classroom?.end();
    if (!this.up) return;
    for (const guest of this.guests.values()) this.#down(guest, false);
    this.guests.clear();
    this.ops = new OpBook();
    this.fence = undefined;
    this.up = false;
    this.#nextDomid = 1;
    this.#boots += 1;
  }

  /** Comes up with what its menu gives it. */
  #rise(): void {
    if (this.classroom?.next() !== 'classroom') this.up = true;
    else this.#boots += this.classroom.begin(this.#agenda);
  }

  snapshot(): HostSnapshot {
    const now = this.#agenda.now();
    return {
      bootId: this.bootId,
      ...{ cores: this.cores, memoryMiB: this.memoryMiB, freeMemoryMiB: this.freeMiB() },
      guests: [...this.guests.values()].map((guest) => guest.seen(now)),
      overlays: this.storeHung ? [] : [...this.overlays].map(([name, { bytes }]) => ({ name, bytes })),
      images: this.storeHung ? [] : [...this.images],
      ops: this.ops.list(),
      ...(this.fence === undefined ? {} : { fence: this.fence }),
      capabilities: this.capabilities,
      storeFreeMiB: this.storeHung ? 0 : this.storeMiB,
      storeHung: this.storeHung,
      nics: [{ mac: this.mac, armed: this.power.armed }],
      people: this.people,
      ...this.copies?.seen(),
      dom0CpuSeconds: Math.round((now / 1000) * this.dom0Cores * 10) / 10,
      ...(this.classroom === undefined ? {} : { returnBy: this.classroom.returns?.at ?? 0, returnForce: this.classroom.returns?.force ?? false }),
    };
  }
}
