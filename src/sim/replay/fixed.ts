import { type Draw, usualDraw } from '../hosts/power.js';
import { Heap } from './heap.js';
import type { Lot } from './partition.js';
import { Lane, type Started } from './scheduler.js';
import { SeriesRecorder } from './series.js';
import type { Refill, Run, Site, TraceJob, Workload } from './workload.js';

/** How a site without Domus is run. */
export interface FixedOptions {
  readonly scenario: string;
  readonly seed: number;
  readonly refill: Refill;
  /** A host without a job for so long is switched off; absent: every host is always on. */
  readonly offAfterMs?: number;
  readonly draw?: Draw;
  /** Length of a step of the series, ms; default: a thousandth of the whole, at least a minute. */
  readonly stepMs?: number;
  /** Told now and then how much of the jobs is over, 0 to 1. */
  readonly progress?: (part: number) => void;
  /** Processor time so far, ms. */
  readonly cpuMs: () => number;
}

/** Progress is told in steps of this. */
const leastTold = 0.01;

interface Host {
  readonly name: string;
  busy: number;
  on: boolean;
  /** Counts the times it became busy: an idle limit that was set before means nothing after. */
  life: number;
}

/**
 * A site of fixed lots: each has its hosts and its own queue, first come first served with backfill, by the very scheduler that Domus's replay
 * has. Nothing boots for a job. Where idle hosts are switched off, a job is not made to wait for one to come up: the time and the energy of the
 * switching are charged when the host goes down. So the baselines are better than they could be, in waiting and in energy.
 */
export function replayFixed(workload: Workload, site: Site, lots: readonly Lot[], options: FixedOptions): Run {
  const cpuFrom = options.cpuMs();
  const run = new FixedSite(workload, site, lots, options).run();
  return { ...run, cpuMs: options.cpuMs() - cpuFrom };
}

class FixedSite {
  readonly #workload: Workload;
  readonly #site: Site;
  readonly #options: FixedOptions;
  readonly #draw: Draw;
  readonly #heap = new Heap();
  readonly #lanes = new Map<string, Lane>();
  readonly #hosts = new Map<string, Host>();
  readonly #series: SeriesRecorder;
  readonly #started: Float64Array;
  readonly #touched = new Set<Lane>();
  #now: number;
  #left: number;
  #powerOns = 0;
  #cycleBooked = false;
  #told = 0;

  constructor(workload: Workload, site: Site, lots: readonly Lot[], options: FixedOptions) {
    this.#workload = workload;
    this.#site = site;
    this.#options = options;
    this.#draw = options.draw ?? usualDraw;
    this.#now = workload.startAt;
    this.#left = workload.jobs.length;
    this.#started = new Float64Array(workload.jobs.length).fill(Number.NaN);
    this.#series = new SeriesRecorder(workload.startAt, options.stepMs ?? Math.max(60_000, Math.ceil((workload.endAt - workload.startAt) / 1000)));
    for (const lot of lots) this.#open(lot);
    this.#count('busyCores', 0);
    this.#count('hostsOn', site.hosts);
    this.#count('poweredCores', site.hosts * site.cores);
    this.#count('watts', site.hosts * this.#draw.idleWatts);
    for (const host of this.#hosts.values()) this.#idle(host);
  }

  #open({ name, classes, hosts }: Lot): void {
    const lane = new Lane();
    for (let at = 1; at <= hosts; at++) {
      const host = { name: `${name}-${at}`, busy: 0, on: true, life: 0 };
      this.#hosts.set(host.name, host);
      lane.setNode(host.name, this.#site.cores, true);
    }
    for (const each of classes) {
      this.#lanes.set(each, lane);
      for (const column of ['waiting', 'waitingSlots', 'running', 'busy']) this.#count(`${column}:${each}`, 0);
      if (classes.length > 1) continue;
      this.#count(`machines:${each}`, hosts);
      this.#count(`capacity:${each}`, hosts * this.#site.cores);
    }
  }

  run(): Omit<Run, 'cpuMs'> {
    const { jobs } = this.#workload;
    let next = 0;
    while (this.#left > 0) {
      const submitAt = jobs[next]?.submitAt ?? Number.POSITIVE_INFINITY;
      this.#now = Math.min(this.#heap.next, submitAt);
      if (this.#now === Number.POSITIVE_INFINITY) break;
      while (this.#heap.next === this.#now) this.#heap.take()?.act();
      for (; jobs[next]?.submitAt === this.#now; next++) this.#submit(jobs[next] as TraceJob);
      this.#schedule();
      this.#tell(1 - this.#left / jobs.length);
    }
    return this.#result();
  }

  #tell(part: number): void {
    if (part < this.#told + leastTold) return;
    this.#told = part;
    this.#options.progress?.(part);
  }

  #result(): Omit<Run, 'cpuMs'> {
    const { scenario, seed, refill } = this.#options;
    const total = (column: string): number => this.#series.total(column, this.#now) / 3_600_000;
    return {
      scenario,
      seed,
      refill,
      site: this.#site,
      workload: this.#workload,
      submitted: Float64Array.from(this.#workload.jobs, (job) => job.submitAt),
      started: this.#started,
      startAt: this.#workload.startAt,
      endAt: this.#now,
      hostHours: total('hostsOn'),
      energyKWh: total('watts') / 1000,
      powerOns: this.#powerOns,
      boots: 0,
      migrations: 0,
      jobsKilled: 0,
      violations: [],
      series: this.#series.finish(this.#now),
      ticks: 0,
    };
  }

  #count(column: string, difference: number): void {
    this.#series.add(column, difference, this.#now);
  }

  #laneOf(job: TraceJob): Lane {
    const lane = this.#lanes.get(job.class);
    if (lane === undefined) throw new RangeError(`no hosts serve class ${job.class}`);
    return lane;
  }

  #submit(job: TraceJob): void {
    const lane = this.#laneOf(job);
    lane.submit(job);
    this.#count(`waiting:${job.class}`, 1);
    this.#count(`waitingSlots:${job.class}`, job.slots);
    this.#touched.add(lane);
  }

  /** Every event is followed by a look at the lanes it touched, or by the next look on the scheduler's own clock. */
  #schedule(): void {
    const { refill } = this.#options;
    if (refill === 'immediate') for (const lane of this.#touched) this.#serve(lane);
    else if (this.#touched.size > 0) this.#book(refill.cycleMs);
    this.#touched.clear();
  }

  #book(cycleMs: number): void {
    const lanes = new Set(this.#lanes.values());
    if (this.#cycleBooked || ![...lanes].some((lane) => lane.hopeful)) return;
    this.#cycleBooked = true;
    this.#heap.add((Math.floor(this.#now / cycleMs) + 1) * cycleMs, () => {
      this.#cycleBooked = false;
      for (const lane of lanes) this.#serve(lane);
      this.#book(cycleMs);
    });
  }

  #serve(lane: Lane): void {
    if (lane.waiting.length === 0 || lane.free === 0) return;
    for (const started of lane.cycle(this.#now)) this.#start(lane, started);
  }

  #start(lane: Lane, { job, shares }: Started): void {
    this.#started[job.number] = this.#now;
    this.#count(`waiting:${job.class}`, -1);
    this.#count(`waitingSlots:${job.class}`, -job.slots);
    this.#count(`running:${job.class}`, 1);
    this.#count(`busy:${job.class}`, job.slots);
    for (const { node, slots } of shares) this.#occupy(this.#hosts.get(node) as Host, slots);
    this.#heap.add(this.#now + job.runMs, () => {
      lane.end(job.number);
      this.#left--;
      this.#count(`running:${job.class}`, -1);
      this.#count(`busy:${job.class}`, -job.slots);
      for (const { node, slots } of shares) this.#occupy(this.#hosts.get(node) as Host, -slots);
      this.#touched.add(lane);
    });
  }

  #occupy(host: Host, slots: number): void {
    if (!host.on) this.#switch(host, true);
    host.busy += slots;
    host.life++;
    this.#count('busyCores', slots);
    this.#count('watts', ((this.#draw.busyWatts - this.#draw.idleWatts) * slots) / this.#site.cores);
    if (host.busy === 0) this.#idle(host);
  }

  /** Idle from now on: off after the limit, and after the time and at the draw that coming up again and going down take. */
  #idle(host: Host): void {
    const { offAfterMs } = this.#options;
    if (offAfterMs === undefined) return;
    const { idleWatts, risingWatts, fallingWatts, onMs, offMs } = this.#draw;
    const { life } = host;
    const switchingMs = onMs + offMs;
    const surplus = (risingWatts * onMs + fallingWatts * offMs) / switchingMs - idleWatts;
    this.#heap.add(this.#now + offAfterMs, () => {
      if (host.life !== life) return;
      this.#count('watts', surplus);
      this.#heap.add(this.#now + switchingMs, () => {
        this.#count('watts', -surplus);
        if (host.life === life) this.#switch(host, false);
      });
    });
  }

  #switch(host: Host, on: boolean): void {
    const sign = on ? 1 : -1;
    host.on = on;
    if (on) this.#powerOns++;
    this.#count('hostsOn', sign);
    this.#count('poweredCores', sign * this.#site.cores);
    this.#count('watts', sign * (this.#draw.idleWatts - this.#draw.offWatts));
  }
}
