/** What a sentence is filled with. */
export type Args = Readonly<Record<string, string | number>>;
export const v = (args: Args, key: string): string => String(args[key] ?? '?');

/** Milliseconds as people say them: `45 s`, `3 min`, `2 h 5 min`, `4 d`. */
export function span(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 90) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 90) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  return `${Math.round(h / 24)} d`;
}
export const t = (args: Args, key: string): string => (typeof args[key] === 'number' ? span(args[key]) : v(args, key));
