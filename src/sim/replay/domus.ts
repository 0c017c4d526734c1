import Database from 'better-sqlite3';
import { createClassifier } from '../../classify/classify.js';
import { openSqliteJournal } from '../../journal/sqlite/open.js';
import { Life } from '../../life.js';
import { silentLog } from '../../log.js';
import type { Machine } from '../../model/machine.js';
import type { Present } from '../../model/present.js';
import { VirtualClock } from '../clock.js';
import { Datacentre } from '../datacentre.js';
import { VirtualHypervisor } from '../hosts/driver.js';
import { Random } from '../random.js';
import { Attention } from './attention.js';
import { ReplayBatch } from './batch.js';
import { SeriesRecorder } from './series.js';
import { environmentNames, image, type PolicyWish, replayPolicy } from './site.js';
import type { Refill, Run, Site, TraceJob, Workload } from './workload.js';

export interface ReplayOptions {
  readonly seed: number;
  readonly refill: Refill;
  /** Name of the scenario; default `domus`. */
  readonly scenario?: string;
  readonly policy?: PolicyWish;
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
  /** Rounds of polling in which nothing can have changed are skipped; default true. */
  readonly skip?: boolean;
}

/** Beyond the last job's end nothing is waited for longer than this. */
const patienceMs = 7 * 86_400_000;

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
  #due: (() => void) | undefined;
  #left: number;
  #killed = 0;
  #ticks = 0;

  constructor(workload: Workload, site: Site, options: ReplayOptions) {
    this.#options = options;
    this.#workload = workload;
    this.#site = site;
    const clock = new VirtualClock(workload.startAt);
    this.#clock = clock;
    const policy = replayPolicy(workload, site, options.policy);
    const random = new Random(options.seed);
    const stepMs = options.stepMs ?? Math.max(60_000, Math.ceil((workload.endAt - workload.startAt) / 1000));
    this.#series = new SeriesRecorder(workload.startAt, stepMs);
    this.#submitted = new Float64Array(workload.jobs.length).fill(Number.NaN);
    this.#started = new Float64Array(workload.jobs.length).fill(Number.NaN);
    this.#left = workload.jobs.length;
    const names = environmentNames(workload.classes);
    const nodes = Object.values(policy.seats).map((seat) => ({ name: seat.name, class: seat.environment, np: seat.largestNp, properties: seat.properties }));
    this.#batch = new ReplayBatch({ agenda: clock, refill: options.refill, listener: this.#listener(), nodes });
    const hosts = Object.values(policy.hosts).map(({ name, cores, memoryMiB }) => ({ name, cores, memoryMiB, dom0MiB: 512, images: [image], storeMiB: 1e9 }));
    const pace = { bootMs: options.bootMs ?? 90_000, haltMs: options.haltMs ?? 10_000 };
    this.#datacentre = new Datacentre({ agenda: clock, random, batch: this.#batch, hosts, pace });
    const latencies = { travelMs: [0, 0], lookMs: [0, 0] } as const;
    const hypervisor = new VirtualHypervisor({ hosts: this.#datacentre.hosts, clock, random, latencies });
    this.#attention = new Attention(clock, options.skip !== false);
    this.#batch.changed = () => this.#attention.stir('batch:main');
    this.#datacentre.heard = ({ host }) => this.#attention.stir(`host:${host.name}`);
    const judge = createClassifier(policy);
    this.#life = async () =>
      Life.begin({
        policy,
        classify: (job, snapshot) => judge(job, snapshot.queues),
        batch: new Map([['main', this.#batch]]),
        hypervisor,
        journal: await openSqliteJournal({ database: new Database(':memory:'), clock }),
        clock,
        log: silentLog,
        version: 'replay',
        lifeId: 'replay',
        published: (present) => this.#published(present),
        pace: this.#attention,
      });
    for (const job of workload.jobs) {
      const known = { ...job, class: names.get(job.class) ?? job.class };
      clock.at(job.submitAt, () => this.#submit(known));
    }
  }

  async run(): Promise<void> {
    const life = await this.#life();
    const running = life.run();
    const done = (): boolean => this.#left === 0;
    const limit = this.#workload.endAt + patienceMs;
    await this.#clock.run(limit, done);
    life.stop();
    await Promise.race([running, this.#clock.run(this.#clock.now() + 3_600_000, () => false)]);
  }

  /** What the tick writes and begins stirs the places it concerns; so does an instant at which something falls due. */
  #published({ plan, world, at }: Present): void {
    this.#ticks++;
    const attention = this.#attention;
    for (const change of plan.changes) if (change.table === 'machines') this.#stirHost(world.rows.machines.get(change.key), change.row);
    for (const deed of plan.deeds) if ('host' in deed) attention.stir(`host:${deed.host}`);
    if (plan.changes.length > 0 || plan.deeds.length > 0) attention.stir('batch:main');
    this.#due?.();
    this.#due = plan.due > at ? this.#clock.at(plan.due, () => attention.stir('batch:main')) : undefined;
  }

  /** Whether a machine is idle is the batch server's news, not its host's. */
  #stirHost(before: Machine | undefined, after: Machine | null): void {
    const keys = new Set(Object.keys({ ...before, ...after }) as (keyof Machine)[]);
    keys.delete('idleSince');
    const same = before !== undefined && after !== null && [...keys].every((key) => before[key] === after[key]);
    const host = (after ?? before)?.host;
    if (!same && host !== undefined) this.#attention.stir(`host:${host}`);
  }

  result(cpuMs: number): Run {
    const now = this.#clock.now();
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
      hostHours: (this.#site.hosts * (now - this.#workload.startAt)) / 3_600_000,
      energyKWh: 0,
      powerOns: 0,
      boots: this.#datacentre.guestsMade,
      migrations: 0,
      jobsKilled: this.#killed,
      violations: this.#datacentre.invariants(),
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
    const over = (job: TraceJob): void => {
      count('running', job, -1);
      count('busy', job, -job.slots);
      this.#left--;
    };
    return {
      submitted: (job: TraceJob) => {
        count('waiting', job, 1);
        count('waitingSlots', job, job.slots);
      },
      started: ({ job, at }: { readonly job: TraceJob; readonly at: number }) => {
        this.#started[job.number] = at;
        count('waiting', job, -1);
        count('waitingSlots', job, -job.slots);
        count('running', job, 1);
        count('busy', job, job.slots);
      },
      ended: ({ job }: { readonly job: TraceJob }) => over(job),
      killed: ({ job }: { readonly job: TraceJob }) => {
        this.#killed++;
        over(job);
      },
    };
  }
}
