import { type EnvironmentSum, environmentSums, type PoolSum, type PowerSum, poolSums, powerSums } from './contract.js';
import type { Gauges, Measured } from './measure.js';

/** Sums of one minute, ready to be added to what is stored. */
export interface Minute {
  /** Start, epoch ms. */
  readonly at: number;
  readonly environments: Map<string, Record<EnvironmentSum, number>>;
  readonly pools: Map<string, Record<PoolSum, number>>;
  readonly hosts: Map<string, Record<PowerSum, number>>;
}

const minuteMs = 60_000;
/** Watts times milliseconds. */
const energies: ReadonlySet<string> = new Set(['joules', 'alwaysOnJoules']);

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> => Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;

function addTo<K extends string>(sums: Record<K, number>, gauges: Gauges<K>, ms: number): void {
  for (const key in gauges) sums[key] += ((gauges[key] ?? 0) * ms) / (energies.has(key) ? 1000 : 1);
}

/** The minutes that [since, until) touches, with what of it lies in each. */
export function* minutesOf(since: number, until: number, stepMs = minuteMs): Generator<readonly [at: number, ms: number]> {
  for (let from = since; from < until; ) {
    const at = Math.floor(from / stepMs) * stepMs;
    const to = Math.min(until, at + stepMs);
    yield [at, to - from];
    from = to;
  }
}

/** Adds looks up to minutes: a gauge counts from one look to the next, where both are known and not too far apart. */
export class Gatherer {
  readonly #longestMs: () => number;
  #before: Measured | undefined;
  readonly #minutes = new Map<number, Minute>();

  /** Two looks further apart than `longestMs()` have a gap between them. */
  constructor(longestMs: () => number) {
    this.#longestMs = longestMs;
  }

  take(now: Measured): void {
    const before = this.#before;
    this.#before = now;
    if (before === undefined || now.at <= before.at || now.at - before.at > this.#longestMs()) return;
    for (const [at, ms] of minutesOf(before.at, now.at)) this.#add(this.minute(at), before, now, ms);
  }

  #add({ environments, pools, hosts }: Minute, before: Measured, now: Measured, ms: number): void {
    for (const [name, { demand, supply }] of before.environments) {
      const after = now.environments.get(name);
      if (after === undefined) continue;
      const sums = row(environments, name, environmentSums);
      addTo(sums, { ...supply, supplyMs: 1 }, ms);
      if (demand !== undefined && after.demand !== undefined) addTo(sums, { ...demand, demandMs: 1 }, ms);
    }
    for (const [name, gauges] of before.pools) addTo(row(pools, name, poolSums), { ...gauges, coveredMs: 1 }, ms);
    for (const [name, gauges] of before.hosts) addTo(row(hosts, name, powerSums), gauges, ms);
  }

  /** The minute that begins at `at`, made when it is not there. */
  minute(at: number): Minute {
    const known = this.#minutes.get(at) ?? { at, environments: new Map(), pools: new Map(), hosts: new Map() };
    this.#minutes.set(at, known);
    return known;
  }

  /** What was gathered and not yet taken out. */
  peek(): readonly Minute[] {
    return [...this.#minutes.values()];
  }

  /** Forgets what `peek` showed: it is stored. Of more than `most` minutes that could not be stored, the oldest are dropped. */
  clear(): void {
    this.#minutes.clear();
  }
  drop(most: number): number {
    const surplus = [...this.#minutes.keys()].sort((a, b) => a - b).slice(0, Math.max(0, this.#minutes.size - most));
    for (const at of surplus) this.#minutes.delete(at);
    return surplus.length;
  }
}

function row<K extends string>(rows: Map<string, Record<K, number>>, name: string, keys: readonly K[]): Record<K, number> {
  const known = rows.get(name) ?? zeros(keys);
  rows.set(name, known);
  return known;
}
