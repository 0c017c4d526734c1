import { Failure, type FailureKind } from '../drivers/failure.js';

/** What happens at one counted operation. */
export type Trip =
  /** The process stops dead: nothing it awaits ever comes, and it does nothing any more. */
  | { readonly at: number; readonly what: 'die-before' | 'die-after' }
  /** The operation fails, and was done or not. */
  | { readonly at: number; readonly what: 'fail-before' | 'fail-after'; readonly kind: FailureKind };

/** Counts the operations of one life (journal commits, deeds, safety reads) and trips at one of them. */
export class Tripwire {
  readonly #trip: Trip | undefined;
  #count = 0;
  #dead = false;
  /** What was counted, in order: `journal.commit`, `batch.admit`, ... */
  readonly operations: string[] = [];
  readonly #death = new AbortController();

  constructor(trip?: Trip) {
    this.#trip = trip;
  }

  /** Aborted when the life stops dead. */
  get death(): AbortSignal {
    return this.#death.signal;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** The same object; its methods named in `counted` are operations, and none of its methods works once the life is dead. */
  around<T extends object>(name: string, target: T, counted: readonly (keyof T & string)[]): T {
    return new Proxy(target, {
      get: (object, key) => {
        const member: unknown = Reflect.get(object, key, object);
        if (typeof member !== 'function' || typeof key !== 'string') return member;
        const call = (args: unknown[]): unknown => Reflect.apply(member, object, args);
        const isCounted = (counted as readonly string[]).includes(key);
        return (...args: unknown[]) => (isCounted ? this.#operation(`${name}.${key}`, () => call(args)) : this.#alive(() => call(args)));
      },
    });
  }

  async #operation(what: string, call: () => unknown): Promise<unknown> {
    if (this.#dead) return never();
    this.operations.push(what);
    const trip = ++this.#count === this.#trip?.at ? this.#trip : undefined;
    if (trip?.what === 'die-before') return this.#die();
    if (trip?.what === 'fail-before') throw new Failure(trip.kind, `${what}: fails as told`);
    const answer = await call();
    if (trip?.what === 'die-after') return this.#die();
    if (trip?.what === 'fail-after') throw new Failure(trip.kind, `${what}: done, and fails as told`);
    return this.#dead ? never() : answer;
  }

  async #alive(call: () => unknown): Promise<unknown> {
    if (this.#dead) return never();
    const answer = await call();
    return this.#dead ? never() : answer;
  }

  /** The life ended by itself (a broken journal): what it still awaits never comes. */
  bury(): void {
    this.#dead = true;
    this.#death.abort();
  }

  #die(): Promise<never> {
    this.bury();
    return never();
  }
}

const never = (): Promise<never> => new Promise<never>(() => undefined);
