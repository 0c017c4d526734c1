import type { Clock } from '../clock.js';
import { within } from '../deadline.js';
import type { Log } from '../log.js';
import { asFailure, Failure } from './failure.js';

type Methods<D> = { [K in keyof D]: D[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof D] & string;

export interface GuardOptions<D> {
  readonly clock: Clock;
  readonly log: Log;
  /** Limit of each method, ms; `default` for those not named. */
  readonly limits: { readonly default: number } & { readonly [K in Methods<D>]?: number };
  /** What is called, for sentences: `batch server main`. */
  readonly what: string;
}

/**
 * The same driver with every call bounded (Failure `uncertain` at its limit, `cancelled` by its caller), its failures
 * logged, and whatever it throws classified. The caller's signal is found among the arguments, or as an argument's
 * `signal`, and replaced by one that also ends at the limit.
 */
export function guarded<D extends object>(driver: D, options: GuardOptions<D>): D {
  return new Proxy(driver, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function' || typeof key !== 'string') return member;
      return (...args: unknown[]) => bounded(options, key, args, (own) => Reflect.apply(member, target, own) as Promise<unknown>);
    },
  });
}

async function bounded<D>(options: GuardOptions<D>, method: string, args: readonly unknown[], call: (args: unknown[]) => Promise<unknown>): Promise<unknown> {
  const { clock, log, limits, what } = options;
  const limitMs = (limits as Readonly<Record<string, number | undefined>>)[method] ?? limits.default;
  const sentence = `${what}: ${method}`;
  const startedAt = clock.mono();
  try {
    return await within(clock, limitMs, sentence, callerSignal(args), async (signal) => call(args.map((arg) => withSignal(arg, signal))));
  } catch (thrown) {
    const failure = asFailure(thrown, sentence);
    const facts = { what, method, kind: failure.kind, tookMs: Math.round(clock.mono() - startedAt), cause: causeOf(failure) };
    if (failure.kind === 'cancelled') log.debug(facts, failure.message);
    else log.warn(facts, failure.message);
    throw failure;
  }
}

const holdsSignal = (arg: unknown): arg is { readonly signal: AbortSignal } =>
  typeof arg === 'object' && arg !== null && 'signal' in arg && arg.signal instanceof AbortSignal;

function callerSignal(args: readonly unknown[]): AbortSignal | undefined {
  for (const arg of args) {
    if (arg instanceof AbortSignal) return arg;
    if (holdsSignal(arg)) return arg.signal;
  }
  return undefined;
}

function withSignal(arg: unknown, signal: AbortSignal): unknown {
  if (arg instanceof AbortSignal) return signal;
  return holdsSignal(arg) ? { ...arg, signal } : arg;
}

function causeOf(failure: Failure): string | undefined {
  if (failure.cause === undefined) return undefined;
  return failure.cause instanceof Failure || failure.cause instanceof Error ? failure.cause.message : String(failure.cause);
}
