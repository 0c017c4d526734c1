import type { Act } from './act/act.js';
import { Breath } from './breath.js';
import { Bell, type Clock } from './clock.js';
import type { Journal } from './journal/contract.js';
import type { Ledger } from './journal/ledger.js';
import type { Event } from './model/event.js';
import type { Fence } from './model/fence.js';
import type { Policy } from './model/policy.js';
import type { Plan, Present } from './model/present.js';
import type { Change, Rows } from './model/rows.js';
import type { World } from './model/world.js';
import type { Classify } from './observe/groups.js';
import { type Joined, joining } from './observe/join.js';
import type { Observer } from './observe/observer.js';
import { type Planning, planning } from './plan/plan.js';
import { type Planned, planned, stillStands } from './plan/standing.js';
import { Remembrance } from './remembrance.js';

export interface LoopOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly act: Act;
  readonly fence: Fence;
  readonly policy: () => Policy;
  readonly classify: () => Classify;
  readonly publish: (present: Present) => void;
  readonly ticked: (tookMs: number) => void;
  /** Another planner, for tests of what watches over it. */
  readonly planning?: Planning;
}

/** A wall clock that moved this much against the monotonic one has jumped. */
const jumpMs = 30_000;
/** Two ticks are at least this far apart, however much happens. */
const breathMs = 100;
/** News that one commit holds: a millisecond or two. */
const mostAtOnce = 200;

/**
 * Hosts whose guests were destroyed by us and are gone now: the second look that must agree before a disk is removed need not wait
 * for the next poll. Others that are gone may be rebooting, and get the time for it.
 */
function* hostsOfDestroyed(changes: readonly Change[], { machines }: Rows): Generator<string> {
  for (const { table, row } of changes) {
    if (table === 'machines' && row?.guestGoneAt !== undefined && row.destroyedAt !== undefined && machines.get(row.id)?.guestGoneAt === undefined)
      yield row.host;
  }
}

/** observe -> join -> plan -> act; a tick when something changed or something is due, at least every interval. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #life: { readonly id: string; readonly startedAt: number };
  readonly #remembrance = new Remembrance();
  #news = new Bell();
  #joined: Joined | undefined;
  #planned: Planned | undefined;
  #revision = 0;
  #offset: number;
  #jumpAt: number | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#life = { id: options.fence.life, startedAt: options.clock.wall() };
    this.#offset = options.clock.wall() - options.clock.mono();
  }

  /** Something changed: tick soon. */
  changed(): void {
    this.#news.ring();
  }

  /** Ticks until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    signal.addEventListener('abort', () => this.changed(), { once: true });
    while (!signal.aborted) {
      this.#news = new Bell();
      const due = await this.tick(signal);
      await clock.sleep(due - clock.wall(), this.#news);
      await clock.sleep(breathMs, signal); // answers that come together are one tick's
    }
  }

  /** One tick; returns when the next is due (epoch ms). It never waits for a source: it takes the readings as they stand. */
  async tick(signal: AbortSignal): Promise<number> {
    const { clock, ledger, journal, ticked } = this.#options;
    const now = clock.wall();
    const startedAt = clock.mono();
    this.#mindTheClock(now);
    ledger.takeIn(await journal.requests(now));
    const release = ledger.hold(); // what comes in between two slices is the next tick's
    const { due, begun } = await this.#think(now, signal).finally(release);
    await begun;
    ticked(clock.mono() - startedAt);
    return due;
  }

  /** Join, plan, and the first step of acting, as one look at the rows; `begun`: when that stands in the journal. */
  async #think(now: number, signal: AbortSignal): Promise<{ readonly due: number; readonly begun: Promise<void> }> {
    const { clock, observer, ledger, act, fence, policy, classify, publish } = this.#options;
    const breath = new Breath(clock);
    const inputs = { policy: policy(), rows: ledger.rows, ...observer.readings(), classify: classify(), fence, life: this.#life };
    this.#joined = await breath.through(joining(this.#joined, this.#jumpAt === undefined ? inputs : { ...inputs, clockJumpAt: this.#jumpAt }));
    const { world } = this.#joined;
    const again = this.#again(world, inputs.policy, now);
    if (again !== undefined) {
      publish({ revision: ++this.#revision, at: now, world, plan: again, policy: inputs.policy, epoch: fence.epoch });
      return { due: again.due, begun: Promise.resolve() };
    }
    const plan = await breath.through((this.#options.planning ?? planning)(world, inputs.policy, now));
    this.#planned = planned(this.#planned, { world, policy: inputs.policy, plan, at: now });
    const news = await breath.through(this.#remembrance.telling(plan, now));
    await breath.between();
    const destroyed = [...hostsOfDestroyed(plan.changes, inputs.rows)];
    const begun = act.begin(plan.changes, plan.deeds, news.slice(0, mostAtOnce), signal);
    for (const host of destroyed) observer.lookAgain(host);
    publish({ revision: ++this.#revision, at: now, world, plan, policy: inputs.policy, epoch: fence.epoch });
    return { due: plan.due, begun: this.#tellRest(begun, news, breath) };
  }

  /** The last plan, where one made now would decide the same: until its own next due, so that an ordinary tick plans whatever polls say meanwhile. */
  #again(world: World, policy: Policy, now: number): Plan | undefined {
    const last = this.#planned;
    return last !== undefined && stillStands(last, world, policy, now) ? last.plan : undefined;
  }

  /** The first tick of a large installation has thousands of news: they are written down bit by bit. */
  async #tellRest(begun: Promise<void>, news: readonly Event[], breath: Breath): Promise<void> {
    await begun;
    for (let at = mostAtOnce; at < news.length; at += mostAtOnce) {
      await breath.between();
      await this.#options.ledger.commit([], news.slice(at, at + mostAtOnce), false);
    }
  }

  #mindTheClock(now: number): void {
    const offset = now - this.#options.clock.mono();
    if (Math.abs(offset - this.#offset) <= jumpMs) return;
    this.#offset = offset;
    this.#jumpAt = now;
    this.#options.observer.distrust();
  }
}
