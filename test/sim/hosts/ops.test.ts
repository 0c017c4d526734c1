import { describe, expect, it } from 'vitest';
import { OpBook } from '../../../src/sim/hosts/ops.js';

const hour = 3_600_000;

describe('The deeds that a fake host remembers', () => {
  it('tells them as they stand, and the same list while nothing changes', async () => {
    const book = new OpBook();
    let end: (outcome: object) => void = () => undefined;
    const first = book.once('a', 'guest-create', 1, () => new Promise((resolve) => (end = resolve)));
    expect(book.list()).toEqual([{ op: 'a', verb: 'guest-create', state: 'running', startedAt: 1 }]);
    expect(book.list()).toBe(book.list());
    end({});
    await first;
    expect(book.list()).toEqual([{ op: 'a', verb: 'guest-create', state: 'done', startedAt: 1 }]);
    expect(book.once('a', 'guest-create', 2, () => Promise.reject(new Error('a second deed')))).toBe(first);
  });

  it('forgets those of the day before, and all but the newest 200, and none that still runs', async () => {
    const book = new OpBook();
    void book.once('runs', 'guest-create', 0, () => new Promise(() => undefined));
    for (let at = 0; at < 300; at++) await book.once(`op${at}`, 'look', at, async () => ({}));
    const names = (): readonly string[] => book.list().map(({ op }) => op);
    expect(names()).toHaveLength(200);
    expect([names()[0], names()[1], names().at(-1)]).toEqual(['runs', 'op101', 'op299']);
    await book.once('later', 'look', 25 * hour, async () => ({}));
    expect(names()).toEqual(['runs', 'later']);
  });
});
