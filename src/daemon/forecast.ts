import { placeInWeek } from '../clock.js';
import { type PastHour, peakMs, peaks, usualHours } from '../forecast/learn.js';
import type { HistoryReader } from '../history/contract.js';
import type { UsualHour } from '../model/forecast.js';
import type { Policy } from '../model/policy.js';

/** Hours that are foretold: it is learned anew each day, and a day that was missed does no harm. */
const hoursAhead = 49;

/** Hosts with work in the busiest ten minutes of every hour, of each pool: busy cores by the cores of its usual host. */
function pastOf({ hosts }: Policy, history: HistoryReader, since: number, until: number): ReadonlyMap<string, readonly PastHour[]> {
  const cores = new Map<string, number[]>();
  for (const { pool, cores: count } of Object.values(hosts)) cores.set(pool, [...(cores.get(pool) ?? []), count]);
  const { at, pools } = history.series({ since, until, stepMs: peakMs });
  const past = new Map<string, readonly PastHour[]>();
  for (const [pool, { utilisation, coresOn }] of Object.entries(pools)) {
    const counts = cores.get(pool) ?? [];
    const usual = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    if (!(usual > 0)) continue;
    const steps = at.flatMap((start, number): PastHour[] => {
      const on = coresOn[number];
      return on === null || on === undefined ? [] : [{ at: start, hosts: ((utilisation[number] ?? 0) * on) / usual }];
    });
    past.set(pool, peaks(steps));
  }
  return past;
}

/** The policy with what its pools usually need from now on, where it asks for that: the planner knows no past, only numbers. */
export function withForecast(policy: Policy, history: HistoryReader | undefined, now: number): Policy {
  const forecast = policy.power?.forecast;
  if (forecast === undefined || history === undefined) return policy;
  const past = pastOf(policy, history, now - forecast.pastMs, Math.floor(now / 3_600_000) * 3_600_000);
  const usual: Record<string, readonly UsualHour[]> = {};
  for (const [pool, hours] of past) usual[pool] = usualHours(hours, placeInWeek, now, hoursAhead);
  return { ...policy, usual };
}
