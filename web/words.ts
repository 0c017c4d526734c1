/** Numbers and instants as people read them. */

const parts = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A duration in its largest unit: `3 min`. */
export function duration(ms: number): string {
  const [unit, size] = parts.find(([, each]) => ms >= each) ?? (['s', 1000] as const);
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/** A duration in its two largest units, the second only where it tells something: `1 min 40 s`, `6 d 22 h`, `47 min`. */
export function longer(ms: number): string {
  const at = parts.findIndex(([, each]) => ms >= each);
  const [unit, size] = parts[at] ?? ['s', 1000];
  const next = parts[at + 1];
  const whole = Math.floor(ms / size);
  const rest = next === undefined || at < 0 || whole >= 10 ? 0 : Math.floor((ms - whole * size) / next[1]);
  return `${whole} ${unit}${rest > 0 ? ` ${rest} ${next?.[0]}` : ''}`;
}

export const memory = (mib: number): string => (mib >= 1024 ? `${(mib / 1024).toFixed(mib % 1024 === 0 ? 0 : 1)} GiB` : `${mib} MiB`);

export const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayTime = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** The time of day today, with the date on other days. */
export const instant = (at: number, now: number): string => (now - at < 64_800_000 ? clockTime : dayTime).format(at);

/** A name without its domain: `grid-07.example.org#3` is `grid-07#3`. */
export const short = (name: string): string => name.replace(/\.[^#]*/, '');

const hues = 8;
let known: ReadonlyMap<string, number> = new Map();

/** Gives every environment a colour of its own, as long as there are enough; the same ones have the same colours at every visit. */
export function giveHues(names: Iterable<string>): void {
  const given = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of [...names].sort()) {
    let its = byName(name);
    for (let tries = 0; taken.has(its) && tries < hues; tries++) its = (its + 1) % hues;
    given.set(name, its);
    taken.add(its);
  }
  known = given;
}

export const hue = (name: string): number => known.get(name) ?? byName(name);

function byName(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 997;
  return sum % hues;
}
