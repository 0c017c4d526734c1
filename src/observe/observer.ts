import type { Clock } from '../clock.js';
import type { Batch } from '../drivers/batch.js';
import type { Classroom } from '../drivers/classroom.js';
import type { Hypervisor } from '../drivers/hypervisor.js';
import type { Power } from '../drivers/power.js';
import type { Scheduler } from '../drivers/scheduler.js';
import type { Log } from '../log.js';
import type { Deed } from '../model/action.js';
import type { BatchSnapshot } from '../model/batch.js';
import { usualMoves } from '../model/consolidation.js';
import type { Fence } from '../model/fence.js';
import type { HostSnapshot } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import type { Reading } from '../model/reading.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import { classroomPollers } from './classrooms.js';
import { confirmed } from './confirm.js';
import { settleBatch, settleHost } from './intake.js';
import type { Inputs } from './join.js';
import { Loads } from './loads.js';
import { meterPollers } from './meters.js';
import { type Pace, paced } from './pace.js';
import { Poller } from './poller.js';
import { schedulerPollers } from './schedulers.js';

export interface ObserverOptions {
  readonly batch: ReadonlyMap<string, Batch>;
  /** Schedulers beside batch servers, by the server's name. */
  readonly schedulers?: ReadonlyMap<string, Scheduler>;
  readonly hypervisor: Hypervisor;
  /** Those with controllers are asked, host by host. */
  readonly powers?: ReadonlyMap<string, Power>;
  /** What speaks to hosts in their classrooms, by their names in the configuration. */
  readonly classrooms?: ReadonlyMap<string, Classroom>;
  readonly policy: () => Policy;
  readonly fence: Fence;
  /** The first look at each host takes it over from another journal of this deployment; later ones do not, so that two such daemons do not take turns. */
  readonly takeOver: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
  /** How pollers rest; default: each by the clock. */
  readonly pace?: Pace;
}

/** A guest that was rebooting when it was destroyed is made anew by the `xl` that watches it: it gets this long to be seen again, ms. */
const returnMs = 4_000;
/** Up to here nothing is dear, ms. */
const freeMs = 1_000;
/** A list of jobs that keeps the server busy takes a tenth of the time; one that is only answered slowly, as all questions are, half of it. */
const restOf = (tookMs: number, { costMs = 0 }: BatchSnapshot): number => Math.max(9 * (costMs - freeMs), tookMs - freeMs);

/** One poller per source, each in its own time; hosts come and go with the configuration. */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #batch = new Map<string, Poller<BatchSnapshot>>();
  readonly #schedulers: ReadonlyMap<string, Poller<SchedulerSnapshot>>;
  readonly #hosts = new Map<string, { readonly poller: Poller<HostSnapshot>; readonly stop: AbortController; readonly over: AbortSignal }>();
  readonly #meters: ReturnType<typeof meterPollers>;
  readonly #classrooms: ReturnType<typeof classroomPollers>;
  readonly #loads: Loads;
  /** As they were last given: the same map while no host has answered. */
  #hostReadings: ReadonlyMap<string, Reading<HostSnapshot>> = new Map();
  readonly #running = new Set<Promise<void>>();

  constructor(options: ObserverOptions) {
    this.#options = options;
    const { clock, log, policy, changed } = options;
    this.#loads = new Loads(() => (policy().consolidation ?? usualMoves).windowMs);
    this.#schedulers = schedulerPollers(options);
    this.#meters = meterPollers(options);
    this.#classrooms = classroomPollers(options);
    for (const [name, driver] of options.batch) {
      const intervals = () => policy().intervals;
      const ask = (signal: AbortSignal, last: BatchSnapshot | undefined): Promise<BatchSnapshot> => confirmed(clock, last, () => driver.read(signal), signal);
      const poller = new Poller<BatchSnapshot>({
        name: `batch server ${name}`,
        clock,
        log,
        everyMs: () => intervals().batchPollMs,
        limitMs: () => intervals().batchLimitMs,
        restMs: restOf,
        ask,
        settle: settleBatch,
        changed,
        ...paced(options.pace, `batch:${name}`),
      });
      this.#batch.set(name, poller);
    }
  }

  /** Everything as it stands. */
  readings(): Pick<Inputs, 'batch' | 'schedulers' | 'hosts' | 'loads' | 'meters' | 'classrooms'> {
    return {
      batch: this.batch(),
      schedulers: this.schedulers(),
      hosts: this.hosts(),
      loads: this.#loads.known(),
      meters: this.#meters.readings(),
      classrooms: this.#classrooms.readings(),
    };
  }

  batch(): ReadonlyMap<string, Reading<BatchSnapshot>> {
    return new Map([...this.#batch].map(([name, poller]) => [name, poller.reading]));
  }

  schedulers(): ReadonlyMap<string, Reading<SchedulerSnapshot>> {
    return new Map([...this.#schedulers].map(([name, poller]) => [name, poller.reading]));
  }

  hosts(): ReadonlyMap<string, Reading<HostSnapshot>> {
    let same = this.#hostReadings.size === this.#hosts.size;
    for (const [name, { poller }] of this.#hosts) if (this.#hostReadings.get(name) !== poller.reading) same = false;
    if (!same) {
      const readings = new Map<string, Reading<HostSnapshot>>();
      for (const [name, { poller }] of this.#hosts) readings.set(name, poller.reading);
      this.#hostReadings = readings;
    }
    return this.#hostReadings;
  }

  /** Starts every poller; call again after a reload to follow the hosts. */
  follow(signal: AbortSignal): void {
    if (this.#running.size === 0) for (const poller of [...this.#batch.values(), ...this.#schedulers.values()]) this.#start(poller.run(signal));
    const wanted = this.#options.policy().hosts;
    for (const [name, { stop }] of this.#hosts) {
      if (wanted[name] !== undefined) continue;
      stop.abort();
      this.#hosts.delete(name);
    }
    for (const name of Object.keys(wanted)) if (!this.#hosts.has(name)) this.#watch(name, signal);
    for (const story of [...this.#meters.follow(signal), ...this.#classrooms.follow(signal)]) this.#start(story);
  }

  #watch(host: string, signal: AbortSignal): void {
    const { hypervisor, policy, fence, takeOver, clock, log, changed, pace } = this.#options;
    const stop = new AbortController();
    let taken = !takeOver;
    // only who may act claims the host: a watching daemon leaves no trace
    const ask = async (limited: AbortSignal): Promise<HostSnapshot> => {
      const claim: Fence = taken ? fence : { ...fence, takeOver: true };
      const seen = await hypervisor.look(host, policy().mode === 'watch' ? undefined : claim, limited);
      taken = true;
      return seen;
    };
    const poller = new Poller<HostSnapshot>({
      name: `host ${host}`,
      clock,
      log,
      everyMs: () => policy().intervals.hostPollMs,
      limitMs: () => policy().intervals.lookLimitMs,
      ask,
      settle: settleHost,
      changed: (reading) => {
        this.#loads.note(host, reading);
        changed();
      },
      ...paced(pace, `host:${host}`),
    });
    const over = AbortSignal.any([signal, stop.signal]);
    this.#hosts.set(host, { poller, stop, over });
    this.#start(poller.run(over));
  }

  #start(story: Promise<void>): void {
    this.#running.add(story);
    void story.finally(() => this.#running.delete(story));
  }

  /** A deed ended there: look now. */
  touched(deed: Deed): void {
    if (deed.verb === 'release-job') this.#schedulers.get(deed.source)?.hurry();
    else if ('host' in deed) {
      this.#hosts.get(deed.host)?.poller.hurry();
      if (deed.verb === 'migrate-guest') this.#hosts.get(deed.to)?.poller.hurry();
      if (deed.verb === 'power-on' || deed.verb === 'power-off') this.#meters.hurry(deed.host);
      if (deed.verb === 'boot-dom0') this.#classrooms.hurry(deed.host);
    } else this.#batch.get(deed.source)?.hurry();
  }

  /** What the last look at a host showed is to be seen once more before it is acted upon, sooner than at the next poll. */
  lookAgain(host: string): void {
    const watched = this.#hosts.get(host);
    if (watched === undefined) return;
    const { poller, over } = watched;
    this.#start(this.#options.clock.sleep(returnMs, over).then(() => poller.hurry()));
  }

  /** A hook said that something changed in the queues. */
  nudged(): void {
    for (const poller of this.#batch.values()) poller.hurry();
  }

  /** The clock jumped: nothing asked before counts as recent. */
  distrust(): void {
    for (const poller of [...this.#batch.values(), ...this.#schedulers.values()]) poller.distrust();
    for (const { poller } of this.#hosts.values()) poller.distrust();
    this.#meters.distrust();
    this.#classrooms.distrust();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
