import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Moment, NoticeSettings } from '../../src/model/notice.js';
import { because } from '../../src/model/reason.js';
import { type Book, emptyBook, turn } from '../../src/notices/book.js';
import { conditionsOf, momentOf } from '../../src/notices/conditions.js';
import type { Draft } from '../../src/notices/words.js';
import { busyDay } from '../api/scene.js';
import { givenAt, givenHost, givenPresent } from '../given-present.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const settings: NoticeSettings = { channels: {}, rules: [], settleMs: minute, newsMs: 5 * minute, repeatMs: 4 * hour, waitsLongMs: 12 * hour };

const silent = (host: string, since = givenAt): Condition => ({ kind: 'host-silent', subject: `host:${host}`, since, text: `${host} is silent: no route` });

/** A rule's life: looks every five seconds; what stands is as the last `stand` said. */
function ruleLife() {
  let book: Book = emptyBook;
  let now = givenAt;
  let seen: readonly Condition[] = [];
  const told: (Draft & { readonly at: number })[] = [];
  const look = (moments: readonly Moment[] = []): void => {
    const { book: next, drafts } = turn(JSON.parse(JSON.stringify(book)), seen, moments, settings, now); // every look is a restart
    book = next;
    told.push(...drafts.map((draft) => ({ ...draft, at: (now - givenAt) / minute })));
  };
  const it = {
    told,
    stand: (...conditions: readonly Condition[]) => {
      seen = conditions;
      return it;
    },
    pass: (ms: number, moments: readonly Moment[] = []) => {
      for (const until = now + ms; now < until; now += 5 * second) look(now + 5 * second >= until ? moments : []);
      return it;
    },
    titles: () => told.map(({ title }) => title),
  };
  return it;
}

/** Every episode begins with a trouble and ends with "all well", and messages are a settling time apart. */
function expectOrder(told: readonly { readonly kind: string; readonly at: number }[]): void {
  if (told.length > 0) expect(told.at(-1)?.kind).toBe('well');
  for (const [at, one] of told.entries()) {
    const before = told[at - 1];
    if (before?.kind === 'well' || before === undefined) expect(one.kind).toBe('trouble');
    if (before !== undefined) expect(one.at - before.at).toBeGreaterThanOrEqual(0.9);
  }
}

describe('a rule', () => {
  it('makes one message of a broken switch, and one when all is well', () => {
    const hosts = Array.from({ length: 40 }, (_, at) => silent(`post${at}`));
    const life = ruleLife();
    for (let at = 1; at <= 40; at += 3) life.stand(...hosts.slice(0, at)).pass(5 * second); // they fall silent one after the other
    life.stand(...hosts).pass(30 * minute);
    life.stand(...hosts.slice(0, 7)).pass(5 * minute);
    life.stand().pass(10 * minute);
    expect(life.titles().slice(0, 2)).toEqual([expect.stringMatching(/^\d+ hosts are silent$/), expect.stringMatching(/hosts are silent$|no more$/)]);
    const [first] = life.told;
    expect(first?.conditions.length).toBeGreaterThanOrEqual(34); // those of the last five looks come with the next news
    expect(life.titles().at(-1)).toMatch(/^all well again: .*silent no more$/);
    expect(life.told.length).toBeLessThanOrEqual(3);
  });

  it('says nothing of what comes and goes within a minute', () => {
    const life = ruleLife();
    for (let round = 0; round < 20; round++)
      life
        .stand(silent('post1'))
        .pass(40 * second)
        .stand()
        .pass(2 * minute);
    expect(life.told).toEqual([]);
  });

  it('takes a trouble that was told and flickers as one trouble', () => {
    const life = ruleLife()
      .stand(silent('post1'))
      .pass(2 * minute);
    for (let round = 0; round < 20; round++)
      life
        .stand()
        .pass(30 * second)
        .stand(silent('post1'))
        .pass(30 * second);
    life.stand().pass(5 * minute);
    expect(life.titles()).toEqual(['host post1 is silent', 'all well again: host post1 is silent no more']);
  });

  it('reminds with growing pauses, up to a day', () => {
    const life = ruleLife()
      .stand(silent('post1'))
      .pass(100 * hour);
    expect(life.told.map(({ kind, at }) => [kind, Math.round(at / 60)])).toEqual([
      ['trouble', 0],
      ['reminder', 4],
      ['reminder', 12],
      ['reminder', 28],
      ['reminder', 52],
      ['reminder', 76],
    ]);
    expect(life.titles()[1]).toBe('still: host post1 is silent');
  });

  it('tells news of a standing trouble with growing pauses, and marks what is new', () => {
    const life = ruleLife();
    for (let at = 1; at <= 60; at++) life.stand(...Array.from({ length: at }, (_, n) => silent(`post${n}`))).pass(minute);
    const minutes = life.told.map(({ at }) => Math.round(at));
    expect(minutes).toEqual([1, 6, 16, 36]);
    expect(life.told[1]?.lines[0]).toMatch(/^new: post\d+ is silent/);
    expect(life.told[1]?.lines.at(-1)).toMatch(/^post[01] is silent: no route \(for 6 min\)$/);
  });

  it('counts equal moments, and grows the pause when they come again and again', () => {
    const life = ruleLife();
    const start = (at: number): Moment => ({ kind: 'daemon-started', at, text: 'started, epoch 3' });
    for (let round = 0; round < 120; round++) life.pass(minute, [start(givenAt + round * minute)]);
    expect(life.told.length).toBeLessThan(7);
    expect(life.told[1]?.lines[0]).toMatch(/^started, epoch 3 \(\d+ times\)$/);
    expect(life.told.reduce((sum, { lines }) => sum + Number(/\((\d+) times/.exec(lines[0] ?? '')?.[1] ?? 1), 0)).toBeGreaterThan(60);
  });

  it('law: every trouble that stands long is told, every told trouble ends in "all well", and never more than one message an episode-minute', () => {
    const story = fc.array(fc.tuple(fc.subarray(['a', 'b', 'c']), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(story, (steps) => {
        const life = ruleLife();
        for (const [hosts, minutes] of steps) life.stand(...hosts.map((host) => silent(host))).pass(minutes * minute);
        life.stand().pass(hour);
        if (steps.some(([hosts, minutes]) => hosts.length > 0 && minutes >= 2)) expect(life.told.length).toBeGreaterThan(0);
        expectOrder(life.told);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is worth a notice in a present', () => {
  it('is every silent source, stray, failure, open breaker, proposal, freeze, and jobs that wait long', () => {
    const { changes } = {
      changes: [
        {
          table: 'breakers',
          key: 'environment:grid',
          row: { subject: 'environment:grid', failures: 3, lastAt: givenAt - 5, openUntil: givenAt + 5, why: 'boot' },
        },
        { table: 'breakers', key: 'host:post11', row: { subject: 'host:post11', failures: 3, lastAt: givenAt - 5, openUntil: givenAt - 1, why: 'closed' } },
        { table: 'freeze', key: 'freeze', row: { by: 'carol', why: 'exam', at: givenAt - 9 } },
      ] as const,
    };
    const present = givenPresent({
      ...{ hosts: [givenHost('post11'), givenHost('post12')], silentHosts: { post12: 'no\u001b[2J route' }, silentBatch: 'refused', changes },
      machines: [{ seat: 'grid-01', environment: 'grid', host: 'post11', phase: 'failed' }],
    });
    expect(conditionsOf(present, hour).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'batch-silent: batch server torque is silent: refused',
      'host-silent: post12 is silent: no?[2J route',
      'environment-paused: grid is paused after 3 failure(s): boot',
      'machine-failed: grid-01#1 on post11: failed',
      'frozen: frozen by carol: exam',
    ]);
    const kinds = conditionsOf(busyDay(), 5 * minute).map(({ kind, subject }) => `${kind} ${subject}`);
    expect(kinds).toEqual([
      'host-silent host:post13',
      'jobs-wait-long environment:grid',
      'jobs-wait-long environment:bio',
      'approval-wanted proposal:start-bio-bio-01',
      'stray stray:guest:post12/old-vm',
    ]);
  });

  it('is a moment when a right is missing, a configuration was refused, or the daemon came and went', () => {
    const event = (code: Parameters<typeof because>[0], kind: 'deed' | 'daemon' | 'decided') =>
      momentOf({ at: 5, subject: 'x', kind, reason: because(code, { why: 'w' }) });
    expect(event('denied', 'deed')?.kind).toBe('right-missing');
    expect(event('config-refused', 'daemon')?.text).toBe('configuration refused: w');
    expect(event('denied', 'decided')).toBeUndefined();
    expect(event('deed-done', 'deed')).toBeUndefined();
  });
});
