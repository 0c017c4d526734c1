import { describe, expect, it } from 'vitest';
import { Act } from '../../src/act/act.js';
import type { Batch } from '../../src/drivers/batch.js';
import { Failure, type FailureKind } from '../../src/drivers/failure.js';
import type { Hypervisor } from '../../src/drivers/hypervisor.js';
import type { Commit, Journal } from '../../src/journal/contract.js';
import { Ledger } from '../../src/journal/ledger.js';
import { silentLog } from '../../src/log.js';
import type { Deed } from '../../src/model/action.js';
import type { Fence } from '../../src/model/fence.js';
import type { Machine } from '../../src/model/machine.js';
import { because } from '../../src/model/reason.js';
import { type Change, noRows, withChanges } from '../../src/model/rows.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const policy = rehearsalPolicy({ environments: { grid: { seats: 1 } }, hosts: 1 });
const fence: Fence = { deployment: 'd', journal: 'j', epoch: 7, life: 'life-abcdef' };
const reason = because('step-join');
const id = 'grid-01#1';
const size = { cores: 1, memoryMiB: 1024 };
const machine: Machine = {
  ...{
    id,
    seat: 'grid-01',
    generation: 1,
    environment: 'grid',
    host: 'post01',
    uuid: 'u1',
    guestName: 'g1',
    overlay: 'o1',
    image: { name: 'grid', version: '1' },
  },
  ...{ goal: { kind: 'serve', size }, size, maxSize: size, configRevision: 'r', wantedAt: 1, reason },
};
const shutdown: Deed = { verb: 'shutdown-guest', host: 'post01', machine: id, uuid: 'u1', guestName: 'g1', reason };
/** Limit of a shutdown in that policy (30 s + 20 s), and the way there and back. */
const wholeMs = 60_000;

/** Deeds over a host that answers as told, with a lease of so long. */
function acting(answer: (call: number) => Promise<void>, leaseMs = Number.POSITIVE_INFINITY, trouble?: Machine['trouble']) {
  const clock = new VirtualClock();
  const commits: Commit[] = [];
  const orders: string[] = [];
  const journal = {
    commit: async (commit: Commit) => {
      commits.push(commit);
    },
  } as unknown as Journal;
  const row: Change = { table: 'machines', key: id, row: { ...machine, ...(trouble === undefined ? {} : { trouble }) } };
  const ledger = new Ledger(withChanges(noRows(), [row]), journal, fence, (thrown) => {
    throw thrown;
  });
  const hypervisor = {
    shutdownGuest: (_: string, order: { readonly op: string; readonly fence: Fence }) => {
      expect(order.fence).toEqual(fence);
      expect(commits.flatMap((commit) => commit.changes).some((c) => c.table === 'intents' && c.key === order.op)).toBe(true); // written down before it is done
      orders.push(order.op);
      return answer(orders.length);
    },
  } as unknown as Hypervisor;
  const ended: string[] = [];
  const end = new AbortController();
  const act = new Act({
    ...{ hands: { batch: new Map<string, Batch>(), hypervisor }, ledger, clock, log: silentLog, policy: () => policy },
    ...{ lease: { fence, until: clock.mono() + leaseMs }, ended: (deed: Deed) => ended.push(deed.verb) },
  });
  const begin = async (deeds: readonly Deed[], ms = 0): Promise<void> => {
    void act.begin([], deeds, [], end.signal);
    await clock.run(clock.now() + ms);
  };
  return {
    act,
    clock,
    ledger,
    commits,
    orders,
    ended,
    end,
    begin,
    rowOf: () => ledger.rows.machines.get(id),
    intents: () => [...ledger.rows.intents.values()],
  };
}
const well = (): Promise<void> => Promise.resolve();
const fails = (kind: FailureKind) => () => Promise.reject(new Failure(kind, `it is ${kind}`));

describe('a deed', () => {
  it('is written down durably, with its deadline and its life, before it is done', async () => {
    const it_ = acting(() => new Promise(() => undefined));
    await it_.begin([shutdown], 1_000);
    const at = it_.clock.now() - 1_000;
    expect(it_.commits[0]).toMatchObject({ durable: true });
    expect(it_.intents()).toEqual([{ id: '7-life-abc-1', deed: shutdown, life: 'life-abcdef', openedAt: at, deadlineAt: at + wholeMs }]);
    expect(it_.orders).toEqual(['7-life-abc-1']);
  });

  it.each([
    [wholeMs - 1, 0],
    [wholeMs, 1],
  ])('whose lease lasts %i ms is begun %i times: it must end before the lease does', async (leaseMs, times) => {
    const it_ = acting(well, leaseMs);
    await it_.begin([shutdown]);
    expect(it_.orders.length).toBe(times);
    expect(it_.commits.flatMap((commit) => commit.changes).filter((c) => c.table === 'intents' && c.row !== null).length).toBe(times);
  });

  it('whose answer comes while a plan is being made is written after the plan, and neither undoes the other', async () => {
    let answer = (): void => undefined;
    const it_ = acting(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await it_.begin([shutdown], 1_000);
    const release = it_.ledger.hold();
    const planned = it_.rowOf();
    answer();
    await it_.clock.run(it_.clock.now() + 1_000);
    expect(it_.rowOf()).toBe(planned); // as the plan reads it
    expect(it_.intents().length).toBe(1);
    void it_.ledger.commit([{ table: 'machines', key: id, row: { ...machine, ...planned, idleSince: 5 } }], [], false);
    release();
    await it_.clock.run(it_.clock.now() + 1_000);
    expect(it_.intents()).toEqual([]);
    expect(it_.rowOf()).toMatchObject({ idleSince: 5, shutdownAt: expect.any(Number) });
  });

  it('that is done closes its intent, writes what it confirmed, and forgets its trouble', async () => {
    const it_ = acting(well, undefined, { verb: 'shutdown-guest', count: 2, notBefore: 0, why: 'x' });
    await it_.begin([shutdown]);
    expect(it_.intents()).toEqual([]);
    expect(it_.rowOf()).toEqual({ ...machine, shutdownAt: it_.clock.now() });
    expect(it_.ended).toEqual(['shutdown-guest']);
  });

  it.each(['uncertain', 'garbled', 'exists'] as const)('that is %s leaves its intent open: nothing is repeated before a reading has shown', async (kind) => {
    const it_ = acting(fails(kind));
    await it_.begin([shutdown]);
    expect(it_.intents()).toMatchObject([{ id: '7-life-abc-1', uncertainSince: it_.clock.now() }]);
    expect(it_.rowOf()?.trouble).toMatchObject({ verb: 'shutdown-guest', count: 1 });
    expect(it_.rowOf()?.shutdownAt).toBeUndefined();
  });

  it('that gets no answer within its limit is uncertain', async () => {
    const it_ = acting(() => new Promise(() => undefined));
    await it_.begin([shutdown], wholeMs - 1);
    expect(it_.intents()[0]?.uncertainSince).toBeUndefined();
    await it_.clock.run(it_.clock.now() + 1);
    expect(it_.intents()[0]?.uncertainSince).toBe(it_.clock.now());
  });

  it.each<readonly [FailureKind, number, number]>([
    ['refused', 2, 10_000],
    ['full', 2, 10_000],
    ['unreachable', 1, 5_000],
    ['busy', 1, 5_000],
    ['denied', 1, 300_000],
  ])('that is %s closes its intent, counts to %i after one before, and pauses for %i ms', async (kind, count, pauseMs) => {
    const it_ = acting(fails(kind), undefined, { verb: 'shutdown-guest', count: 1, notBefore: 0, why: 'x' });
    await it_.begin([shutdown]);
    expect(it_.intents()).toEqual([]);
    expect(it_.rowOf()?.trouble).toMatchObject({ verb: 'shutdown-guest', count, notBefore: it_.clock.now() + pauseMs, why: `it is ${kind}` });
  });

  it('whose daemon stops stays open for the next life, which looks', async () => {
    const it_ = acting(() => new Promise(() => undefined));
    await it_.begin([shutdown], 1_000);
    it_.end.abort();
    await it_.clock.run(it_.clock.now() + 2 * wholeMs);
    expect(it_.commits.length).toBe(1);
    expect(it_.intents()).toMatchObject([{ id: '7-life-abc-1' }]);
  });

  it('of no machine pauses by a row of its own, which its success removes', async () => {
    const stray: Deed = { verb: 'shutdown-guest', host: 'post01', uuid: 'u9', guestName: 'old', reason };
    const it_ = acting((call) => (call < 3 ? Promise.reject(new Failure('refused', 'no')) : well()));
    await it_.begin([stray]);
    await it_.begin([stray]);
    expect(it_.ledger.rows.breakers.get('stray:old')).toMatchObject({ failures: 2, openUntil: it_.clock.now() + 10_000, why: 'no' });
    await it_.begin([stray]);
    expect(it_.ledger.rows.breakers.size).toBe(0);
  });

  it('has an op id that no other deed of this deployment ever has', async () => {
    const it_ = acting(well);
    await it_.begin([shutdown, shutdown]);
    await it_.begin([shutdown]);
    expect(new Set(it_.orders).size).toBe(3);
  });
});
