import type { Series } from './workload.js';

interface Track {
  value: number;
  since: number;
  /** Value times ms, by step. */
  readonly sums: number[];
}

/** Records quantities that jump at instants as their means over equal steps of time; exact, whatever the step. */
export class SeriesRecorder {
  readonly #startAt: number;
  readonly #stepMs: number;
  readonly #tracks = new Map<string, Track>();

  /** `stepMs` > 0. */
  constructor(startAt: number, stepMs: number) {
    this.#startAt = startAt;
    this.#stepMs = stepMs;
  }

  /** From `now` on it is `value`. Instants never go back. */
  set(name: string, value: number, now: number): void {
    const known = this.#tracks.get(name);
    if (known === undefined) {
      this.#tracks.set(name, { value, since: now, sums: [] });
      return;
    }
    if (known.value === value) return;
    this.#spread(known, now);
    known.value = value;
  }

  add(name: string, difference: number, now: number): void {
    this.set(name, (this.#tracks.get(name)?.value ?? 0) + difference, now);
  }

  value(name: string): number {
    return this.#tracks.get(name)?.value ?? 0;
  }

  #spread(track: Track, now: number): void {
    let from = track.since;
    track.since = now;
    while (from < now) {
      const step = Math.floor((from - this.#startAt) / this.#stepMs);
      const until = Math.min(now, this.#startAt + (step + 1) * this.#stepMs);
      track.sums[step] = (track.sums[step] ?? 0) + track.value * (until - from);
      from = until;
    }
  }

  /** The whole record up to `now`. The last step is the mean of the part that was. */
  finish(now: number): Series {
    const steps = Math.max(1, Math.ceil((now - this.#startAt) / this.#stepMs));
    const columns: Record<string, readonly number[]> = {};
    for (const [name, track] of this.#tracks) {
      this.#spread(track, now);
      columns[name] = Array.from({ length: steps }, (_, step) => {
        const lasted = Math.min(this.#stepMs, now - this.#startAt - step * this.#stepMs);
        return (track.sums[step] ?? 0) / Math.max(1, lasted);
      });
    }
    return { startAt: this.#startAt, stepMs: this.#stepMs, columns };
  }

  /** Integral of the quantity so far, value times ms. */
  total(name: string, now: number): number {
    const track = this.#tracks.get(name);
    if (track === undefined) return 0;
    this.#spread(track, now);
    return track.sums.reduce((sum, part) => sum + (part ?? 0), 0);
  }
}
