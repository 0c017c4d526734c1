import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import { asFailure, type Failure } from '../drivers/failure.js';
import type { Order } from '../drivers/hypervisor.js';
import type { Lease } from '../journal/contract.js';
import type { Ledger } from '../journal/ledger.js';
import type { Log } from '../log.js';
import { type Deed, type Intent, subjectOf } from '../model/action.js';
import { altered } from '../model/altered.js';
import type { Event } from '../model/event.js';
import type { Machine } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import { because, sentence } from '../model/reason.js';
import type { Change } from '../model/rows.js';
import type { Hands } from './hands.js';
import { pauseAfter, type Reaction, reactionTo } from './reactions.js';
import { rowOf } from './verbs.js';

export interface ActOptions {
  readonly hands: Hands;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: () => Policy;
  /** A deed ended: the places it touched are worth a look now. `done`: as it should. */
  readonly ended: (deed: Deed, done: boolean) => void;
}

/** Beyond a deed's own limit: connection, queueing and the answer's way back. */
const wayMs = 10_000;

/** Writes the intents of a tick in one durable commit, then does each deed with a deadline, then writes its outcome. */
export class Act {
  readonly #options: ActOptions;
  #number = 0;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: ActOptions) {
    this.#options = options;
  }

  /** Commits `changes` and the deeds' intents; the deeds then go on by themselves. */
  async begin(changes: readonly Change[], deeds: readonly Deed[], events: readonly Event[], signal: AbortSignal): Promise<void> {
    const { ledger } = this.#options;
    const intents = deeds.flatMap((deed) => this.#intent(deed) ?? []);
    const rows = [...changes, ...intents.map((intent): Change => ({ table: 'intents', key: intent.id, row: intent }))];
    await ledger.commit(rows, events, intents.length > 0 || changes.some((change) => change.table === 'machines'));
    for (const intent of intents) {
      const story = this.#carryOut(intent, signal);
      this.#underWay.add(story);
      void story.finally(() => this.#underWay.delete(story));
    }
  }

  /** Resolves when every deed under way has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Undefined when the deed's deadline would outlive the lease: it is not begun. */
  #intent(deed: Deed): Intent | undefined {
    const { clock, lease, policy } = this.#options;
    const limitMs = rowOf(deed).limitMs(policy().intervals) + wayMs;
    if (clock.mono() + limitMs > lease.until) return undefined;
    const openedAt = clock.wall();
    return {
      id: `${lease.fence.epoch}-${lease.fence.life.slice(0, 8)}-${++this.#number}`,
      deed,
      life: lease.fence.life,
      openedAt,
      deadlineAt: openedAt + limitMs,
    };
  }

  async #carryOut(intent: Intent, signal: AbortSignal): Promise<void> {
    const { hands, lease, clock, log, policy, ended } = this.#options;
    const { deed } = intent;
    const limitMs = rowOf(deed).limitMs(policy().intervals);
    const what = { op: intent.id, verb: deed.verb, subject: subjectOf(deed) };
    log.info({ why: sentence(deed.reason), ...what }, 'began a deed');
    const order = (limited: AbortSignal): Order => ({ op: intent.id, fence: lease.fence, limitMs, signal: limited });
    let done = true;
    try {
      await within(clock, limitMs + wayMs, `${deed.verb} for ${subjectOf(deed)}`, signal, (limited) => rowOf(deed).perform(hands, deed, order(limited)));
      await this.#planned();
      await this.#succeeded(intent);
    } catch (thrown) {
      done = false;
      if (signal.aborted) return; // the daemon stops: the intent stays open, the next life looks
      await this.#planned();
      const failure = asFailure(thrown, `${deed.verb} for ${subjectOf(deed)}`);
      log.warn({ ...what, kind: failure.kind, why: failure.message }, 'a deed failed');
      await this.#failed(intent, failure);
    }
    ended(deed, done);
  }

  /** Outcomes are written between two plans: a plan in the making has read the rows as they are. */
  async #planned(): Promise<void> {
    const { ledger } = this.#options;
    while (ledger.held !== undefined) await ledger.held;
  }

  #machineOf(deed: Deed): Machine | undefined {
    return 'machine' in deed && deed.machine !== undefined ? this.#options.ledger.standing.machines.get(deed.machine) : undefined;
  }

  async #succeeded(intent: Intent): Promise<void> {
    const { ledger, clock } = this.#options;
    const { deed } = intent;
    const at = clock.wall();
    const row = this.#machineOf(deed);
    const done = rowOf(deed).done(deed, row, at, ledger.standing);
    const changes: Change[] = [{ table: 'intents', key: intent.id, row: null }, ...(done.changes ?? [])];
    if (row !== undefined) {
      const { trouble, ...rest } = row;
      const kept = trouble !== undefined && trouble.verb !== deed.verb ? { trouble } : {};
      changes.push({ table: 'machines', key: row.id, row: altered<Machine>(rest, { ...kept, ...done.row }) });
    } else if (ledger.standing.breakers.has(subjectOf(deed))) changes.push({ table: 'breakers', key: subjectOf(deed), row: null });
    if (deed.verb === 'cycle') return ledger.commit(changes, [], false); // seconds apart, and nobody asks for it later
    const event: Event = {
      at,
      subject: subjectOf(deed),
      kind: 'deed',
      reason: because('deed-done', { verb: deed.verb, tookMs: at - intent.openedAt }, deed.reason.refs),
    };
    await ledger.commit(changes, [event], false);
  }

  async #failed(intent: Intent, failure: Failure): Promise<void> {
    const { ledger, clock } = this.#options;
    const { deed } = intent;
    const reaction = reactionTo(deed.verb, failure.kind);
    if (reaction === 'done') return this.#succeeded(intent);
    const at = clock.wall();
    const changes: Change[] = [{ table: 'intents', key: intent.id, row: reaction === 'look' ? altered(intent, { uncertainSince: at }) : null }];
    const row = this.#machineOf(deed);
    changes.push(row === undefined ? this.#pause(deed, reaction, failure, at) : troubled(row, deed, reaction, failure, at));
    const told =
      reaction === 'person'
        ? because('denied', { what: deed.verb, by: 'source' in deed ? deed.source : deed.host, why: failure.message })
        : because('deed-failed', { verb: deed.verb, kind: failure.kind, why: failure.message }, deed.reason.refs);
    // a right that is missing still is told once, not at every try
    const again = reaction === 'person' && (row?.trouble ?? ledger.standing.breakers.get(subjectOf(deed)))?.why === failure.message;
    await ledger.commit(changes, again ? [] : [{ at, subject: subjectOf(deed), kind: 'deed', reason: told }], false);
  }

  /** A deed of no machine pauses by a row of its own. */
  #pause(deed: Deed, reaction: Reaction, failure: Failure, at: number): Change {
    const subject = subjectOf(deed);
    const failures = (this.#options.ledger.standing.breakers.get(subject)?.failures ?? 0) + 1;
    const openUntil = at + pauseAfter(reaction, failures);
    return { table: 'breakers', key: subject, row: { subject, failures, lastAt: at, openUntil, why: failure.message, ...deniedBy(reaction) } };
  }
}

/** The machine's row with one more failure of this verb, and the pause after it; what was never begun does not count. */
function troubled(row: Machine, deed: Deed, reaction: Reaction, failure: Failure, at: number): Change {
  const before = row.trouble?.verb === deed.verb ? row.trouble.count : 0;
  const count = reaction === 'later' || reaction === 'person' ? before : before + 1;
  const notBefore = at + pauseAfter(reaction, Math.max(1, count));
  const trouble = { verb: deed.verb, count, notBefore, why: failure.message, ...deniedBy(reaction) };
  return { table: 'machines', key: row.id, row: altered<Machine>(row, { ...rowOf(deed).failed?.(row, at), trouble }) };
}

const deniedBy = (reaction: Reaction): { denied?: true } => (reaction === 'person' ? { denied: true } : {});
