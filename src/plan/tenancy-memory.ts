import { windowAt } from '../model/calendar.js';
import type { Policy } from '../model/policy.js';
import type { HostPower } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Change, Rows } from '../model/rows.js';
import type { Tenancy } from '../model/tenancy.js';
import type { HostView, World } from '../model/world.js';
import type { Reasons } from './decision.js';
import { Dues } from './tenancy-due.js';
import { classroomOf } from './tenancy-limits.js';
import { advance, entering, firstSeen, type Seeing } from './tenancy-seen.js';

/** Whose each host is after what was seen, and which maintenances are over. */
export function tenancyMemory(world: World, rows: Rows, policy: Policy, now: number, reasons: Reasons): readonly Change[] {
  const changes: Change[] = [];
  for (const row of rows.maintenances.values()) if (row.until <= now) changes.push({ table: 'maintenances', key: row.id, row: null });
  if (policy.windows === undefined && rows.tenancies.size === 0) return changes;
  const dues = Dues.of(policy, rows, now);
  const underWay = beingTurned(rows);
  for (const view of world.hosts.values()) {
    const { name, classroom } = view.spec;
    if (classroom !== undefined && !underWay.has(name)) changes.push(...ofHost(view, rows, policy, now, dues, reasons));
  }
  for (const name of rows.tenancies.keys()) if (policy.hosts[name]?.classroom === undefined) changes.push({ table: 'tenancies', key: name, row: null });
  return changes;
}

/** What is being done is not judged yet. */
function beingTurned(rows: Rows): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { deed } of rows.intents.values())
    if (deed.verb === 'boot-classroom' || deed.verb === 'boot-dom0' || deed.verb === 'power-on') hosts.add(deed.host);
  return hosts;
}

function ofHost(view: HostView, rows: Rows, policy: Policy, now: number, dues: Dues | undefined, reasons: Reasons): readonly Change[] {
  const { name } = view.spec;
  const before = rows.tenancies.get(name);
  const first = before ?? firstSeen(view, now);
  if (first === undefined) return [];
  const seeing = takenBack(foundOff(advance(first, view, classroomOf(policy), now), view, policy, now), dues, now);
  if (seeing.tells !== undefined) reasons.say(`host:${name}`, seeing.tells);
  const changes: Change[] = seeing.row === before ? [] : [{ table: 'tenancies', key: name, row: seeing.row }];
  const power = rows.powers.get(name);
  if (seeing.power !== undefined && (power !== undefined || seeing.power === 'off'))
    changes.push({ table: 'powers', key: name, row: powerAnew(power, view, seeing.power, now) });
  return changes;
}

/**
 * In a closed room a host that answers with neither system was switched off, by whoever left last: where somebody can
 * switch it on again it counts as the cluster's, and off. A packet that wakes does no harm to one that is on.
 */
function foundOff(seeing: Seeing, view: HostView, policy: Policy, now: number): Seeing {
  const { row } = seeing;
  const { spec, reading, classroom, meter } = view;
  const hours = policy.windows?.[spec.pool];
  if (row.state !== 'classroom' || hours === undefined || windowAt(hours, now) !== undefined) return seeing;
  if (policy.power?.manage !== true || spec.power === undefined || meterSaysOn(meter)) return seeing;
  const since = Math.max(row.since, reading.silentSince ?? now, classroom?.silentSince ?? now);
  const silentMs = now - since;
  if (silentMs < Math.max(classroomOf(policy).quietMs, 2 * policy.intervals.hostPollMs)) return seeing;
  return { row: entering(row, 'cluster', 'person', now), tells: because('tenancy-found-off', { silentMs }, [`host:${spec.name}`]), power: 'off' };
}

const meterSaysOn = (meter: HostView['meter']): boolean => meter !== undefined && isHeard(meter) && meter.value.on;

/** One that need not go any more, and was not told yet, stays: the calendar was changed. */
function takenBack(seeing: Seeing, dues: Dues | undefined, now: number): Seeing {
  const { row } = seeing;
  if (row.state !== 'leaving' || row.orderedAt !== undefined) return seeing;
  const due = dues?.window(row.host);
  return due?.kind === 'classroom' && now >= due.goAt ? seeing : { ...seeing, row: back(row, now) };
}

const back = (row: Tenancy, now: number): Tenancy => ({ ...entering(row, 'cluster', 'domus', now), tries: 0 });

/** What is remembered of its power begins anew: what its other life did is none of it. */
function powerAnew(before: HostPower | undefined, view: HostView, state: 'on' | 'off', now: number): HostPower {
  const bootId = isHeard(view.reading) ? view.reading.value.bootId : before?.bootId;
  const kept = before ?? { host: view.spec.name, nics: [], cycles: [], wakesMs: [], sleepsMs: [] };
  const { host, nics, cycles, wakesMs, sleepsMs } = kept;
  return {
    ...{ host, nics, cycles, wakesMs, sleepsMs, state, since: now, by: 'nobody', tries: 0 },
    ...(bootId === undefined ? {} : { bootId }),
    ...(before?.provenAt === undefined ? {} : { provenAt: before.provenAt }),
    ...(before?.wishedOff === undefined ? {} : { wishedOff: before.wishedOff }),
  };
}

/** Rows of hosts that were decided to be handed over; the deed follows at the next look. */
export function turned(
  decision: { readonly kind: 'leave' | 'take'; readonly host: string; readonly reason: Reason },
  row: Tenancy | undefined,
  now: number,
): readonly Change[] {
  if (row === undefined) return [];
  const next = entering(row, decision.kind === 'leave' ? 'leaving' : 'coming', 'domus', now);
  // the pause after a try that failed goes on, and how often it failed
  const paused = decision.kind === 'leave' && row.state === 'leaving' && row.notBefore !== undefined ? { notBefore: row.notBefore } : {};
  return [{ table: 'tenancies', key: row.host, row: { ...next, ...paused } }];
}
