import type { Mode } from '../model/environment.js';
import type { Policy } from '../model/policy.js';
import { because, type Reason, sameReason } from '../model/reason.js';
import type { Change, Rows } from '../model/rows.js';
import type { MachineView } from '../model/world.js';
import type { Decision, Reasons } from './decision.js';
import { effectiveMode } from './permission.js';

const weight: Readonly<Record<Mode, number>> = { watch: 0, advise: 1, act: 2 };

/** From the freest to the strictest: what may be done comes before what is only thought of, so that thoughts never take room. */
export const freestFirst = ['act', 'advise', 'watch'] as const satisfies readonly Mode[];

/** The strictest of several modes. */
export const strictest = (...all: readonly Mode[]): Mode => all.reduce((a, b) => (weight[a] <= weight[b] ? a : b));

/** At least as free as `wanted`. */
export const allows = (mode: Mode, wanted: Mode): boolean => weight[mode] >= weight[wanted];

/** What may be done for an environment (its own mode) on a pool's hosts. */
export const modeIn = (policy: Policy, own: Mode, pool: string): Mode => strictest(policy.mode, own, policy.pools[pool]?.mode ?? policy.mode);

/** What may be done to a host itself; whoever asks for it has said yes to it. */
export function hostMode(policy: Policy, host: string, asked = false): Mode {
  const mode = strictest(policy.mode, policy.pools[policy.hosts[host]?.pool ?? '']?.mode ?? policy.mode);
  return asked && mode === 'advise' ? 'act' : mode;
}

/** What may be done to a machine. */
export const modeOf = (policy: Policy, machine: MachineView): Mode => effectiveMode(policy, machine.row.environment, machine.row.host);

/** The proposal's id: stable while the decision is the same. */
export function proposalId(decision: Decision): string {
  if (decision.kind === 'start') return `start-${decision.environment}-${decision.seat}`;
  return `${decision.kind}-${'host' in decision ? decision.host : decision.machine}`;
}

function subjectOf(decision: Decision): string {
  if (decision.kind === 'start') return decision.service ? `service:${decision.seat}` : `environment:${decision.environment}`;
  return 'host' in decision ? `host:${decision.host}` : `machine:${decision.machine}`;
}

/**
 * Sorts decisions by what may become of them: `act` ones are done, `advise` ones wait as a proposal until a person has
 * approved it, `watch` ones are only recorded. Frozen, all are only recorded, and proposals stay as they are.
 */
export class Sorter {
  readonly decisions: Decision[] = [];
  readonly recorded: Decision[] = [];
  readonly changes: Change[] = [];
  readonly #seen = new Set<string>();
  readonly #rows: Rows;
  readonly #now: number;
  readonly #reasons: Reasons;

  constructor(rows: Rows, now: number, reasons: Reasons) {
    this.#rows = rows;
    this.#now = now;
    this.#reasons = reasons;
  }

  settle(decision: Decision, mode: Mode): void {
    this.#reasons.say(subjectOf(decision), decision.reason);
    const held = this.#rows.freeze.has('freeze') ? 'watch' : mode;
    if (held === 'act') this.decisions.push(decision);
    else if (held === 'advise') this.#propose(decision);
    else {
      this.recorded.push(decision);
      if (mode === 'watch') this.#reasons.say(subjectOf(decision), because('wait-mode-watch'));
    }
  }

  #propose(decision: Decision): void {
    const id = proposalId(decision);
    const before = this.#rows.proposals.get(id);
    if (before?.approvedBy !== undefined) {
      this.decisions.push(decision);
      this.changes.push({ table: 'proposals', key: id, row: null }); // what was approved is done once
      return;
    }
    this.#seen.add(id);
    this.recorded.push(decision);
    this.#reasons.say(subjectOf(decision), because('wait-approval', { id }));
    if (before !== undefined && sameReason(before.reason, decision.reason)) return;
    const row = { id, subject: subjectOf(decision), reason: decision.reason, since: before?.since ?? this.#now };
    this.changes.push({ table: 'proposals', key: id, row });
  }

  /** Removes the proposals that nobody would make any more. Call once, at the end, and only when every source was heard. */
  forgetStale(): void {
    for (const id of this.#rows.proposals.keys()) {
      if (!this.#seen.has(id)) this.changes.push({ table: 'proposals', key: id, row: null });
    }
  }
}

/** Why nothing is done at all, or undefined. */
export function frozenBy(rows: Rows): Reason | undefined {
  const freeze = rows.freeze.get('freeze');
  return freeze && because('wait-frozen', { who: freeze.by, why: freeze.why });
}
