import type { Guest, GuestState, ReadinessReport } from '../../model/host.js';

/** What becomes of a guest after its creation. */
export type Fate =
  | { readonly kind: 'well' }
  /** Runs, but never reports. */
  | { readonly kind: 'never-boots' }
  /** Its kernel panics that long after creation. */
  | { readonly kind: 'crashes'; readonly afterMs: number }
  | { readonly kind: 'slow'; readonly factor: number }
  /** Reports not ready: this check fails with this sentence. */
  | { readonly kind: 'fails-check'; readonly check: string; readonly why: string }
  /** Boots well, but does not hear `xl shutdown`. */
  | { readonly kind: 'deaf' };

export type AfterEnd = 'destroy' | 'preserve' | 'restart';

/** What a guest is made from, whoever asked (a GuestSpec or an xl configuration file). */
export interface GuestPlan {
  readonly uuid: string;
  readonly name: string;
  readonly type: 'pvh' | 'pv' | 'hvm';
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly memoryMiB: number;
  readonly maxMemoryMiB: number;
  /** Overlay names, or whole paths where they are not ours. */
  readonly disks: readonly string[];
  readonly mac: string;
  readonly bridge: string;
  readonly kernel: string;
  readonly ramdisk?: string;
  readonly cmdline: string;
  readonly onCrash: AfterEnd;
  readonly onPoweroff: AfterEnd;
  /** Who the guest is; absent in guests that are not ours. */
  readonly node?: string;
  readonly address?: string;
  readonly environment?: string;
  readonly checks: readonly string[];
}

interface Balloon {
  readonly fromMiB: number;
  readonly toMiB: number;
  readonly at: number;
}

/** What becomes of a guest that is told to migrate; `xl` ends each way but the first with a complaint. */
export type MigrationFate =
  | 'well'
  /** Goes on where it was. */
  | 'stays'
  /** Neither host has it any more. */
  | 'dies'
  /** Runs on the other host, and stands still on its own. */
  | 'both'
  /** Goes on where it was, and a copy stands still on the other host. */
  | 'left'
  /** Stands still where it was, for ever. */
  | 'stuck';

/** A living (or dead, kept) domain. Memory moves towards its target over time. */
export class FakeGuest {
  readonly plan: GuestPlan;
  readonly domid: number;
  readonly createdAt: number;
  readonly fate: Fate;
  state: GuestState = 'running';
  vcpus: number;
  targetMiB: number;
  report: ReadinessReport | undefined;
  /** Its pbs_mom runs. */
  up = false;
  /** It was told to stop. */
  stopping = false;
  /** One half of a migration: it stands still, and has another name meanwhile. */
  half: '' | '--incoming' | '--migratedaway' = '';
  #used = { seconds: 0, cores: 0.08, at: 0 };
  #balloon: Balloon;
  readonly #ratePerMs: number;

  constructor(plan: GuestPlan, domid: number, createdAt: number, fate: Fate, balloonMiBPerSecond: number) {
    this.plan = plan;
    this.domid = domid;
    this.createdAt = createdAt;
    this.fate = fate;
    this.vcpus = plan.vcpus;
    this.targetMiB = plan.memoryMiB;
    this.#balloon = { fromMiB: plan.memoryMiB, toMiB: plan.memoryMiB, at: createdAt };
    this.#ratePerMs = balloonMiBPerSecond / 1000;
    this.#used = { ...this.#used, at: createdAt };
  }

  /** The same guest as another host gets it: its counters begin anew. */
  copy(domid: number, now: number): FakeGuest {
    const copy = new FakeGuest({ ...this.plan, memoryMiB: this.heldMiB(now) }, domid, now, this.fate, this.#ratePerMs * 1000);
    Object.assign(copy, { vcpus: this.vcpus, targetMiB: this.targetMiB, report: this.report, up: this.up, state: this.state });
    copy.spin(this.#used.cores, now);
    return copy;
  }

  /** From now on it keeps so many cores busy. */
  spin(cores: number, now: number): void {
    this.#used = { seconds: this.#seconds(now), cores, at: now };
  }

  #seconds(now: number): number {
    return this.#used.seconds + ((now - this.#used.at) / 1000) * this.#used.cores;
  }

  memoryMiB(now: number): number {
    const { fromMiB, toMiB, at } = this.#balloon;
    const moved = Math.floor(Math.max(0, now - at) * this.#ratePerMs);
    return toMiB >= fromMiB ? Math.min(toMiB, fromMiB + moved) : Math.max(toMiB, fromMiB - moved);
  }

  /** What Xen must keep for it: the larger of what it has and what it is growing to. */
  heldMiB(now: number): number {
    return Math.max(this.memoryMiB(now), this.#balloon.toMiB);
  }

  /** Told to have `targetMiB`; reaches only what `freeMiB` allows. */
  retarget(targetMiB: number, freeMiB: number, now: number): void {
    const has = this.memoryMiB(now);
    this.targetMiB = targetMiB;
    this.#balloon = { fromMiB: has, toMiB: Math.min(targetMiB, has + Math.max(0, freeMiB)), at: now };
  }

  cpuSeconds(now: number): number {
    return Math.round(this.#seconds(now) * 10) / 10;
  }

  seen(now: number): Guest {
    const { plan } = this;
    return {
      uuid: plan.uuid,
      name: `${plan.name}${this.half}`,
      domid: this.domid,
      state: this.half === '' ? this.state : 'paused',
      memoryMiB: this.memoryMiB(now),
      targetMiB: this.targetMiB,
      maxMemoryMiB: plan.maxMemoryMiB,
      vcpus: this.vcpus,
      maxVcpus: plan.maxVcpus,
      cpuSeconds: this.cpuSeconds(now),
      disks: plan.disks,
      ...(this.report === undefined ? {} : { report: this.report }),
    };
  }
}
