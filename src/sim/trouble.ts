import type { FailureKind } from '../drivers/failure.js';

/**
 * silent: the question never gets an answer (and nothing is done); slow: it takes `factor` times as long; garbled: it
 * is done, the answer cannot be read; refuse: nothing is done and it says so; lie: it is done and it says it failed;
 * pretend: nothing is done and it says it was; late: it is done, but after the caller's limit.
 */
export const ailments = ['silent', 'slow', 'garbled', 'refuse', 'lie', 'pretend', 'late'] as const;
export type Ailment = (typeof ailments)[number];

/** What becomes of one call. `fail`: this failure, before or after the deed was done. */
export type Fortune =
  | { readonly kind: 'well' }
  | { readonly kind: Exclude<Ailment, 'slow'> }
  | { readonly kind: 'slow'; readonly factor: number }
  | { readonly kind: 'fail'; readonly failure: FailureKind; readonly moment: 'before' | 'after' };

const well: Fortune = { kind: 'well' };

interface Affliction {
  readonly ailment: Ailment;
  readonly from: number;
  readonly until: number;
  readonly factor: number;
  readonly concerns: (what: string) => boolean;
}

/** What is wrong with one part of the fake data centre (a batch server, a host). Counts the calls made to it. */
export class Trouble {
  readonly #now: () => number;
  readonly #afflictions: Affliction[] = [];
  readonly #failures = new Map<number, { readonly failure: FailureKind; readonly moment: 'before' | 'after' }>();
  #calls = 0;
  /** Told of every call, by number from 1 and by what it is (`guest-create`, `look`, `qstat`...). */
  onCall: (call: number, what: string) => void = () => undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Ill from now (or `afterMs` later) for `forMs`; only for calls that `concerns` picks. */
  afflict(
    ailment: Ailment,
    options: { readonly forMs?: number; readonly afterMs?: number; readonly factor?: number; readonly concerns?: (what: string) => boolean } = {},
  ): void {
    const from = this.#now() + (options.afterMs ?? 0);
    this.#afflictions.push({
      ailment,
      from,
      until: from + (options.forMs ?? Number.POSITIVE_INFINITY),
      factor: options.factor ?? 10,
      concerns: options.concerns ?? (() => true),
    });
  }

  relieve(): void {
    this.#afflictions.length = 0;
    this.#failures.clear();
  }

  /** Call number `call` (from 1) fails with this kind, before or after the deed was done. */
  failAt(call: number, failure: FailureKind, moment: 'before' | 'after' = 'before'): void {
    this.#failures.set(call, { failure, moment });
  }

  /** The ailments in force now. */
  ailing(): readonly Ailment[] {
    const now = this.#now();
    return this.#afflictions.filter((a) => a.from <= now && now < a.until).map((a) => a.ailment);
  }

  /** Counts one call and says what becomes of it. */
  meet(what: string): Fortune {
    this.#calls += 1;
    this.onCall(this.#calls, what);
    const failure = this.#failures.get(this.#calls);
    if (failure !== undefined) return { kind: 'fail', ...failure };
    const now = this.#now();
    const ill = this.#afflictions.find((a) => a.from <= now && now < a.until && a.concerns(what));
    if (ill === undefined) return well;
    return ill.ailment === 'slow' ? { kind: 'slow', factor: ill.factor } : { kind: ill.ailment };
  }
}
