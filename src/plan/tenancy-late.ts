import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Tenancy } from '../model/tenancy.js';
import type { HostRoom, Sheet } from './capacity.js';
import { forecastOf } from './maintenance-forecast.js';
import { type Due, dueArgs } from './tenancy-due.js';
import { classroomOf, leaveLimitOf } from './tenancy-limits.js';

/** So long before it is looked whether a host will be ready, ms. */
const aheadMs = 86_400_000;

/** When it would be ready, as far as anybody can tell, and what it waits for. */
interface Expected {
  /** Epoch ms; absent: nobody knows. */
  readonly at?: number;
  readonly why: string;
}

/** Why a host will not be what it must be at its time, told as early as it can be known; undefined where all is well. */
export function lateness(sheet: Sheet, host: HostRoom, row: Tenancy | undefined, due: Due): Reason | undefined {
  const { now } = sheet;
  if (due.at > now + aheadMs || now >= due.until || isThere(sheet, host, row, due)) return undefined;
  const expected = expectedOf(sheet, host, row, due);
  if (expected === undefined || (expected.at !== undefined && expected.at <= due.at && now < due.at)) return undefined;
  return because(now < due.at ? 'room-late' : 'room-missed', { ...dueArgs(due), why: expected.why }, [`host:${host.name}`]);
}

function isThere(sheet: Sheet, { view }: HostRoom, row: Tenancy | undefined, due: Due): boolean {
  if (due.kind === 'classroom') return row?.state === 'classroom' && (row.readyAt !== undefined || sheet.now < due.at);
  return sheet.now >= due.at && view.machines.length === 0;
}

function expectedOf(sheet: Sheet, host: HostRoom, row: Tenancy | undefined, due: Due): Expected | undefined {
  const { world, policy, rows, now } = sheet;
  const forecast = forecastOf(world, policy, rows, host.name, now);
  if (due.kind !== 'classroom') return forecast.freeAt === undefined ? { why: forecast.why } : { at: forecast.freeAt, why: forecast.why };
  if (row === undefined) return now >= due.goAt ? { why: 'nothing is known of it: neither Dom0 nor its classroom has answered' } : undefined;
  const limitMs = leaveLimitOf(row, classroomOf(policy));
  if (row.orderedAt !== undefined && row.state === 'leaving')
    return { at: row.orderedAt + limitMs, why: 'it was told to boot its classroom, and does not answer yet' };
  if (row.failing !== undefined) return { at: Math.max(now, row.notBefore ?? now) + limitMs, why: row.failing };
  return unable(sheet, host) ?? { ...(forecast.freeAt === undefined ? {} : { at: Math.max(forecast.freeAt, now) + limitMs }), why: forecast.why };
}

/** Nobody can tell it. */
function unable({ policy, now }: Sheet, { view }: HostRoom): Expected | undefined {
  const { spec, reading, power } = view;
  if (isHeard(reading)) {
    const people = reading.value.people ?? [];
    return people.length === 0 ? undefined : { why: `${people.slice(0, 3).join(', ')} is logged in at the console of its Dom0` };
  }
  if (power === undefined || power.state === 'on') return reading.silentSince === undefined ? undefined : { why: 'it does not answer' };
  if (!classroomOf(policy).wake) return { at: now, why: 'off, as it may be' };
  return spec.power === undefined ? { why: 'it is off, and no power driver is configured for its pool' } : undefined;
}
