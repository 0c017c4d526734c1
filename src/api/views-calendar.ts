import type { Present } from '../model/present.js';
import { sentence } from '../model/reason.js';
import type { TenancyState } from '../model/tenancy.js';
import { forecastOf } from '../plan/maintenance-forecast.js';
import { when } from './said.js';
import type { CalendarRecord } from './schema/calendar.js';

const dayMs = 86_400_000;

function hostsOf({ policy, world }: Present, pool: string): CalendarRecord['pools'][number]['hosts'] {
  const found: Partial<Record<TenancyState | 'unknown', number>> = {};
  for (const { name, pool: its, classroom } of Object.values(policy.hosts)) {
    if (its !== pool || classroom === undefined) continue;
    const state = world.rows.tenancies.get(name)?.state ?? 'unknown';
    found[state] = (found[state] ?? 0) + 1;
  }
  return found;
}

function lateOf({ plan, policy }: Present, pool: string): readonly string[] {
  return Object.values(policy.hosts).flatMap(({ name, pool: its }) => {
    const late = its === pool ? plan.reasons.get(`host:${name}`)?.find(({ code }) => code === 'room-late' || code === 'room-missed') : undefined;
    return late === undefined ? [] : [`${name} ${sentence(late)}`];
  });
}

/** Who owns which room in the next days, and which hosts are to be empty for somebody. */
export function calendarRecord(present: Present, days: number): CalendarRecord {
  const { at, policy, world } = present;
  const until = at + days * dayMs;
  return {
    ...{ at, until },
    pools: Object.entries(policy.windows ?? {}).map(([pool, { zone, windows }]) => ({
      ...{ pool, zone, hosts: hostsOf(present, pool), late: lateOf(present, pool) },
      windows: windows
        .filter((window) => window.until > at && window.since < until)
        .map(({ kind, since, until: ends, name }) => ({ kind, since, until: ends, name })),
    })),
    maintenances: [...world.rows.maintenances.values()]
      .sort((a, b) => a.due - b.due)
      .map(({ hosts, ...row }) => ({
        ...row,
        hosts: hosts.map((host) => {
          const { freeAt, ...forecast } = forecastOf(world, policy, world.rows, host, at);
          return { host, ...forecast, ...when('freeAt', freeAt) };
        }),
      })),
  };
}
