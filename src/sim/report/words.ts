import { durationText, durationTexts, percentText } from '../../chart/figures.js';
import { amount } from '../../chart/ticks.js';
import type { Refill } from '../replay/workload.js';
import type { Spread } from './scenes.js';

/** Below this share of the larger one, a difference is noise (measured: runs with shaken submit times lie so far apart). */
export const noise = 0.1;
/** And below this many ms nobody minds. */
const unfeltMs = 5000;

export type Comparison = 'shorter' | 'longer' | 'same' | 'unknown';

/** Two mean waits, ms. */
export function compared(ms: number, otherMs: number): Comparison {
  if (Number.isNaN(ms) || Number.isNaN(otherMs)) return 'unknown';
  const difference = ms - otherMs;
  if (Math.abs(difference) < unfeltMs || Math.abs(difference) < noise * Math.max(ms, otherMs)) return 'same';
  return difference < 0 ? 'shorter' : 'longer';
}

/** `20 times shorter`, `35 % longer`: the second word of a comparison, as people say it. Durations in ms, both > 0. */
export function timesText(ms: number, otherMs: number): string {
  const [less, more] = ms < otherMs ? [ms, otherMs] : [otherMs, ms];
  const word = ms < otherMs ? 'shorter' : 'longer';
  if (!(less > 0) || !Number.isFinite(more)) return `much ${word}`;
  const times = more / less;
  if (times >= 1000) return `more than 1,000 times ${word}`;
  if (times >= 2) return `${amount(times, times >= 10 ? 0 : 1)} times ${word}`;
  return `${percentText(ms < otherMs ? 1 - less / more : times - 1)} ${word}`;
}

/** `1.58 h and 1.63 h`; undefined where there is one run, or all agree. */
export function rangeOf({ low, high }: Spread): string | undefined {
  const [from, to] = durationTexts([low, high]);
  return from === to ? undefined : `${from} and ${to}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${amount(count, 0)} ${count === 1 ? one : many}`;

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** When the batch scheduler looks for work. */
export const refillText = (refill: Refill): string =>
  refill === 'immediate' ? 'a batch scheduler that fills a free place at once' : `a batch scheduler that looks every ${durationText(refill.cycleMs)}`;
