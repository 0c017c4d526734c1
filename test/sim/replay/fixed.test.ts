import { describe, expect, it } from 'vitest';
import { usualDraw } from '../../../src/sim/hosts/power.js';
import { replayBaseline } from '../../../src/sim/replay/baselines.js';
import { type FixedOptions, replayFixed } from '../../../src/sim/replay/fixed.js';
import { sharedPool } from '../../../src/sim/replay/partition.js';
import type { Run, Workload } from '../../../src/sim/replay/workload.js';
import { hourMs, minuteMs, siteOf, workload } from './runs.js';

const cpuMs = (): number => 0;
const pool = (of: Workload, hosts: number, options: Partial<FixedOptions> = {}): Run =>
  replayFixed(of, siteOf(hosts), sharedPool(of, siteOf(hosts)), { scenario: 'pool', seed: 1, refill: 'immediate', cpuMs, ...options });
const waits = (run: Run): readonly number[] => [...run.started].map((start, at) => (start - (run.submitted[at] as number)) / minuteMs);

describe('a shared pool', () => {
  it('starts what fits when it comes, and the rest as cores fall free, oldest first', () => {
    const jobs = workload(...Array.from({ length: 6 }, (_, at) => ({ at, class: at % 2 === 0 ? 'a' : 'b' })));
    expect(waits(pool(jobs, 1))).toEqual([0, 0, 0, 0, 56, 56]);
  });
  it('lets a short narrow job pass a wide one that it does not delay, and no other', () => {
    const jobs = workload(
      { slots: 3 },
      { at: 1, slots: 4 },
      { at: 2, runMs: 10 * minuteMs, walltimeMs: 30 * minuteMs },
      { at: 3, runMs: 10 * minuteMs, walltimeMs: 5 * hourMs },
    );
    // Its user asked for two hours: the wide job's place is kept from minute 120 on.
    expect(waits(pool(jobs, 1))).toEqual([0, 59, 0, 117]);
  });
  it('knows walltimes, not run times: a job that ends early frees its cores early', () => {
    expect(waits(pool(workload({ slots: 4, runMs: minuteMs }, { at: 0, slots: 4 }), 1))).toEqual([0, 1]);
  });
  it('whose scheduler looks every 30 s starts nothing between', () => {
    const run = pool(workload({ submitAt: 10_000 }, { submitAt: 30_000 }, { submitAt: 59_999 }), 1, { refill: { cycleMs: 30_000 } });
    expect([...run.started]).toEqual([30_000, 60_000, 60_000]);
  });
  it('records what was, over time', () => {
    const { series, hostHours, energyKWh, endAt } = pool(workload({ slots: 4 }, { class: 'b', slots: 4 }), 1, { stepMs: hourMs });
    expect(endAt).toBe(2 * hourMs);
    expect(series.columns).toMatchObject({
      'running:a': [1, 0],
      'running:b': [0, 1],
      'waiting:b': [1, 0],
      'waitingSlots:b': [4, 0],
      busyCores: [4, 4],
      hostsOn: [1, 1],
    });
    expect(hostHours).toBe(2);
    expect(energyKWh).toBeCloseTo((2 * usualDraw.busyWatts) / 1000);
  });
});

describe('a static partition', () => {
  it("lends a class no other's idle hosts", () => {
    const jobs = workload({ class: 'a', slots: 4 }, { class: 'a', slots: 4 }, { class: 'b', at: 5, runMs: minuteMs });
    const run = replayBaseline('static-mean', jobs, siteOf(2), { seed: 1, refill: 'immediate', cpuMs });
    expect(waits(run)).toEqual([0, 60, 0]);
    expect(run.scenario).toBe('static-mean');
    expect(run.series.columns['machines:a']?.[0]).toBe(1);
  });
});

describe('a baseline that switches off idle hosts', () => {
  const jobs = workload({ slots: 4 }, { at: 600, slots: 4 });
  const on = replayBaseline('pool', jobs, siteOf(2), { seed: 1, refill: 'immediate', cpuMs });
  const saving = replayBaseline('pool-power', jobs, siteOf(2), { seed: 1, refill: 'immediate', cpuMs });
  it('makes no job wait for it', () => expect(waits(saving)).toEqual(waits(on)));
  it('charges each host the idle limit and the time of switching', () => {
    const switching = (usualDraw.onMs + usualDraw.offMs) / hourMs;
    // The first host works an hour twice and lingers once before it goes; the second lingers once.
    expect(saving.hostHours).toBeCloseTo(2 + 0.5 + switching + 0.5 + switching);
    expect(on.hostHours).toBe(22);
  });
  it('charges the energy of off, idle, busy and switching', () => {
    const { busyWatts, idleWatts, offWatts, risingWatts, fallingWatts, onMs, offMs } = usualDraw;
    const onHours = saving.hostHours - (2 * (onMs + offMs)) / hourMs;
    const switching = (2 * (risingWatts * onMs + fallingWatts * offMs)) / hourMs;
    const expected = 2 * busyWatts + (onHours - 2) * idleWatts + switching + (22 - saving.hostHours) * offWatts;
    expect(saving.energyKWh * 1000).toBeCloseTo(expected);
    expect(saving.powerOns).toBe(1);
  });
});
