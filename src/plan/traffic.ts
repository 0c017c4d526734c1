import type { Deed } from '../model/action.js';
import { type ConsolidationPolicy, usualMoves } from '../model/consolidation.js';
import { because, type Reason } from '../model/reason.js';
import type { Context } from './step.js';

type Moving = Extract<Deed, { verb: 'migrate-guest' | 'save-guest' | 'restore-guest' }>;
const isMoving = (deed: Deed): deed is Moving => deed.verb === 'migrate-guest' || deed.verb === 'save-guest' || deed.verb === 'restore-guest';
const endsOf = (deed: Moving): readonly string[] => (deed.verb === 'migrate-guest' ? [deed.to, deed.host] : [deed.host]);

/** What is going on at each host: one creation at a time, a few stops, a few migrations, and a bound on stops and migrations everywhere. */
export class Load {
  readonly #limits;
  readonly #creating = new Map<string, number>();
  readonly #stopping = new Map<string, number>();
  #stops = 0;
  readonly #moves: ConsolidationPolicy;
  readonly #moving = new Map<string, number>();
  #migrations = 0;

  constructor({ world, policy }: Context) {
    this.#limits = policy.limits;
    this.#moves = policy.consolidation ?? usualMoves;
    for (const { deed } of world.rows.intents.values()) {
      const silent = 'host' in deed && world.hosts.get(deed.host)?.reading.silentSince !== undefined; // nothing goes on where nobody answers
      if (!silent) this.take(deed);
    }
  }

  full(deed: Deed): Reason | undefined {
    const { stopsAtOnce, stopsAtOncePerHost } = this.#limits;
    if (deed.verb === 'create-guest' && (this.#creating.get(deed.host) ?? 0) > 0)
      return because('wait-budget', { what: `another guest is being created on ${deed.host}`, limit: 1 }, [`host:${deed.host}`]);
    if (isMoving(deed)) return this.#road(deed);
    if (deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') return undefined;
    if (this.#stops >= stopsAtOnce) return because('wait-budget', { what: 'stops under way', limit: stopsAtOnce });
    return (this.#stopping.get(deed.host) ?? 0) >= stopsAtOncePerHost
      ? because('wait-budget', { what: `stops under way on ${deed.host}`, limit: stopsAtOncePerHost }, [`host:${deed.host}`])
      : undefined;
  }

  /** Why a migration may not begin now. */
  #road(deed: Moving): Reason | undefined {
    const { atOnce, atOncePerHost } = this.#moves;
    if (this.#migrations >= atOnce) return because('wait-budget', { what: 'migrations under way', limit: atOnce });
    const full = endsOf(deed).find((end) => (this.#moving.get(end) ?? 0) >= atOncePerHost);
    return full === undefined ? undefined : because('wait-budget', { what: `migrations of ${full} under way`, limit: atOncePerHost }, [`host:${full}`]);
  }

  take(deed: Deed): void {
    if (isMoving(deed)) {
      this.#migrations++;
      for (const end of endsOf(deed)) this.#moving.set(end, (this.#moving.get(end) ?? 0) + 1);
    }
    if (deed.verb === 'create-guest') this.#creating.set(deed.host, (this.#creating.get(deed.host) ?? 0) + 1);
    if (deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') return;
    this.#stops++;
    this.#stopping.set(deed.host, (this.#stopping.get(deed.host) ?? 0) + 1);
  }
}
