import { beforeEach, describe, expect, it } from 'vitest';
import type { Journal, Lease } from '../../src/journal/contract.js';
import type { Intent } from '../../src/model/action.js';
import type { Event } from '../../src/model/event.js';
import { because } from '../../src/model/reason.js';
import type { Change, Request } from '../../src/model/rows.js';
import { VirtualClock } from '../../src/sim/clock.js';

const generation = (key: string, number: number | null): Change => ({ table: 'generations', key, row: number === null ? null : { number } });
const intent: Intent = {
  id: 'op-1',
  deed: { verb: 'cycle', source: 'torque', reason: because('step-cycle', { source: 'torque', why: 'x' }) },
  life: 'life-1',
  openedAt: 5,
  deadlineAt: 10,
};
const request = (id: string, more: Partial<Request> = {}): Request => ({
  id,
  kind: 'drain',
  subject: 'grid-01#1',
  who: 'anna',
  why: 'test',
  at: 1,
  expiresAt: 100,
  state: 'open',
  ...more,
});
const event = (at: number, subject = 'domus', kind: Event['kind'] = 'daemon'): Event => ({
  at,
  subject,
  kind,
  reason: because('daemon-stopped', { why: String(at) }),
});

/** What every engine of the journal must do. `open` makes a new, empty one; `again` opens the same one for a next life. */
export function journalContract(
  name: string,
  engine: () => { open(clock: VirtualClock): Promise<Journal>; again(clock: VirtualClock): Promise<Journal> },
): void {
  describe(`journal contract: ${name}`, () => {
    let clock: VirtualClock;
    let journal: Journal;
    let lease: Lease;
    let made: ReturnType<typeof engine>;

    beforeEach(async () => {
      clock = new VirtualClock();
      made = engine();
      journal = await made.open(clock);
      lease = await journal.lease('lab', 'life-1');
      return async () => journal.close();
    });
    const write = (changes: readonly Change[], events: readonly Event[] = [], durable = false): Promise<void> =>
      journal.commit({ changes, events, durable }, lease.fence);

    it('is empty when it is new', async () => {
      const rows = await journal.load();
      expect(Object.values(rows).map((map) => map.size)).toEqual(Object.values(rows).map(() => 0));
      expect(await journal.requests(0)).toEqual([]);
      expect(await journal.history({ limit: 10 })).toEqual([]);
    });

    it('names deployment, journal, epoch and life in the fence', () => {
      expect(lease.fence).toMatchObject({ deployment: 'lab', epoch: 1, life: 'life-1' });
      expect(lease.fence.journal).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('gives back what was committed, durable or not', async () => {
      await write([generation('grid-01', 3), { table: 'starts', key: 'grid', row: [1, 2] }]);
      await write([{ table: 'intents', key: 'op-1', row: intent }], [], true);
      const rows = await journal.load();
      expect(rows.generations.get('grid-01')).toEqual({ number: 3 });
      expect(rows.starts.get('grid')).toEqual([1, 2]);
      expect(rows.intents.get('op-1')).toEqual(intent);
    });

    it('replaces and removes rows', async () => {
      await write([generation('a', 1), generation('b', 1)]);
      await write([generation('a', 2), generation('b', null), generation('c', null)]);
      expect([...(await journal.load()).generations]).toEqual([['a', { number: 2 }]]);
    });

    it('commits all or nothing', async () => {
      const bad = { table: 'generations', key: 'x', row: { number: 1n as unknown as number } } as const;
      await expect(write([generation('a', 1), bad], [event(1)])).rejects.toThrow();
      expect((await journal.load()).generations.size).toBe(0);
      expect(await journal.history({ limit: 10 })).toEqual([]);
    });

    it('remembers across lives, with the next epoch and the same journal id', async () => {
      await write([generation('a', 7)], [event(1)], true);
      await journal.close();
      journal = await made.again(clock);
      const next = await journal.lease('lab', 'life-2');
      expect(next.fence).toEqual({ ...lease.fence, epoch: 2, life: 'life-2' });
      expect((await journal.load()).generations.get('a')).toEqual({ number: 7 });
      expect(await journal.history({ limit: 10 })).toHaveLength(1);
    });

    it('refuses a commit under a former reign, another life, or another journal', async () => {
      const old = lease.fence;
      lease = await journal.lease('lab', 'life-2');
      for (const fence of [old, { ...lease.fence, life: 'life-1' }, { ...lease.fence, journal: 'other' }]) {
        await expect(journal.commit({ changes: [generation('a', 1)], events: [], durable: true }, fence)).rejects.toMatchObject({ kind: 'refused' });
      }
      expect((await journal.load()).generations.size).toBe(0);
      await write([generation('a', 2)]);
    });

    it('refuses another deployment', async () => {
      await expect(journal.lease('other', 'life-2')).rejects.toMatchObject({ kind: 'refused' });
    });

    it('keeps requests until they are answered, and shows answers since an instant', async () => {
      await journal.ask(request('r1'));
      await journal.ask(request('r2'));
      expect((await journal.requests(clock.wall())).map((r) => r.id).sort()).toEqual(['r1', 'r2']);
      const answered = request('r1', { state: 'done', answer: because('request-done', { what: 'drained' }) });
      await write([{ table: 'requests', key: 'r1', row: answered }]);
      expect((await journal.requests(clock.wall())).find((r) => r.id === 'r1')).toEqual(answered);
      expect((await journal.requests(clock.wall() + 1)).map((r) => r.id)).toEqual(['r2']);
      expect((await journal.load()).requests.get('r2')).toEqual(request('r2'));
    });

    it('takes no request twice', async () => {
      await journal.ask(request('r1'));
      await expect(journal.ask(request('r1'))).rejects.toMatchObject({ kind: 'exists' });
    });

    it('tells history newest first, by subject, kind and time', async () => {
      await write([], [event(10, 'machine:a'), event(20, 'machine:b'), event(30, 'machine:a', 'decided'), event(40)]);
      const instants = async (query: object): Promise<number[]> => (await journal.history({ limit: 10, ...query })).map((e) => e.at);
      expect(await instants({})).toEqual([40, 30, 20, 10]);
      expect(await instants({ subject: 'machine:a' })).toEqual([30, 10]);
      expect(await instants({ subject: 'machine:a', kind: 'daemon' })).toEqual([10]);
      expect(await instants({ kind: 'decided' })).toEqual([30]);
      expect(await instants({ since: 20, until: 30 })).toEqual([30, 20]);
      expect(await instants({ limit: 2 })).toEqual([40, 30]);
    });

    it('pages through history without gaps or repeats, even where the wall clock stepped back', async () => {
      await write(
        [],
        [10, 20, 90, 30, 30, 40].map((at) => event(at)),
      );
      const seen: number[] = [];
      for (let before: number | undefined; ; ) {
        const page = await journal.history({ limit: 2, ...(before === undefined ? {} : { before }) });
        if (page.length === 0) break;
        seen.push(...page.map((e) => e.at));
        before = page.at(-1)?.number;
      }
      expect(seen).toEqual([90, 40, 30, 30, 20, 10]);
    });

    it('trims old events and says how many', async () => {
      await write([], [event(10), event(20), event(30)]);
      expect(await journal.trim(25)).toBe(2);
      expect((await journal.history({ limit: 10 })).map((e) => e.at)).toEqual([30]);
    });

    it('is closed once and for all', async () => {
      await journal.close();
      await journal.close();
      await expect(journal.load()).rejects.toMatchObject({ kind: 'cancelled' });
    });
  });
}
