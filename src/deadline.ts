import { Bell, type Clock, type Waking } from './clock.js';
import { Failure } from './drivers/failure.js';

/**
 * Runs `work` with a signal that is aborted after `limitMs` or with the caller's signal; the first cause wins.
 * Raises Failure `uncertain` when the limit ended it (it may have begun), `cancelled` when the caller did.
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  what: string,
  caller: Waking | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const over = new Bell();
  let cause: Failure | undefined;
  let reject: (failure: Failure) => void = () => undefined;
  const aborted = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  aborted.catch(() => undefined); // the race below may be over: this promise's rejection is then nobody's news
  const stop = (failure: Failure): void => {
    cause ??= failure;
    reject(cause);
    ended.abort(failure);
  };
  const cancelled = (): void => stop(new Failure('cancelled', `${what}: cancelled`));
  if (caller?.aborted) throw new Failure('cancelled', `${what}: cancelled before it began`);
  caller?.addEventListener('abort', cancelled, { once: true });
  const limit = clock.sleep(limitMs, over).then(() => {
    if (!over.aborted) stop(new Failure('uncertain', `${what}: no answer within ${limitMs / 1000} s`));
  });
  try {
    return await Promise.race([work(ended.signal), aborted]);
  } catch (thrown) {
    throw cause ?? thrown;
  } finally {
    caller?.removeEventListener('abort', cancelled);
    over.ring();
    await limit;
  }
}
