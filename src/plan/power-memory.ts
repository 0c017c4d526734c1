import type { Policy } from '../model/policy.js';
import { awake, type HostPower, type PowerPolicy } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { sentence } from '../model/reason.js';
import type { Change, Rows } from '../model/rows.js';
import { isElsewhere } from '../model/tenancy.js';
import type { HostView, World } from '../model/world.js';
import type { Reasons } from './decision.js';
import { advance, seePower } from './power-seen.js';
import { isManaged, isUsed, noted } from './power-use.js';

/** Who cordons a host that does not come back; such a cordon is taken away when it does. */
export const powersCordon = 'Domus';

/** What is remembered of each host's power after what was seen: rows begin when a managed host first answers, and end with the host. */
export function powerMemory(world: World, rows: Rows, policy: Policy, now: number, reasons: Reasons): readonly Change[] {
  const { power: powers } = policy;
  if (powers === undefined) return [];
  const used = isUsed(world, rows);
  const underWay = beingSwitched(rows);
  const changes: Change[] = [];
  for (const view of world.hosts.values()) {
    const { name } = view.spec;
    const row = rows.powers.get(name) ?? (isManaged(powers, view) && isHeard(view.reading) ? awake(name, now) : undefined);
    // what is being done is not judged yet
    if (row === undefined || underWay.has(name) || isElsewhere(rows.tenancies.get(name)) || isSettled(row, view, used)) continue;
    const moved = after(row, view, policy, powers, now);
    changes.push(...cordoned(moved, rows, now));
    if (moved.tells !== undefined) reasons.say(`host:${name}`, moved.tells);
    const next = noted(moved.power, view, used(view), now);
    if (next !== rows.powers.get(name)) changes.push({ table: 'powers', key: name, row: next });
  }
  return [...changes, ...ofHostsThatAreGone(rows, policy)];
}

function beingSwitched(rows: Rows): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { deed } of rows.intents.values()) if (deed.verb === 'power-on' || deed.verb === 'power-off') hosts.add(deed.host);
  return hosts;
}

/** Off and silent; or on, answering, and known as it is: nothing is to be noted. So it is with most hosts at most looks. */
function isSettled(row: HostPower, view: HostView, used: (view: HostView) => boolean): boolean {
  if (view.power !== row) return false;
  if (row.state === 'off') return view.meter === undefined && !isHeard(view.reading);
  return row.state === 'on' && isHeard(view.reading) && noted(row, view, used(view), 0) === row;
}

function ofHostsThatAreGone(rows: Rows, policy: Policy): readonly Change[] {
  const changes: Change[] = [];
  for (const name of rows.powers.keys()) if (policy.hosts[name] === undefined) changes.push({ table: 'powers', key: name, row: null });
  return changes;
}

const after = (power: HostPower, view: HostView, { intervals }: Policy, policy: PowerPolicy, now: number): ReturnType<typeof advance> =>
  advance({ power, seen: seePower(power, view, now), policy, silenceMs: intervals.hostPollMs, now });

/** A host that was given up is cordoned by us; a person's own cordon stays as it is, whatever becomes of the host. */
function cordoned({ power, tells, gaveUp, cameBack }: ReturnType<typeof advance>, { cordons }: Rows, now: number): readonly Change[] {
  const before = cordons.get(power.host);
  if (gaveUp === true && before === undefined && tells !== undefined)
    return [{ table: 'cordons', key: power.host, row: { host: power.host, by: powersCordon, why: sentence(tells), at: now, drain: false } }];
  return cameBack === true && before?.by === powersCordon ? [{ table: 'cordons', key: power.host, row: null }] : [];
}
