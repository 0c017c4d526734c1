import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/drivers/failure.js';
import { silentLog } from '../../src/log.js';
import { isHeard, type Reading } from '../../src/model/reading.js';
import { Poller } from '../../src/observe/poller.js';
import { VirtualClock } from '../../src/sim/clock.js';

/** A poller every 15 s with a limit of 60 s, over a source that answers as told, after `takesMs`. */
function poll(answer: (question: number) => string | Failure, takesMs = 1_000, restMs?: (tookMs: number) => number) {
  const clock = new VirtualClock();
  const from = clock.now();
  const end = new AbortController();
  const asked: number[] = [];
  const told: Reading<string>[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const poller = new Poller<string>({
    ...{ name: 'it', clock, log: silentLog, everyMs: () => 15_000, limitMs: () => 60_000 },
    ...(restMs === undefined ? {} : { restMs }),
    ask: async (signal) => {
      asked.push(clock.now() - from);
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      await clock.sleep(takesMs, signal);
      underWay--;
      const said = answer(asked.length);
      if (said instanceof Failure) throw said;
      return said;
    },
    changed: (reading) => told.push(reading),
  });
  void poller.run(end.signal);
  const pass = (ms: number): Promise<boolean> => clock.run(clock.now() + ms);
  return { clock, from, poller, pass, asked, told, end, most: () => mostUnderWay };
}

describe('a poller', () => {
  it('asks one question at a time, a pause after each answer, and says when it asked', async () => {
    const it_ = poll((question) => `answer ${question}`);
    await it_.pass(40_000);
    expect(it_.asked).toEqual([0, 16_000, 32_000]);
    expect(it_.poller.reading).toEqual({ askedAt: it_.from + 32_000, answeredAt: it_.from + 33_000, value: 'answer 3', revision: 3 });
    expect(it_.told.length).toBe(3);
    it_.end.abort();
  });

  it('keeps the value of a source that falls silent, with the first failed question as its instant and the last cause', async () => {
    const it_ = poll((question) => (question === 1 ? 'well' : new Failure('unreachable', `no route (${question})`)));
    await it_.pass(40_000);
    const { reading } = it_.poller;
    expect(reading).toEqual({
      askedAt: it_.from,
      answeredAt: it_.from + 1_000,
      value: 'well',
      revision: 1,
      silentSince: it_.from + 16_000,
      cause: 'no route (3)',
    });
    expect(isHeard(reading)).toBe(false);
    it_.end.abort();
  });

  it('knows a source that refuses from one that says nothing at all', async () => {
    const it_ = poll((question) => new Failure(question < 3 ? 'refused' : 'uncertain', `no (${question})`));
    await it_.pass(20_000);
    expect(it_.poller.reading).toMatchObject({ silentSince: it_.from, speaks: true, cause: 'no (2)' });
    await it_.pass(20_000);
    expect(it_.poller.reading).toMatchObject({ silentSince: it_.from, cause: 'no (3)' });
    expect(it_.poller.reading.speaks).toBeUndefined();
    it_.end.abort();
  });

  it('asks after what hurried it, not in the same millisecond: its answer counts as later than what a deed did', async () => {
    const it_ = poll((question) => `answer ${question}`);
    await it_.pass(5_000);
    const doneAt = it_.clock.now();
    it_.poller.hurry();
    await it_.pass(5_000);
    expect(it_.poller.reading.value).toBe('answer 2');
    expect(it_.poller.reading.askedAt).toBeGreaterThan(doneAt);
    // a question under way was asked before: one more follows it
    await it_.pass(15_000);
    expect(it_.asked.length).toBe(3);
    const lateAt = it_.clock.now();
    it_.poller.hurry();
    await it_.pass(5_000);
    expect(it_.poller.reading.askedAt).toBeGreaterThan(lateAt);
    it_.end.abort();
  });

  it('is heard again with the first answer, and the silence is forgotten', async () => {
    const it_ = poll((question) => (question === 2 ? new Failure('garbled', 'half') : 'same'));
    await it_.pass(40_000);
    expect(it_.poller.reading).toEqual({ askedAt: it_.from + 32_000, answeredAt: it_.from + 33_000, value: 'same', revision: 1 });
    it_.end.abort();
  });

  it('gives a question up at its limit, and asks no other before', async () => {
    const it_ = poll(() => 'too late', 200_000);
    await it_.pass(70_000);
    expect(it_.asked).toEqual([0]);
    expect(it_.poller.reading).toMatchObject({ silentSince: it_.from, askedAt: 0 });
    expect(it_.poller.reading.value).toBeUndefined();
    await it_.pass(70_000);
    expect(it_.asked).toEqual([0, 75_000]);
    it_.end.abort();
  });

  it('asks again at once when it is hurried in its pause', async () => {
    const it_ = poll(() => 'x');
    await it_.pass(5_000);
    it_.poller.hurry();
    await it_.pass(5_000);
    expect(it_.asked).toEqual([0, 5_002]);
    it_.end.abort();
  });

  it('hurried while a question is under way, it asks once more right after the answer: that one may be older than the news', async () => {
    const it_ = poll(() => 'x', 10_000);
    await it_.pass(5_000);
    it_.poller.hurry();
    await it_.pass(7_000);
    expect(it_.asked).toEqual([0, 10_002]);
    expect(it_.most()).toBe(1);
    it_.end.abort();
  });

  it('asks a dear question seldom, hurried or not', async () => {
    const it_ = poll(
      () => 'x',
      5_000,
      (tookMs) => 9 * (tookMs - 1_000),
    );
    await it_.pass(10_000);
    it_.poller.hurry();
    await it_.pass(75_000);
    expect(it_.asked).toEqual([0, 41_000, 82_000]);
    it_.end.abort();
  });

  it('does not wait longer after a cheap question, nor after one that failed', async () => {
    const cheap = poll(
      () => 'x',
      1_000,
      (tookMs) => 9 * (tookMs - 1_000),
    );
    await cheap.pass(5_000);
    cheap.poller.hurry();
    await cheap.pass(20_000);
    expect(cheap.asked).toEqual([0, 5_002, 21_002]);
    cheap.end.abort();
    const failing = poll(
      () => new Failure('unreachable', 'no route'),
      5_000,
      (tookMs) => 9 * tookMs,
    );
    await failing.pass(30_000);
    expect(failing.asked).toEqual([0, 20_000]);
    failing.end.abort();
  });

  it('distrusted, it keeps the value and calls it asked never, until the next question', async () => {
    const it_ = poll(() => 'x');
    await it_.pass(5_000);
    it_.poller.distrust();
    expect(it_.poller.reading).toMatchObject({ askedAt: 0, value: 'x' });
    await it_.pass(15_000);
    expect(it_.poller.reading.askedAt).toBe(it_.from + 16_000);
    it_.end.abort();
  });

  it.each([-3_600_000, 3_600_000])('an answer to a question asked before the clock jumped by %i ms is as old as what stands', async (jumpMs) => {
    const it_ = poll(() => 'x', 10_000);
    await it_.pass(5_000);
    it_.clock.jump(jumpMs);
    it_.poller.distrust();
    await it_.pass(7_000);
    expect(it_.poller.reading).toMatchObject({ askedAt: 0, value: 'x' });
    await it_.pass(30_000);
    expect(it_.poller.reading.askedAt).toBe(it_.from + 25_000 + jumpMs);
    it_.end.abort();
  });

  it('a question asked before the clock jumped that fails brings no trust back', async () => {
    const it_ = poll((question) => (question === 1 ? 'x' : new Failure('garbled', 'half')), 10_000);
    await it_.pass(27_000);
    it_.poller.distrust();
    await it_.pass(10_000);
    expect(it_.poller.reading).toMatchObject({ askedAt: 0, value: 'x', cause: 'half' });
    it_.end.abort();
  });

  it('says nothing more once it is stopped', async () => {
    const it_ = poll(() => 'x');
    await it_.pass(500);
    it_.end.abort();
    await it_.pass(60_000);
    expect(it_.asked).toEqual([0]);
    expect(it_.told).toEqual([]);
  });
});
