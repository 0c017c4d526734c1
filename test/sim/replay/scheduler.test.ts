import { describe, expect, it } from 'vitest';
import { Lane } from '../../../src/sim/replay/scheduler.js';
import type { TraceJob } from '../../../src/sim/replay/workload.js';

const hour = 3_600_000;
const job = (number: number, slots: number, walltimeHours = 1): TraceJob => ({
  ...{ number, id: String(number), class: 'grid', owner: 'alice', submitAt: 0, runMs: hour, walltimeMs: walltimeHours * hour, slots },
});
/** A lane of one-core nodes. */
function lane(nodes: number): Lane {
  const it = new Lane();
  for (let at = 0; at < nodes; at++) it.setNode(`wn${at}`, 1, true);
  return it;
}
const begun = (it: Lane, now = 0): readonly number[] => it.cycle(now).map(({ job: { number } }) => number);

describe('The batch scheduler of a replay', () => {
  it('starts the oldest first, and none that does not fit', () => {
    const it = lane(3);
    for (const each of [job(1, 1), job(0, 1), job(2, 2)]) it.submit(each);
    expect(begun(it)).toEqual([0, 1]);
    expect(it.free).toBe(1);
    expect(it.waiting.map(({ number }) => number)).toEqual([2]);
    it.end(0);
    expect(begun(it)).toEqual([2]);
  });

  it('lets a younger job pass a wide one only where it asks to be done before the wide one could start', () => {
    const it = lane(4);
    it.submit(job(0, 3, 2));
    expect(begun(it)).toEqual([0]);
    for (const each of [job(1, 4), job(2, 1, 3), job(3, 1, 2)]) it.submit(each);
    expect(begun(it)).toEqual([3]); // 2 would still hold its slot when the wide one could start
  });

  it('lets it pass, too, where it leaves the wide one enough slots', () => {
    const it = lane(4);
    it.submit(job(0, 2, 2));
    begun(it);
    for (const each of [job(1, 3), job(2, 1, 99), job(3, 1, 99)]) it.submit(each);
    expect(begun(it)).toEqual([2]);
  });

  it('lets everybody pass a job that is wider than all there is: nobody reserves what does not exist', () => {
    const it = lane(2);
    for (const each of [job(0, 3), job(1, 1, 99), job(2, 1, 99)]) it.submit(each);
    expect(begun(it)).toEqual([1, 2]);
  });

  it('believes estimates that are over to end now', () => {
    const it = lane(2);
    it.submit(job(0, 1, 1));
    begun(it);
    for (const each of [job(1, 2), job(2, 1, 1)]) it.submit(each);
    expect(begun(it, 3 * hour)).toEqual([]);
  });

  it('puts nothing on closed nodes, and a job that was put back has its old place', () => {
    const it = lane(2);
    it.setNode('wn1', 1, false);
    for (const each of [job(0, 1), job(1, 1)]) it.submit(each);
    expect(begun(it)).toEqual([0]);
    it.end(0);
    it.submit(job(0, 1));
    expect(it.waiting.map(({ number }) => number)).toEqual([0, 1]);
    it.setNode('wn0', 1, false);
    expect(begun(it)).toEqual([]);
    expect(it.free).toBe(0);
  });

  it('spreads the slots of one job over nodes and gives each back', () => {
    const it = new Lane();
    it.setNode('a', 2, true);
    it.setNode('b', 4, true);
    it.submit(job(0, 5));
    expect(it.cycle(0)[0]?.shares).toEqual([
      { node: 'a', slots: 2 },
      { node: 'b', slots: 3 },
    ]);
    expect(it.free).toBe(1);
    it.setNode('b', 3, true); // shrunk under a job: no slot is free that is not there
    expect(it.free).toBe(0);
    it.end(0);
    expect(it.free).toBe(5);
    expect(it.end(0)).toBe(false);
  });
});
