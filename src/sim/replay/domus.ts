import { tmpdir } from 'node:os';
import { createClassifier } from '../../classify/classify.js';
import type { Clock } from '../../clock.js';
import type { Planner } from '../../debug/shrink.js';
import type { Journal } from '../../journal/contract.js';
import { Life } from '../../life.js';
import { silentLog } from '../../log.js';
import { altered } from '../../model/altered.js';
import type { Policy } from '../../model/policy.js';
import type { Present } from '../../model/present.js';
import type { World } from '../../model/world.js';
import type { Classify } from '../../observe/groups.js';
import { plan } from '../../plan/plan.js';
import { VirtualClock } from '../clock.js';
import { Datacentre } from '../datacentre.js';
import { VirtualHypervisor } from '../hosts/driver.js';
import { VirtualPower } from '../hosts/power-driver.js';
import { Random } from '../random.js';
import { Attention, hostsToLookAt } from './attention.js';
import { ReplayBatch } from './batch.js';
import { inOneSlice, Watch } from './broken.js';
import { Foresight } from './foresight.js';
import { MemoryJournal } from './journal.js';
import { Places } from './places.js';
import type { Share, Started } from './scheduler.js';
import { SeriesRecorder } from './series.js';
import { environmentNames, image, type PolicyWish, powered, powerName, replayPolicy } from './site.js';
import type { Refill, Run, Site, TraceJob, Workload } from './workload.js';

export interface ReplayOptions {
  readonly seed: number;
  readonly refill: Refill;
  /** Name of the scenario; default `domus`. */
  readonly scenario?: string;
  readonly policy?: PolicyWish;
  /** A site's own policy in place of the one made of `site` and `policy`: every class is an environment of that name, seats are nodes of batch server `main`. */
  readonly real?: Policy;
  /** From the guest's creation to its readiness report, ms, give or take a fifth; default 90,000. */
  readonly bootMs?: number;
  /** From `xl shutdown` to gone, ms; default 10,000. */
  readonly haltMs?: number;
  /** Length of a step of the series, ms; default: a thousandth of the whole. */
  readonly stepMs?: number;
  /** Told now and then how much of the workload's time is over, 0 to 1. */
  readonly progress?: (part: number) => void;
  /** Processor time so far, ms; given by the caller, as the simulator reads no clock. */
  readonly cpuMs: () => number;
  /** Nothing is waited for longer than this beyond the last submission, ms; default 7 days. */
  readonly patienceMs?: number;
  /** No host is ever switched off; default: those that are not needed are. */
  readonly alwaysOn?: boolean;
  /** Rounds of polling in which nothing can have changed are skipped; default true. */
  readonly skip?: boolean;
  /** Another journal than one in memory, for tests that it changes nothing. */
  readonly journal?: (clock: Clock) => Promise<Journal>;
  /** Another planner, for tests of what watches over it. */
  readonly planner?: Planner;
  /** Where a tick that broke a rule is written down; default: the folder for temporary files. */
  readonly brokenFolder?: string;
}

const sampleMs = 300_000; // loads are means over a quarter of an hour: three looks tell enough

/** What is written or done wants to be seen by a look asked after it: two turns hold one. */
const afterwardsMs = 30_000;

const usualPatienceMs = 7 * 86_400_000;

/** The daemon's own loop, with a journal, over the fake data centre in virtual time: the workload is submitted as it was, and what becomes of it is written down. */
export async function replayDomus(workload: Workload, site: Site, options: ReplayOptions): Promise<Run> {
  const cpuFrom = options.cpuMs();
  const world = new ReplayWorld(workload, site, options);
  await world.run();
  return world.result(options.cpuMs() - cpuFrom);
}

class ReplayWorld {
  readonly #clock: VirtualClock;
  readonly #options: ReplayOptions;
  readonly #workload: Workload;
  readonly #site: Site;
  readonly #series: SeriesRecorder;
  readonly #batch: ReplayBatch;
  readonly #datacentre: Datacentre<ReplayBatch>;
  readonly #submitted: Float64Array;
  readonly #started: Float64Array;
  readonly #life: () => Promise<Life>;
  readonly #attention: Attention;
  /** Class -> environment. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #places = new Places();
  #due: (() => void) | undefined;
  /** The machines that the series were last told of. */
  #recorded: World['machines'] | undefined;
  #left: number;
  #killed = 0;
  #ticks = 0;
  readonly #watch: Watch;
  readonly #foresight: Foresight;

  constructor(workload: Workload, site: Site, options: ReplayOptions) {
    this.#options = options;
    this.#workload = workload;
    this.#site = site;
    const clock = new VirtualClock(workload.startAt);
    this.#clock = clock;
    const { real, planner, scenario = 'domus', seed } = options;
    this.#watch = new Watch({ folder: options.brokenFolder ?? tmpdir(), name: `${workload.name}-${scenario}-${seed}`, planner: planner ?? plan });
    const policy = real ?? powered(replayPolicy(workload, site, options.policy), options.alwaysOn === true);
    this.#foresight = new Foresight(workload.startAt, site.cores);
    const random = new Random(options.seed);
    const stepMs = options.stepMs ?? Math.max(60_000, Math.ceil((workload.endAt - workload.startAt) / 1000));
    this.#series = new SeriesRecorder(workload.startAt, stepMs);
    this.#submitted = new Float64Array(workload.jobs.length).fill(Number.NaN);
    this.#started = new Float64Array(workload.jobs.length).fill(Number.NaN);
    this.#left = workload.jobs.length;
    this.#names = real === undefined ? environmentNames(workload.classes) : new Map(workload.classes.map((name) => [name, name]));
    const nodes = Object.values(policy.seats).map((seat) => ({ name: seat.name, class: seat.environment, np: seat.largestNp, properties: seat.properties }));
    this.#batch = new ReplayBatch({ agenda: clock, refill: options.refill, listener: this.#listener(), nodes });
    const hosts = Object.values(policy.hosts).map(({ name, cores, memoryMiB, reserve, watts }) => {
      const draw = watts === undefined ? {} : { draw: { offWatts: watts.off, idleWatts: watts.idle, busyWatts: watts.busy } };
      return { name, cores, memoryMiB, dom0MiB: Math.min(512, reserve.memoryMiB), images: [image], storeMiB: 1e9, ...draw };
    });
    const pace = { bootMs: options.bootMs ?? 90_000, haltMs: options.haltMs ?? 10_000 };
    this.#datacentre = new Datacentre({ agenda: clock, random, batch: this.#batch, hosts, pace });
    const latencies = { travelMs: [0, 0], lookMs: [0, 0], connectMs: [3_000, 3_000] } as const;
    const hypervisor = new VirtualHypervisor({ hosts: this.#datacentre.hosts, clock, random, latencies });
    const powers = new Map([[powerName, new VirtualPower({ hosts: this.#datacentre.hosts, clock, random, hasControllers: false })]]);
    this.#attention = new Attention(clock, options.skip !== false);
    this.#batch.changed = () => this.#attention.stir('batch:main', 0);
    this.#datacentre.heard = ({ host, guest, kind }) => {
      const { node } = guest.plan;
      if (node !== undefined && (kind === 'up' || (kind === 'moved' && host.guests.get(String(guest.domid)) === guest))) this.#places.sits(node, host, guest);
      this.#attention.stir(`host:${host.name}`, afterwardsMs);
    };
    if (policy.consolidation?.manage === true) this.#sampled();
    const judge = createClassifier(policy);
    const classify: Classify = (job, snapshot) => judge(job, snapshot.queues);
    this.#life = async () => {
      const life = await Life.begin({
        policy,
        classify,
        batch: new Map([['main', this.#batch]]),
        hypervisor,
        powers,
        journal: (await options.journal?.(clock)) ?? new MemoryJournal(clock),
        clock,
        log: silentLog,
        version: 'replay',
        lifeId: 'replay',
        published: (present) => this.#published(present),
        pace: this.#attention,
        ...(planner === undefined ? {} : { planning: inOneSlice(planner) }),
      });
      this.#foresight.follow(clock, policy, (next) => life.adopt(next, classify));
      return life;
    };
    clock.script(
      workload.jobs.map((job) => {
        const known = altered(job, { class: this.#names.get(job.class) ?? job.class });
        return { instant: job.submitAt, act: () => this.#submit(known) };
      }),
    );
  }

  async run(): Promise<void> {
    const life = await this.#life();
    const running = life.run();
    // a broken invariant ends the run where it broke
    const done = (): boolean => this.#left === 0 || this.#watch.isBroken || this.#datacentre.invariants().length > 0;
    const limit = this.#workload.endAt + (this.#options.patienceMs ?? usualPatienceMs);
    await Promise.race([this.#clock.run(limit, done), running]); // a daemon that breaks rejects
    life.stop();
    await this.#watch.keep(this.#datacentre.invariants(), life.lease.fence);
    await Promise.race([running, this.#clock.run(this.#clock.now() + 3_600_000, () => false)]);
  }

  /** Where machines are moved, hosts are looked at for their loads although nothing happens there. */
  #sampled(): void {
    for (const name of this.#datacentre.hosts.keys()) this.#attention.stir(`host:${name}`, 0);
    this.#clock.at(this.#clock.now() + sampleMs, () => this.#sampled());
  }

  /** What the tick writes and begins stirs the places it concerns; so does an instant at which something falls due. */
  #published(present: Present): void {
    const { plan, world, at } = present;
    this.#watch.look(present);
    if (this.#ticks++ % 500 === 0)
      this.#options.progress?.(Math.min(1, (at - this.#workload.startAt) / Math.max(1, this.#workload.endAt - this.#workload.startAt)));
    const attention = this.#attention;
    for (const { host, state } of world.rows.powers.values()) if (state === 'waking' || state === 'sleeping') attention.stir(`host:${host}`, afterwardsMs);
    this.#record(world, at);
    let wantsALook = plan.deeds.length > 0 || plan.changes.some(({ table }) => table !== 'machines');
    for (const host of hostsToLookAt(world.rows.machines, plan.changes)) {
      wantsALook = true;
      attention.stir(`host:${host}`, afterwardsMs);
    }
    for (const deed of plan.deeds) if ('host' in deed) attention.stir(`host:${deed.host}`, afterwardsMs);
    if (wantsALook) attention.stir('batch:main', afterwardsMs);
    this.#due?.();
    this.#due = plan.due > at ? this.#clock.at(plan.due, () => attention.stir('batch:main', afterwardsMs)) : undefined;
  }

  /** Machines and hosts as the tick found them. */
  #record(world: World, at: number): void {
    if (world.machines !== this.#recorded) this.#recordMachines(world, at);
    let [on, watts] = [0, 0];
    for (const { power } of this.#datacentre.hosts.values()) {
      if (power.state !== 'off') on++;
      watts += power.watts;
    }
    this.#series.set('hostsOn', on, at);
    this.#series.set('poweredCores', on * this.#site.cores, at);
    this.#series.set('watts', watts, at);
  }

  #recordMachines({ machines: views }: World, at: number): void {
    this.#recorded = views;
    const machines = new Map<string, { count: number; cores: number }>();
    for (const { row, guest } of views.values()) {
      if (guest === undefined) continue;
      const sum = machines.get(row.environment) ?? { count: 0, cores: 0 };
      if (sum.count++ === 0) machines.set(row.environment, sum);
      sum.cores += row.size.cores;
    }
    for (const [name, environment] of this.#names) {
      this.#series.set(`machines:${name}`, machines.get(environment)?.count ?? 0, at);
      this.#series.set(`capacity:${name}`, machines.get(environment)?.cores ?? 0, at);
    }
  }

  #load(shares: readonly Share[], sign: 1 | -1, now = this.#clock.now()): void {
    for (const share of shares) {
      if (!this.#places.load(share, sign, now)) continue;
      this.#series.add('busyCores', sign * share.slots, now);
      this.#foresight.busy(sign * share.slots, now);
    }
  }

  result(cpuMs: number): Run {
    const now = this.#clock.now();
    const used = [...this.#datacentre.hosts.values()].map((host) => host.power.used());
    return {
      scenario: this.#options.scenario ?? 'domus',
      seed: this.#options.seed,
      refill: this.#options.refill,
      site: this.#site,
      workload: this.#workload,
      submitted: this.#submitted,
      started: this.#started,
      startAt: this.#workload.startAt,
      endAt: now,
      hostHours: used.reduce((sum, { onHours }) => sum + onHours, 0),
      energyKWh: used.reduce((sum, { kWh }) => sum + kWh, 0),
      powerOns: used.reduce((sum, { cycles }) => sum + cycles, 0),
      boots: this.#datacentre.guestsMade,
      migrations: this.#datacentre.migrations,
      jobsKilled: this.#killed,
      violations: [...this.#datacentre.invariants(), ...this.#watch.told],
      series: this.#series.finish(now),
      ticks: this.#ticks,
      cpuMs,
    };
  }

  #submit(job: TraceJob): void {
    this.#submitted[job.number] = this.#clock.now();
    this.#batch.submit(job);
  }

  #listener() {
    const count = (name: string, job: TraceJob, difference: number): void =>
      this.#series.add(`${name}:${this.#workload.jobs[job.number]?.class ?? job.class}`, difference, this.#clock.now());
    const over = ({ job, shares }: Started): void => {
      this.#load(shares, -1);
      count('running', job, -1);
      count('busy', job, -job.slots);
      this.#left--;
    };
    return {
      submitted: (job: TraceJob) => {
        count('waiting', job, 1);
        count('waitingSlots', job, job.slots);
      },
      started: ({ job, at, shares }: Started) => {
        this.#load(shares, 1);
        this.#started[job.number] = at;
        count('waiting', job, -1);
        count('waitingSlots', job, -job.slots);
        count('running', job, 1);
        count('busy', job, job.slots);
      },
      ended: over,
      killed: (started: Started) => {
        this.#killed++;
        over(started);
      },
    };
  }
}
