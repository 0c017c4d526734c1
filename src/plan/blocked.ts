import { because, type Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { HostView } from '../model/world.js';
import { breakerOf } from './budget.js';

/** Why nothing new may come to the host; what was ordered just now is not in the view yet. Undefined where it may. */
export function whyBlocked(view: HostView, rows: Rows, now: number): Reason | undefined {
  const { name } = view.spec;
  return view.blocked ?? wishedOff(rows, name) ?? cordonOf(rows, name) ?? (rows.breakers.size === 0 ? undefined : breakerOf(rows, `host:${name}`, now));
}

function cordonOf(rows: Rows, host: string): Reason | undefined {
  const cordon = rows.cordons.get(host);
  return cordon && because('host-cordoned', { who: cordon.by, why: cordon.why }, [`host:${host}`]);
}

function wishedOff(rows: Rows, host: string): Reason | undefined {
  const wish = rows.powers.get(host)?.wishedOff;
  return wish && because('host-cordoned', { who: wish.by, why: `to be switched off: ${wish.why}` }, [`host:${host}`]);
}
