import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/drivers/failure.js';
import { guarded } from '../../src/drivers/guarded.js';
import { VirtualClock } from '../../src/sim/clock.js';

interface Order {
  readonly op: string;
  readonly signal: AbortSignal;
}

/** A driver with state of its own, whose `this` must survive. */
class Fridge {
  #opened = 0;
  signals: AbortSignal[] = [];
  readonly maker = 'ACME';

  async open(door: string, signal: AbortSignal): Promise<string> {
    this.signals.push(signal);
    this.#opened += 1;
    return `${door} ${this.#opened}`;
  }
  async order(order: Order, what: string): Promise<string> {
    this.signals.push(order.signal);
    return `${order.op} ${what}`;
  }
  async hang(signal: AbortSignal): Promise<never> {
    this.signals.push(signal);
    return new Promise(() => undefined);
  }
  async break(kind: 'failure' | 'error' | 'word'): Promise<void> {
    if (kind === 'failure') throw new Failure('denied', 'locked');
    if (kind === 'error') throw new TypeError('no door');
    return Promise.reject('cold');
  }
  explode(): Promise<void> {
    throw new Error('before it promised anything');
  }
}

function given() {
  const clock = new VirtualClock();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  const fridge = new Fridge();
  const safe = guarded(fridge, { clock, log, limits: { default: 10_000, hang: 3_000 }, what: 'fridge kitchen' });
  return { clock, lines, fridge, safe };
}
const never = new AbortController().signal;
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a guarded driver', () => {
  it('answers like the driver, and keeps its state', async () => {
    const { safe, lines } = given();
    expect(await safe.open('left', never)).toBe('left 1');
    expect(await safe.open('right', never)).toBe('right 2');
    expect(safe.maker).toBe('ACME');
    expect(lines).toEqual([]);
  });

  it('ends a call at its own limit, and tells the driver', async () => {
    const { safe, clock, fridge, lines } = given();
    const failure = caught(safe.hang(never));
    await clock.run(clock.now() + 2_999);
    expect(fridge.signals[0]?.aborted).toBe(false);
    await clock.run(clock.now() + 1);
    expect(await failure).toMatchObject({ name: 'Failure', kind: 'uncertain', message: 'fridge kitchen: hang: no answer within 3 s' });
    expect(fridge.signals[0]?.aborted).toBe(true);
    expect(lines).toMatchObject([{ level: 40, what: 'fridge kitchen', method: 'hang', kind: 'uncertain', tookMs: 3_000 }]);
  });

  it("ends with the caller's signal, given alone or inside an order", async () => {
    const { safe, fridge, lines } = given();
    const stop = new AbortController();
    const failure = caught(safe.hang(stop.signal));
    stop.abort();
    expect(await failure).toMatchObject({ kind: 'cancelled' });
    expect(await safe.order({ op: 'op1', signal: never }, 'milk')).toBe('op1 milk');
    expect(fridge.signals.every((signal) => signal !== never && signal !== stop.signal)).toBe(true);
    expect(await caught(safe.order({ op: 'op2', signal: AbortSignal.abort() }, 'milk'))).toMatchObject({ kind: 'cancelled' });
    expect(lines.every((line) => line['level'] === 20)).toBe(true);
  });

  it('lets Failures through and classifies everything else', async () => {
    const { safe, lines } = given();
    expect(await caught(safe.break('failure'))).toMatchObject({ kind: 'denied', message: 'locked' });
    expect(await caught(safe.break('error'))).toMatchObject({ kind: 'uncertain', message: 'fridge kitchen: break: no door' });
    expect(await caught(safe.break('word'))).toMatchObject({ kind: 'uncertain', message: 'fridge kitchen: break: cold' });
    expect(await caught(safe.explode())).toMatchObject({ kind: 'uncertain' });
    expect(lines.map((line) => line['kind'])).toEqual(['denied', 'uncertain', 'uncertain', 'uncertain']);
    expect(lines[1]?.['cause']).toBe('no door');
  });
});
