import { amount } from './ticks.js';

const units = [
  { name: 's', ms: 1000, below: 100_000, most: 300 },
  { name: 'min', ms: 60_000, below: 90 * 60_000, most: 150 },
  { name: 'h', ms: 3_600_000, below: 72 * 3_600_000, most: 300 },
  { name: 'days', ms: 86_400_000, below: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY },
] as const;

/** Between a figure and its unit the line must not break. */
const gap = '\u00a0';

/** Three digits that tell something: `0.42`, `1.57`, `32.5`, `108`, `12,800`. */
function telling(value: number): string {
  const size = Math.abs(value);
  return amount(value, size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
}

/** Milliseconds in one unit: `8 s`, `4.2 min`, `1.57 h`, `4.5 days`. */
export function durationText(ms: number): string {
  return durationTexts([ms])[0]!;
}

/** Several durations in one unit, so that they can be compared at sight: that of the first, where the others are readable in it. NaN gives `–`. */
export function durationTexts(all: readonly number[]): readonly string[] {
  const known = all.filter((ms) => Number.isFinite(ms));
  const smallest = Math.min(...known.filter((ms) => ms >= 500));
  const first = known.find((ms) => ms >= 500) ?? 0;
  const unit = units.find(({ below }) => first < below) ?? units[3];
  const readable = known.every((ms) => ms / unit.ms < unit.most) && (!Number.isFinite(smallest) || smallest / unit.ms >= 0.05);
  return all.map((ms) => {
    if (!Number.isFinite(ms)) return '–';
    const own = readable ? unit : (units.find(({ below }) => Math.abs(ms) < below) ?? units[3]);
    const value = ms / own.ms;
    return `${own.name === 's' && value >= 10 ? amount(Math.round(value)) : value === 0 ? '0' : telling(value)}${gap}${own.name}`;
  });
}

/** A share as a percentage: `44 %`, `0.4 %`. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const percent = share * 100;
  const size = Math.abs(percent);
  const places = size >= 9.95 || size < 0.05 || Math.abs(percent - Math.round(percent)) < 0.05 ? 0 : 1;
  return `${amount(percent, places)}${gap}%`;
}

/** `1.58 to 1.63 h`: two texts of one unit, which is said once; undefined where they are one. */
export function rangeText(low: string, high: string): string | undefined {
  if (low === high) return undefined;
  const at = low.lastIndexOf(gap);
  const unit = at < 0 ? '' : low.slice(at);
  return `${unit !== '' && high.endsWith(unit) ? low.slice(0, at) : low} to ${high}`;
}
