const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof unitMs;
const units = Object.keys(unitMs) as Unit[];
const longestMs = 100 * 365 * unitMs.d;

/** A value as people write it, or the sentence that says what was expected. */
export type Written = { readonly value: number } | { readonly expected: string };

const example = 'a duration such as 90s, 5m or 1h30m';

/** `5m`, `90s`, `1h30m`, `250ms`, `90d`: units w d h m s ms, the larger first, each once. Value in ms, up to 100 years. */
export function readDuration(text: string): Written {
  const word = text.trim();
  if (/^\d+$/.test(word)) return { expected: `a unit (${word}s for seconds, ${word}m for minutes)` };
  const parts = [...word.matchAll(/(\d{1,12})(ms|[wdhms])/gy)];
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== word) return { expected: example };
  let value = 0;
  let previous = -1;
  for (const [, digits, unit] of parts) {
    const rank = units.indexOf(unit as Unit);
    if (rank <= previous) return { expected: `${example}, the larger unit first and each unit once` };
    previous = rank;
    value += Number(digits) * unitMs[unit as Unit];
  }
  return value <= longestMs ? { value } : { expected: 'a duration of at most 100 years' };
}

/** The shortest way to write it: `1h30m`. */
export function writeDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const unit of units.slice(1)) {
    const count = Math.floor(rest / unitMs[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs[unit];
  }
  return text === '' ? '0s' : text;
}
