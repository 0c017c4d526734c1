import type { Decision } from '../model/decision.js';
import type { Policy } from '../model/policy.js';
import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import type { World } from '../model/world.js';
import type { Thought } from './contract.js';

/** Longest reason that is kept, characters. */
const longestWhy = 300;

interface About {
  readonly subject: string;
  readonly environment?: string;
  readonly host?: string;
  readonly cores?: number;
}

function aboutOf(decision: Decision, world: World): About {
  if (decision.kind === 'start')
    return { subject: `seat:${decision.seat}`, environment: decision.environment, host: decision.host, cores: decision.size.cores };
  if (!('machine' in decision)) return { subject: `host:${decision.host}`, host: decision.host };
  const row = world.machines.get(decision.machine)?.row;
  const size = decision.kind === 'resize' ? { cores: decision.size.cores } : {};
  return { subject: `machine:${decision.machine}`, ...(row === undefined ? {} : { environment: row.environment, host: row.host }), ...size };
}

/** `watch` is the least of the modes: one is enough. */
function isWatched({ mode, environments, pools, hosts }: Policy, { environment, host }: About): boolean {
  const pool = host === undefined ? undefined : pools[hosts[host]?.pool ?? ''];
  return [mode, pool?.mode, environment === undefined ? undefined : environments[environment]?.mode].includes('watch');
}

/** Follows the decisions that mode `watch` keeps from being carried out: when each was first made, and how long it stood. */
export class ThoughtBook {
  readonly #longestMs: () => number;
  #open: Map<string, Thought>;
  readonly #changed = new Map<string, Thought>();

  /** `known`: what was stored last, so that a thought goes on through a restart. Longer than `longestMs()` unseen, it is a new one. */
  constructor(known: readonly Thought[], longestMs: () => number) {
    this.#open = new Map(known.map((thought) => [thought.key, thought]));
    this.#longestMs = longestMs;
  }

  take({ at, plan, policy, world }: Present): void {
    const now = new Map<string, Thought>();
    for (const decision of world.rows.freeze.has('freeze') ? [] : plan.recorded) {
      const about = aboutOf(decision, world);
      if (!isWatched(policy, about)) continue;
      const key = `${decision.kind} ${about.subject}`;
      const before = this.#open.get(key);
      const goesOn = before !== undefined && at >= before.until && at - before.until <= this.#longestMs();
      const thought = goesOn ? { ...before, until: at } : this.#fresh(key, decision, about, at);
      now.set(key, thought);
      this.#changed.set(`${key} ${thought.since}`, thought);
    }
    this.#open = now;
  }

  #fresh(key: string, decision: Decision, about: About, at: number): Thought {
    return { key, kind: decision.kind, ...about, why: sentence(decision.reason).slice(0, longestWhy), since: at, until: at };
  }

  /** New ones and those that went on, since the last `clear`. */
  peek(): readonly Thought[] {
    return [...this.#changed.values()];
  }
  clear(): void {
    this.#changed.clear();
  }
}
