import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Commit, Journal } from '../../src/journal/contract.js';
import { Ledger } from '../../src/journal/ledger.js';
import type { Fence } from '../../src/model/fence.js';
import { because } from '../../src/model/reason.js';
import { type Change, noRows, type Request, type Rows, withChanges } from '../../src/model/rows.js';

const fence: Fence = { deployment: 'd', journal: 'j', epoch: 1, life: 'l' };
const generation = (number: number): Change => ({ table: 'generations', key: 'grid-01', row: { number } });

/** A journal whose commits end when, and as, the test says. */
function slowJournal() {
  const begun: Commit[] = [];
  const ends: { readonly done: () => void; readonly fail: (why: Error) => void }[] = [];
  const journal = {
    commit: (commit: Commit, by: Fence) => {
      expect(by).toBe(fence);
      begun.push(commit);
      return new Promise<void>((done, fail) => ends.push({ done, fail }));
    },
  } as unknown as Journal;
  const broken: unknown[] = [];
  return { begun, ends, broken, ledger: new Ledger(noRows(), journal, fence, (thrown) => broken.push(thrown)) };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the ledger', () => {
  it('shows a change at once, and says that it stands only when the journal has it', async () => {
    const { ledger, ends } = slowJournal();
    let stands = false;
    void ledger.commit([generation(1)], [], true).then(() => {
      stands = true;
    });
    expect(ledger.rows.generations.get('grid-01')).toEqual({ number: 1 });
    await settle();
    expect(stands).toBe(false);
    ends[0]?.done();
    await settle();
    expect(stands).toBe(true);
  });

  it('writes one commit after the other, in the order they were made', async () => {
    const { ledger, begun, ends } = slowJournal();
    void ledger.commit([generation(1)], [], false);
    void ledger.commit([generation(2)], [], true);
    await settle();
    expect(begun.map((commit) => commit.changes)).toEqual([[generation(1)]]);
    ends[0]?.done();
    await settle();
    expect(begun.map(({ changes, durable }) => [changes, durable])).toEqual([
      [[generation(1)], false],
      [[generation(2)], true],
    ]);
  });

  it('an empty commit waits for those before it, and writes nothing', async () => {
    const { ledger, begun, ends } = slowJournal();
    void ledger.commit([generation(1)], [], true);
    let after = false;
    void ledger.commit([], [], false).then(() => {
      after = true;
    });
    await settle();
    expect(after).toBe(false);
    ends[0]?.done();
    await settle();
    expect([after, begun.length]).toEqual([true, 1]);
  });

  it('nothing follows a commit that failed: it never resolves, nothing is written after it, and the daemon is told once', async () => {
    const { ledger, begun, ends, broken } = slowJournal();
    let followed = 0;
    const follow = (): number => followed++;
    void ledger.commit([generation(1)], [], true).then(follow, follow);
    void ledger.commit([generation(2)], [], true).then(follow, follow);
    await settle();
    const why = new Error('disk full');
    ends[0]?.fail(why);
    await settle();
    void ledger.commit([generation(3)], [], true).then(follow, follow);
    await settle();
    expect([followed, begun.length, broken]).toEqual([0, 1, [why]]);
  });

  it('takes in open requests once, and never over what was answered since', () => {
    const { ledger } = slowJournal();
    const open: Request = { id: 'r1', kind: 'thaw', subject: '', who: 'bob', why: 'x', at: 1, expiresAt: 9, state: 'open' };
    ledger.takeIn([open, { ...open, id: 'r2', state: 'done' }]);
    expect([...ledger.rows.requests.keys()]).toEqual(['r1']);
    const answered: Request = { ...open, state: 'refused', answer: because('request-refused', { why: 'no' }) };
    void ledger.commit([{ table: 'requests', key: 'r1', row: answered }], [], false);
    ledger.takeIn([open]);
    expect(ledger.rows.requests.get('r1')).toEqual(answered);
  });

  it('never changes rows that it has given out, and copies a table once for all commits in between', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const change = fc
      .record({ key, row: fc.option(fc.record({ number: fc.integer() })), table: fc.constantFrom('generations' as const, 'starts' as const) })
      .map((wish): Change => (wish.table === 'starts' ? { ...wish, table: 'starts', row: wish.row && [wish.row.number] } : { ...wish, table: 'generations' }));
    const plain = (rows: Rows): string => JSON.stringify([...rows.generations, ...rows.starts]);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.array(change, { maxLength: 3 }), fc.constant('look' as const)), { maxLength: 12 }), (steps) => {
        const ledger = new Ledger(noRows(), { commit: () => new Promise(() => undefined) } as unknown as Journal, fence, () => undefined);
        const given: (readonly [Rows, string])[] = [];
        let whole = noRows();
        for (const step of steps) {
          if (step === 'look') given.push([ledger.rows, plain(ledger.rows)]);
          else {
            void ledger.commit(step, [], false);
            whole = withChanges(whole, step);
          }
          expect(plain(ledger.standing)).toBe(plain(whole));
        }
        for (const [rows, was] of given) expect(plain(rows)).toBe(was);
      }),
    );
    const { ledger } = slowJournal();
    void ledger.commit([generation(1)], [], false);
    const { generations } = ledger.standing;
    void ledger.commit([generation(2)], [], false);
    expect(ledger.standing.generations).toBe(generations);
    expect(ledger.rows.generations).toBe(generations);
    void ledger.commit([generation(3)], [], false);
    expect(ledger.standing.generations).not.toBe(generations);
  });
});
