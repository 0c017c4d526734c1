/** So many failures of one key within the time are taken. */
export interface Bound {
  readonly most: number;
  readonly withinMs: number;
}

/** Keys remembered at most: the oldest is forgotten first. */
const mostKeys = 10_000;

/** Counts failures by key (an address, a name) and says how long the next try must wait. */
export class Attempts {
  readonly #bound: Bound;
  readonly #failures = new Map<string, number[]>();

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  /** ms until the next try is taken; 0: now. */
  waitMs(key: string, now: number): number {
    const recent = this.#recent(key, now);
    const [oldest] = recent;
    return recent.length < this.#bound.most || oldest === undefined ? 0 : Math.max(1, oldest + this.#bound.withinMs - now);
  }

  failed(key: string, now: number): void {
    const recent = this.#recent(key, now);
    this.#failures.delete(key);
    this.#failures.set(key, [...recent, now]);
    const [first] = this.#failures.keys();
    if (this.#failures.size > mostKeys && first !== undefined) this.#failures.delete(first);
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  #recent(key: string, now: number): number[] {
    return (this.#failures.get(key) ?? []).filter((at) => at <= now && now - at < this.#bound.withinMs).slice(-this.#bound.most);
  }
}
