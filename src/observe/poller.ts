import { Bell, type Clock, type Waking } from '../clock.js';
import { within } from '../deadline.js';
import { asFailure, type Failure, type FailureKind } from '../drivers/failure.js';
import type { Log } from '../log.js';
import { altered } from '../model/altered.js';
import { type Reading, unread } from '../model/reading.js';

export interface PollerOptions<T> {
  /** As it stands in sentences: `host post07`, `batch server main`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: () => number;
  readonly limitMs: () => number;
  /** The shortest pause after an answer, hurried or not, ms: a dear question is asked seldom. Default 0. */
  readonly restMs?: (tookMs: number, answer: T) => number;
  readonly ask: (signal: AbortSignal, last: T | undefined) => Promise<T>;
  /** The last value where nothing changed, so that the join sees it by identity. */
  readonly settle?: (last: T | undefined, next: T) => T;
  readonly changed: (reading: Reading<T>) => void;
  /** The rest between two questions; default: as long as it is told. */
  readonly pause?: (ms: number, signal: Waking) => Promise<void>;
}

/**
 * A question that a deed's end hurries is asked this much later, ms: one of the same millisecond would not count as asked after it,
 * and the news would wait for the next poll. Two, because a timer of Node may be early by one.
 */
const afterMs = 2;

/** After these nobody knows whether there is anybody; every other failure was said by the source itself. */
const unheard: ReadonlySet<FailureKind> = new Set(['unreachable', 'uncertain', 'cancelled']);

function withoutAnswer<T>({ speaks: _, ...before }: Reading<T>, silentSince: number, { kind, message }: Failure): Reading<T> {
  return altered<Reading<T>>(before, { silentSince, cause: message, ...(unheard.has(kind) ? {} : { speaks: true }) });
}

/** Asks one source again and again, each in its own time, and keeps its last reading. At most one question is under way. */
export class Poller<T> {
  #reading: Reading<T> = unread;
  #hurry = new Bell();
  #restMs = 0;
  /** Rises with every distrust: an answer under way then is as old as what stands. */
  #distrusts = 0;
  readonly #options: PollerOptions<T>;

  constructor(options: PollerOptions<T>) {
    this.#options = options;
  }

  get reading(): Reading<T> {
    return this.#reading;
  }

  /** Ends the pause: a deed was done there, or a hook nudged. */
  hurry(): void {
    this.#hurry.ring();
  }

  /** The clock jumped: the value stays, but nothing asked before now counts as recent. */
  distrust(): void {
    this.#distrusts++;
    this.#reading = { ...this.#reading, askedAt: 0 };
  }

  /** Polls until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, pause = (ms, hurried) => clock.sleep(ms, hurried) } = this.#options;
    const over = new Bell(); // every question listens for the end: to a bell that costs next to nothing
    const end = (): void => {
      over.ring();
      this.#hurry.ring();
    };
    signal.addEventListener('abort', end, { once: true });
    while (!signal.aborted) {
      this.#hurry = new Bell();
      this.#restMs = 0;
      await this.once(over);
      if (signal.aborted) break;
      const since = clock.mono();
      const restMs = this.#restMs;
      await pause(Math.max(everyMs(), restMs), this.#hurry);
      const leftMs = restMs - (clock.mono() - since);
      const waitMs = Math.max(leftMs, this.#hurry.aborted ? afterMs : 0);
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    }
    signal.removeEventListener('abort', end);
  }

  /** One question. Never rejects: a failure makes the source silent, its last value stays. */
  async once(signal: Waking): Promise<void> {
    const { name, clock, log, limitMs, ask, settle, restMs, changed } = this.#options;
    const last = this.#reading;
    const distrusts = this.#distrusts;
    const wall = clock.wall();
    const from = clock.mono();
    try {
      const answer = await within(clock, limitMs(), name, signal, (limited) => ask(limited, last.value));
      this.#restMs = restMs?.(clock.mono() - from, answer) ?? 0;
      const value = settle === undefined ? answer : settle(last.value, answer);
      const askedAt = distrusts === this.#distrusts ? wall : 0;
      this.#reading = { askedAt, answeredAt: clock.wall(), value, revision: value === last.value ? last.revision : last.revision + 1 };
      if (last.silentSince !== undefined) log.info({ source: name, silentMs: wall - last.silentSince }, 'source answers again');
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = asFailure(thrown, name);
      const silentSince = last.silentSince ?? wall;
      const same = this.#reading.silentSince === silentSince && this.#reading.cause === failure.message; // then the same record: nothing has changed
      if (!same) this.#reading = withoutAnswer(this.#reading, silentSince, failure);
      if (last.silentSince === undefined) log.warn({ source: name, kind: failure.kind, cause: failure.message }, 'source is silent');
    }
    changed(this.#reading);
  }
}
