import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteJournal } from '../../../src/journal/sqlite/open.js';
import { Random } from '../../../src/sim/random.js';
import { type ReplayOptions, replayDomus } from '../../../src/sim/replay/domus.js';
import type { Refill, Run, TraceJob, Workload } from '../../../src/sim/replay/workload.js';

const minute = 60_000;
const hour = 60 * minute;
const startAt = Date.UTC(2026, 2, 2);

/** Two classes whose jobs come in swings, one after the other. */
function swings(days: number, seed: number): Workload {
  const random = new Random(seed);
  const jobs: Omit<TraceJob, 'number'>[] = [];
  for (let day = 0; day < days; day++) {
    for (const [at, of] of ['grid', 'bio'].entries()) {
      const count = 4 + Math.floor(random.next() * 12);
      for (let each = 0; each < count; each++) {
        const submitAt = startAt + day * 24 * hour + at * 7 * hour + Math.floor(random.next() * 3 * 60) * minute;
        const slots = random.next() < 0.2 ? 3 : 1;
        jobs.push({
          id: `${of}${day}-${each}`,
          class: of,
          owner: 'u',
          submitAt,
          runMs: minute + Math.floor(random.next() * 2 * hour),
          walltimeMs: 6 * hour,
          slots,
        });
      }
    }
  }
  const sorted = jobs.sort((a, b) => a.submitAt - b.submitAt).map((job, number) => ({ ...job, number }));
  const [first] = sorted;
  return {
    ...{ name: 'swings', classes: ['grid', 'bio'], jobs: sorted, dropped: {}, folded: 0 },
    startAt: first?.submitAt ?? 0,
    endAt: sorted.at(-1)?.submitAt ?? 0,
  };
}

const site = { hosts: 2, cores: 4, memoryPerCoreMiB: 1024 };
const run = (workload: Workload, wish: Partial<ReplayOptions> = {}): Promise<Run> =>
  replayDomus(workload, site, { seed: 1, refill: 'immediate', cpuMs: () => 0, ...wish });
const waits = ({ started, submitted }: Run): readonly number[] => [...started].map((at, number) => at - (submitted[number] ?? 0));

describe('A replay of the daemon', () => {
  it.each<Refill>(['immediate', { cycleMs: 30_000 }])('runs every job of a week to its end and breaks nothing (refill %j)', async (refill) => {
    const done = await run(swings(7, 3), { refill });
    expect(done.violations).toEqual([]);
    expect(done.jobsKilled).toBe(0);
    expect(waits(done).every((waited) => waited >= 0)).toBe(true);
    expect(done.boots).toBeGreaterThan(4);
    // power is managed: hosts were on for a part of the time, each on and off at most twice a day on average over three days
    const hours = (done.endAt - done.startAt) / hour;
    expect(done.hostHours).toBeLessThan(0.8 * site.hosts * hours);
    expect(done.hostHours).toBeGreaterThan(0);
    expect(done.powerOns / site.hosts).toBeLessThanOrEqual(6 * Math.ceil(hours / 72));
  });

  it('says the same twice, and other things for another seed', async () => {
    const [one, two, other] = [await run(swings(2, 5)), await run(swings(2, 5)), await run(swings(2, 5), { seed: 2 })];
    expect([...two.started]).toEqual([...one.started]);
    expect([...other.started]).not.toEqual([...one.started]);
  });

  it('skips quiet turns without changing anything over a week', async () => {
    const workload = swings(7, 9);
    const skipped = await run(workload);
    const whole = await run(workload, { skip: false });
    expect(whole.ticks).toBeGreaterThan(4 * skipped.ticks);
    expect([...skipped.started]).toEqual([...whole.started]);
    expect(skipped.boots).toBe(whole.boots);
    expect(skipped.hostHours).toBeCloseTo(whole.hostHours, 2);
  });

  it("does with the journal in memory what it does with the daemon's own", async () => {
    const workload = swings(3, 9);
    const database = new Database(':memory:');
    const [lean, whole] = [await run(workload), await run(workload, { journal: (clock) => openSqliteJournal({ database, clock }) })];
    expect(database.prepare('SELECT count(*) FROM events').pluck().get()).toBeGreaterThan(100);
    expect([...lean.started]).toEqual([...whole.started]);
    expect([lean.ticks, lean.boots, lean.hostHours, lean.energyKWh]).toEqual([whole.ticks, whole.boots, whole.hostHours, whole.energyKWh]);
  });

  it('keeps every host on where that is wished, and nobody waits for one to wake then', async () => {
    const workload = swings(2, 11);
    const on = await run(workload, { alwaysOn: true });
    expect(on.hostHours).toBeCloseTo((site.hosts * (on.endAt - on.startAt)) / hour, 6);
    expect(on.powerOns).toBe(0);
    const mean = (each: Run): number => waits(each).reduce((sum, waited) => sum + waited, 0);
    expect(mean(on)).toBeLessThan(mean(await run(workload)));
  });

  it('hands machines of a saturated class to one whose jobs wait longer', async () => {
    // grid fills the site with short jobs for days; bio's one job comes in the middle of it
    const grid = Array.from({ length: 240 }, (_, at) => ({
      ...{ id: `g${at}`, class: 'grid', owner: 'u', slots: 1 },
      submitAt: startAt + at * 1000,
      runMs: 20 * minute,
      walltimeMs: hour,
    }));
    const bio = { id: 'b', class: 'bio', owner: 'v', slots: 1, submitAt: startAt + 400 * 1000, runMs: minute, walltimeMs: hour };
    const late = Array.from({ length: 200 }, (_, at) => ({
      ...{ id: `h${at}`, class: 'grid', owner: 'u', slots: 1 },
      submitAt: startAt + (4000 + at) * 1000,
      runMs: 20 * minute,
      walltimeMs: hour,
    }));
    const jobs = [...grid, bio, ...late].sort((a, b) => a.submitAt - b.submitAt).map((job, number) => ({ ...job, number }));
    const workload: Workload = { name: 'full', classes: ['grid', 'bio'], jobs, startAt, endAt: jobs.at(-1)?.submitAt ?? 0, dropped: {}, folded: 0 };
    const done = await run(workload, { alwaysOn: true });
    const order = [...done.started].map((at, number) => ({ at, of: jobs[number]?.class })).sort((a, b) => a.at - b.at);
    const place = order.findIndex(({ of }) => of === 'bio');
    // 240 are older than it; without a handover all 440 of grid go first
    expect(place).toBeGreaterThan(0);
    expect(place).toBeLessThan(290);
  });
});
