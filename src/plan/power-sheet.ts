import type { Policy } from '../model/policy.js';
import { type HostPower, isAsleep, type PowerPolicy } from '../model/power.js';
import type { Rows } from '../model/rows.js';

/** Hosts' power while the plan is made: how many are being switched, and what was decided about them. */
export interface PowerSheet {
  readonly policy: PowerPolicy | undefined;
  readonly rows: ReadonlyMap<string, HostPower>;
  /** Some host is off, or on its way. */
  readonly anyAsleep: boolean;
  /** Waking and going to sleep now, this plan's included. */
  switching: number;
  /** Decided in this plan. */
  readonly woken: Set<string>;
  /** Hosts whose room, free or to come, this plan has promised to a claim. */
  readonly promised: Set<string>;
}

export function powerSheet(rows: Rows, policy: Policy): PowerSheet {
  const powers = [...rows.powers.values()];
  return {
    policy: policy.power,
    rows: rows.powers,
    anyAsleep: powers.some(isAsleep),
    switching: powers.filter(({ state }) => state === 'waking' || state === 'sleeping').length,
    woken: new Set(),
    promised: new Set(),
  };
}
