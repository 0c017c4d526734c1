import { describe, expect, it } from 'vitest';
import { Changes, type Sink, usualLimits } from '../../src/api/changes/changes.js';
import { countingMs } from '../../src/api/changes/picture.js';
import { type ChangeEvent, changeEvent, merge } from '../../src/api/client.js';
import type { MachineRecord } from '../../src/api/schema/machines.js';
import { machineRecord } from '../../src/api/views-machines.js';
import type { Present } from '../../src/model/present.js';
import { because, type Reason } from '../../src/model/reason.js';
import { VirtualClock } from '../../src/sim/clock.js';
import { givenAt } from '../given-present.js';
import { busyDay } from './scene.js';

class Reader implements Sink {
  readonly told: string[] = [];
  unread = 0;
  ended = false;
  write(text: string): void {
    this.told.push(text);
  }
  waiting(): number {
    return this.unread;
  }
  end(): void {
    this.ended = true;
  }
  get events(): readonly ChangeEvent[] {
    return this.told.flatMap((text) => changeEvent(text.trim()) ?? []);
  }
  get last(): ChangeEvent | undefined {
    return this.events.at(-1);
  }
}

const first = busyDay();
const later = (
  before: Present,
  more: { machines?: (machines: Map<string, unknown>) => void; reasons?: Record<string, readonly Reason[]>; byMs?: number } = {},
): Present => {
  const machines = new Map(before.world.machines);
  more.machines?.(machines);
  const reasons = new Map([...before.plan.reasons, ...Object.entries(more.reasons ?? {})]);
  return {
    ...before,
    revision: before.revision + 1,
    at: before.at + (more.byMs ?? 1000),
    world: { ...before.world, machines },
    plan: { ...before.plan, reasons },
  };
};
const always = () => true;

function given(limits = {}) {
  const clock = new VirtualClock(givenAt);
  const changes = new Changes(clock, '0.1.0', { ...usualLimits, ...limits });
  changes.publish(first);
  const follow = (lastId?: string, who = 'anna', welcome = always) => {
    const reader = new Reader();
    return Object.assign(reader, { leave: changes.follow(who, lastId, () => reader, welcome) });
  };
  return { clock, changes, follow };
}
const dataOf = (event: ChangeEvent | undefined) => (event?.event === 'change' ? event.data : undefined);

describe('what a tick changes, told as it happens', () => {
  it('greets, then tells the fields that changed and nothing else', () => {
    const { changes, follow } = given();
    const reader = follow();
    expect(reader.events).toEqual([{ event: 'hello', id: expect.stringMatching(/-7$/), data: { revision: 7, at: givenAt } }]);
    const second = later(first, {
      machines: (machines) => {
        const view = first.world.machines.get('grid-02.example.org#4')!;
        machines.set('grid-02.example.org#4', { ...view, phase: 'joining', intent: undefined });
        machines.delete('grid-01.example.org#1');
      },
    });
    changes.publish(second);
    expect(dataOf(reader.last)).toMatchObject({
      revision: 8,
      machines: { set: [{ id: 'grid-02.example.org#4', phase: 'joining', deed: null }], gone: ['grid-01.example.org#1'] },
    });
    expect(dataOf(reader.last)?.hosts).toBeUndefined();
    expect(dataOf(reader.last)?.status).toMatchObject({ revision: 8, machines: { total: 1 } });
  });

  it('brings whoever merges it to what the list itself shows', () => {
    const { changes, follow } = given();
    const reader = follow();
    const listed = (present: Present) =>
      new Map([...present.world.machines].map(([id, view]) => [id, JSON.parse(JSON.stringify(machineRecord(view, present))) as MachineRecord]));
    let shown: ReadonlyMap<string, MachineRecord> = listed(first);
    let present = first;
    const view = first.world.machines.get('grid-01.example.org#1')!;
    for (const change of [
      (machines: Map<string, unknown>) => machines.set(view.row.id, { ...view, jobs: [], slotsFree: 2, row: { ...view.row, idleSince: givenAt } }),
      (machines: Map<string, unknown>) => machines.delete('grid-02.example.org#4'),
      (machines: Map<string, unknown>) =>
        machines.set('new#1', { ...view, row: { ...view.row, id: 'new#1', held: { by: 'carol', why: 'a look', at: givenAt } } }),
      (machines: Map<string, unknown>) => machines.set('new#1', { ...view, row: { ...view.row, id: 'new#1' } }),
    ]) {
      present = later(present, { machines: change });
      changes.publish(present);
      const same = shown.get(view.row.id);
      shown = merge(shown, 'id', dataOf(reader.last)?.machines);
      expect([...shown.values()].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([...listed(present).values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
      if (present.revision > 8) expect(shown.get(view.row.id)).toBe(same); // what did not change is the same object
    }
  });

  it('a sentence that only counts on is said anew once a minute, not at every tick', () => {
    const { changes, follow } = given();
    const reader = follow();
    let present = first;
    const idle = (idleMs: number) => ({ 'machine:grid-01.example.org#1': [because('keep-idle', { idleMs, limitMs: 600_000 - idleMs })] });
    const told = (): number => reader.events.filter((event) => dataOf(event)?.machines !== undefined).length;
    present = later(present, { reasons: idle(1000) });
    changes.publish(present);
    expect(told()).toBe(1); // another reason
    for (let at = 2; at < countingMs / 1000; at += 10) {
      present = later(present, { reasons: idle(at * 1000), byMs: 9000 });
      changes.publish(present);
    }
    expect(told()).toBe(1);
    present = later(present, { reasons: idle(90_000), byMs: 9000 });
    changes.publish(present);
    expect(told()).toBe(2);
  });

  it('names the lists that are different, which are not sent', () => {
    const { changes, follow } = given();
    const reader = follow();
    const jobs = new Map([...first.world.jobs].slice(1));
    changes.publish({ ...first, revision: 8, world: { ...first.world, jobs } });
    expect(dataOf(reader.last)?.touched).toEqual(['jobs']);
  });
});

describe('readers who come back, are slow, or are too many', () => {
  it('gives what was missed to who comes back, and nothing twice', () => {
    const { changes, follow } = given();
    const reader = follow();
    let present = first;
    const tick = () => {
      present = later(present);
      changes.publish(present);
    };
    tick();
    const id = reader.last!.id;
    reader.leave();
    tick();
    tick();
    const back = follow(id);
    expect(back.events.map(({ event, data }) => [event, data.revision])).toEqual([
      ['change', 9],
      ['change', 10],
    ]);
    expect(follow(back.last!.id).events).toEqual([]);
  });

  it.each(['nonsense', 'otherlife-8', '', '-1'])('tells who comes back with %j to read the lists anew', (id) => {
    const { follow } = given();
    follow();
    expect(follow(id).events).toEqual([expect.objectContaining({ event: 'reset' })]);
  });

  it('keeps a bounded number of messages, and works nothing out while nobody has read for a while', async () => {
    const { clock, changes, follow } = given({ keptMessages: 3 });
    const reader = follow();
    let present = first;
    const tick = () => {
      present = later(present);
      changes.publish(present);
    };
    for (let n = 0; n < 5; n++) tick();
    reader.leave();
    expect(follow(reader.events[1]!.id).events[0]?.event).toBe('reset');
    const kept = follow(reader.events[3]!.id);
    expect(kept.events.map(({ event }) => event)).toEqual(['change', 'change']);
    const lonely = given();
    const once = lonely.follow();
    once.leave();
    await lonely.clock.run(givenAt + usualLimits.graceMs + 1000);
    lonely.changes.publish(later(first));
    expect(lonely.follow(once.last!.id).events[0]?.event).toBe('reset');
    expect(clock.wall()).toBe(givenAt);
  });

  it('drops a reader that leaves too much unread, and only that one', () => {
    const { changes, follow } = given();
    const [slow, quick] = [follow(), follow()];
    slow.unread = usualLimits.mostWaitingBytes + 1;
    changes.publish(later(first));
    expect([slow.ended, slow.told.length, quick.ended, quick.told.length]).toEqual([true, 1, false, 2]);
    expect(changes.readers).toBe(1);
  });

  it('refuses more readers than it serves, of one person and in all, before anything is opened', () => {
    const { follow, changes } = given({ readers: 3, readersOfOne: 2 });
    follow();
    follow();
    expect(() => follow(undefined, 'anna')).toThrow('too many readers');
    follow(undefined, 'bob').leave();
    follow(undefined, 'bob');
    expect(() => follow(undefined, 'carol')).toThrow('too many readers');
    expect(changes.readers).toBe(3);
  });

  it('gives signs of life, and ends for who may no longer read', async () => {
    const { clock, follow } = given();
    let welcome = true;
    const [staying, leaving] = [follow(), follow(undefined, 'bob', () => welcome)];
    await clock.run(givenAt + usualLimits.heartbeatMs + 1);
    expect(staying.told.at(-1)).toBe(': still here\n\n');
    welcome = false;
    await clock.run(givenAt + 2 * usualLimits.heartbeatMs + 1);
    expect([staying.ended, leaving.ended]).toEqual([false, true]);
  });
});
