import { dayMs, dayText, hourMs, midnight, minuteMs, monthStart, monthText, timeText } from './dates.js';

/** A place on an axis and what stands there. */
export interface Tick {
  /** In the axis's own unit. */
  readonly at: number;
  readonly label: string;
  /** May be left out where room is short. */
  readonly minor?: true;
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** `12,000`; decimals only where they tell something. */
export function amount(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return '–';
  const places = decimals ?? (Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
  const [whole = '0', part] = Math.abs(value).toFixed(places).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && /[1-9]/.test(whole + (part ?? '')) ? '−' : '';
  return `${sign}${grouped}${part === undefined ? '' : `.${part}`}`;
}

/** From 0 to the first nice number at or above `max`, in about `wanted` steps; `whole` for things that are counted. */
export function linearTicks(max: number, wanted: number, whole = false): readonly Tick[] {
  const top = Number.isFinite(max) && max > 0 ? max : 1;
  const step = whole ? Math.max(1, niceStep(top / wanted)) : niceStep(top / wanted);
  const count = Math.ceil(top / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => ({ at: index * step, label: amount(index * step, decimals) }));
}

const steps: readonly number[] = [1, 2, 5, 10, 15, 30]
  .map((n) => n * minuteMs)
  .concat(
    [1, 2, 3, 6, 12].map((n) => n * hourMs),
    [1, 2].map((n) => n * dayMs),
  );
const weekMs = 7 * dayMs;
// 1970-01-05 was a Monday
const monday = 4 * dayMs;

/** Every `step` ms from the first multiple (counted from `anchor`) inside. */
function regular(startAt: number, endAt: number, step: number, anchor: number): readonly number[] {
  const first = anchor + Math.ceil((startAt - anchor) / step) * step;
  const count = Math.floor((endAt - first) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step);
}

function firstsOfMonths(startAt: number, endAt: number, every: number): readonly number[] {
  const found: number[] = [];
  for (let index = 0; ; index++) {
    const at = monthStart(startAt, index);
    if (at > endAt) return found;
    const month = new Date(at).getUTCMonth();
    if (at >= startAt && month % every === 0) found.push(at);
  }
}

/** Dates in UTC for a time axis, at most `wanted`: round times of day, midnights, Mondays or firsts of months, whichever fit. */
export function timeTicks(startAt: number, endAt: number, wanted: number): readonly Tick[] {
  const span = endAt - startAt;
  if (!(span > 0)) return Number.isFinite(startAt) ? [{ at: startAt, label: dayText(startAt) }] : [];
  const step = steps.find((each) => span / each <= wanted);
  if (step !== undefined) {
    const anchor = midnight(startAt);
    return regular(startAt, endAt, step, anchor).map((at) => ({ at, label: at % dayMs === 0 ? dayText(at) : timeText(at) }));
  }
  for (const weeks of [1, 2]) {
    if (span / (weeks * weekMs) <= wanted) return regular(startAt, endAt, weeks * weekMs, monday).map((at) => ({ at, label: dayText(at) }));
  }
  const months = span / (30 * dayMs);
  const every = [1, 2, 3, 6].find((each) => months / each <= wanted) ?? 12;
  const all = firstsOfMonths(startAt, endAt, every);
  const kept = Math.ceil(all.length / wanted); // of many years, every so many
  return all.filter((_, index) => index % kept === 0).map((at) => ({ at, label: monthText(at) }));
}

const durations: readonly (readonly [seconds: number, label: string, minor?: true])[] = [
  [1, '1 s'],
  [10, '10 s', true],
  [60, '1 min'],
  [600, '10 min', true],
  [3600, '1 h'],
  [6 * 3600, '6 h', true],
  [86_400, '1 day'],
  [7 * 86_400, '1 week', true],
  [30 * 86_400, '30 days'],
  [365 * 86_400, '1 year'],
  [3650 * 86_400, '10 years'],
];

/** Durations in ms that people have words for, for a logarithmic axis from 1 s to the first at or above `maxMs`. */
export function durationTicks(maxMs: number): readonly Tick[] {
  const last = durations.findIndex(([seconds]) => seconds * 1000 >= maxMs);
  const to = Number.isFinite(maxMs) ? (last < 0 ? durations.length : Math.max(2, last + 1)) : 2;
  return durations.slice(0, to).map(([seconds, label, minor]) => ({ at: seconds * 1000, label, ...(minor ? { minor } : {}) }));
}
