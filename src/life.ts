import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Act } from './act/act.js';
import type { Clock } from './clock.js';
import type { Batch } from './drivers/batch.js';
import type { BootChoices, Classroom } from './drivers/classroom.js';
import type { Hypervisor } from './drivers/hypervisor.js';
import type { Power } from './drivers/power.js';
import type { Scheduler } from './drivers/scheduler.js';
import type { Journal, Lease } from './journal/contract.js';
import { Ledger } from './journal/ledger.js';
import type { Log } from './log.js';
import { Loop } from './loop.js';
import type { Deed, Verb } from './model/action.js';
import type { Event } from './model/event.js';
import type { Policy } from './model/policy.js';
import type { Present } from './model/present.js';
import { because } from './model/reason.js';
import type { Change } from './model/rows.js';
import type { Classify } from './observe/groups.js';
import { Observer } from './observe/observer.js';
import type { Pace } from './observe/pace.js';
import type { Planning } from './plan/plan.js';

export interface LifeOptions {
  readonly policy: Policy;
  readonly classify: Classify;
  readonly batch: ReadonlyMap<string, Batch>;
  /** Schedulers beside batch servers, by the server's name. */
  readonly schedulers?: ReadonlyMap<string, Scheduler>;
  readonly hypervisor: Hypervisor;
  /** What switches hosts, by the names that the hosts' `power` says. */
  readonly powers?: ReadonlyMap<string, Power>;
  /** What speaks to hosts in their classrooms, by the names that the hosts' `classroom` says. */
  readonly classrooms?: ReadonlyMap<string, Classroom>;
  /** The boot server, where what hosts boot is chosen there. */
  readonly boots?: BootChoices;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Called after each tick. */
  readonly published?: (present: Present) => void;
  /** Duration of each tick, ms. */
  readonly ticked?: (tookMs: number) => void;
  /** Hosts that another journal of this deployment held are taken over. */
  readonly takeOver?: boolean;
  /** How pollers rest; default: each by the clock. */
  readonly pace?: Pace;
  /** A random name for this life; given by tests that must repeat. */
  readonly lifeId?: string;
  /** Another planner, for tests of what watches over it. */
  readonly planning?: Planning;
}

/** What they do is believed when a look asked afterwards shows it: that look's answer is the news, and the end of the deed is not. */
const waitsForALook: ReadonlySet<Verb> = new Set(['withhold-node', 'remove-overlay', 'cycle']);
/** The same, but where something waits for its turn the end of these is news. */
const freesATurn: ReadonlySet<Verb> = new Set(['create-guest', 'shutdown-guest', 'destroy-guest']);

/** One life of the daemon, from the lease to the last deed: observer, loop and act around one journal. The daemon and the simulator live it alike. */
export class Life {
  readonly lease: Lease;
  readonly ledger: Ledger;
  readonly loop: Loop;
  readonly observer: Observer;
  readonly #act: Act;
  readonly #options: LifeOptions;
  readonly #end = new AbortController();
  #policy: Policy;
  #classify: Classify;
  #present: Present | undefined;
  #broken: ((thrown: unknown) => void) | undefined;
  /** Rejects when the journal breaks. */
  readonly #breakage = new Promise<never>((_, reject) => {
    this.#broken = reject;
  });

  private constructor(options: LifeOptions, lease: Lease, ledger: (broken: (thrown: unknown) => void) => Ledger) {
    const { clock, log, batch, schedulers = new Map<string, Scheduler>(), powers = new Map<string, Power>(), hypervisor, journal } = options;
    const classrooms = options.classrooms ?? new Map<string, Classroom>();
    const boots = options.boots === undefined ? {} : { boots: options.boots };
    this.#options = options;
    setMaxListeners(0, this.#end.signal); // every deed under way listens for the end
    this.#policy = options.policy;
    this.#classify = options.classify;
    this.lease = lease;
    this.ledger = ledger((thrown) => this.#break(thrown));
    const policy = (): Policy => this.#policy;
    const changed = (): void => this.loop.changed();
    const sources = { batch, schedulers, hypervisor, powers, classrooms, policy, fence: lease.fence, takeOver: options.takeOver === true };
    this.observer = new Observer({ ...sources, clock, log, changed, ...(options.pace === undefined ? {} : { pace: options.pace }) });
    const ended = (deed: Deed, done: boolean): void => {
      this.observer.touched(deed);
      const isNews = !waitsForALook.has(deed.verb) && (!freesATurn.has(deed.verb) || this.#present?.plan.waitsForTurn !== false);
      if (!done || isNews) changed();
    };
    this.#act = new Act({ hands: { batch, schedulers, hypervisor, powers, classrooms, ...boots }, ledger: this.ledger, lease, clock, log, policy, ended });
    const publish = (present: Present): void => {
      this.#present = present;
      options.published?.(present);
    };
    this.loop = new Loop({
      clock,
      observer: this.observer,
      ledger: this.ledger,
      journal,
      act: this.#act,
      fence: lease.fence,
      policy,
      classify: () => this.#classify,
      publish,
      ticked: options.ticked ?? (() => undefined),
      ...(options.planning === undefined ? {} : { planning: options.planning }),
    });
  }

  /** Takes the lease and loads the rows. Raises Failure `refused` when another daemon leads. */
  static async begin(options: LifeOptions): Promise<Life> {
    const { journal, clock, policy, version } = options;
    const lease = await journal.lease(policy.deployment, options.lifeId ?? randomUUID());
    const rows = await journal.load();
    const life = new Life(options, lease, (broken) => new Ledger(rows, journal, lease.fence, broken));
    await Promise.race([life.#breakage, life.tell('daemon', because('daemon-started', { epoch: lease.fence.epoch, version }))]);
    options.log.info({ epoch: lease.fence.epoch, machines: rows.machines.size, at: clock.wall() }, 'leads');
    return life;
  }

  get present(): Present | undefined {
    return this.#present;
  }
  get policy(): Policy {
    return this.#policy;
  }

  /** Lives until `stop`, or until the journal breaks (then rejects with its failure). */
  async run(): Promise<void> {
    const { signal } = this.#end;
    this.observer.follow(signal);
    const whole = this.loop.run(signal).then(() => Promise.all([this.#act.settled(), this.observer.settled()]));
    await Promise.race([whole, this.#breakage]);
  }

  /** The loop ends after its tick; deeds under way are left to the next life, which looks. */
  stop(): void {
    this.#end.abort();
  }

  /** Swaps the policy between two ticks. */
  adopt(policy: Policy, classify: Classify): void {
    this.#policy = policy;
    this.#classify = classify;
    this.observer.follow(this.#end.signal);
    this.loop.changed();
  }

  /** Writes one event about the daemon itself. */
  async tell(kind: Event['kind'], reason: Event['reason'], changes: readonly Change[] = []): Promise<void> {
    while (this.ledger.held !== undefined) await this.ledger.held;
    await this.ledger.commit(changes, [{ at: this.#options.clock.wall(), subject: 'domus', kind, reason }], false);
  }

  #break(thrown: unknown): void {
    if (this.#end.signal.aborted) return;
    this.#options.log.fatal(
      { cause: thrown instanceof Error ? thrown.message : String(thrown) },
      'the journal cannot be written: stops at once, guests and jobs go on',
    );
    this.#end.abort();
    this.#broken?.(thrown);
  }
}
