import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../src/classify/classify.js';
import { resolutions, type Series } from '../../src/history/contract.js';
import { Recorder } from '../../src/history/recorder.js';
import { HistoryStore, historyFile, openHistoryStore } from '../../src/history/store.js';
import { silentLog } from '../../src/log.js';
import { Rehearsal } from '../../src/sim/rehearsal.js';
import { rehearsalPolicy } from '../../src/sim/rehearsal-policy.js';

const minute = 60_000;
const hour = 60 * minute;
const policy = rehearsalPolicy({ environments: { grid: { seats: 3 } }, hosts: 2 });
const classifier = createClassifier(policy);

/** A data centre in virtual time whose every Present is recorded. */
async function recorded() {
  const rehearsal = new Rehearsal({ policy, classify: (job, of) => classifier(job, of.queues) });
  const store = new HistoryStore(new Database(':memory:'));
  const { clock } = rehearsal;
  const beganAt = clock.now();
  const life = await rehearsal.begin();
  const recorder = new Recorder({ store, clock, log: silentLog });
  const end = new AbortController();
  const follow = async (): Promise<void> => {
    for (let last = 0; !end.signal.aborted; await clock.sleep(1000, end.signal)) {
      const present = life?.present;
      if (present === undefined || present.revision === last) continue;
      last = present.revision;
      recorder.follow(present);
    }
  };
  const stories = [follow(), recorder.run(end.signal)];
  const stop = async (): Promise<void> => {
    life?.stop();
    end.abort();
    await Promise.all(stories);
  };
  const series = (): Series => recorder.reader.series({ since: beganAt, until: clock.now(), stepMs: minute });
  return { rehearsal, store, recorder, beganAt, stop, series };
}

const known = (values: readonly (number | null)[]): readonly number[] => values.filter((value) => value !== null);
const sum = (values: readonly (number | null)[]): number => known(values).reduce((so, value) => so + value, 0);

describe('the history of a life', () => {
  it('tells demand, supply, waiting times, delivered time and energy of jobs that were served', async () => {
    const { rehearsal, recorder, beganAt, stop, series } = await recorded();
    await rehearsal.pass(2 * minute);
    for (let n = 0; n < 2; n++) rehearsal.submit(['-q', 'grid', '-l', 'nodes=1:ppn=2'], 'sleep 1800\n');
    await rehearsal.pass(hour);
    await stop();
    const grid = series().environments['grid']!;
    expect(Math.max(...known(grid.waitingJobs))).toBeGreaterThan(1);
    expect(sum(grid.waitingSlots)).toBeCloseTo(2 * sum(grid.waitingJobs), 6);
    expect(Math.max(...known(grid.runningSlots))).toBe(4);
    expect(sum(grid.started)).toBe(2);
    expect(sum(grid.ended)).toBe(2);
    expect(Math.max(...known(grid.machines.busy))).toBeGreaterThan(0);
    expect(grid.waitP95Ms.some((wait) => wait !== null && wait > 20_000 && wait < 10 * minute)).toBe(true);
    const accounts = recorder.reader.accounts(0, beganAt + 10 * hour);
    const coreHours = accounts.reduce((so, { coreMs }) => so + coreMs, 0) / hour;
    expect(coreHours).toBeGreaterThan(1.97); // 2 jobs x 2 slots x half an hour, ends seen up to a poll late or early
    expect(coreHours).toBeLessThan(2.06);
    const { site } = series();
    expect(Math.max(...known(site.hostsOn))).toBe(2);
    expect(Math.min(...known(site.powerW).slice(5))).toBeGreaterThanOrEqual(2 * 95 - 0.01);
    expect(Math.max(...known(site.powerW))).toBeCloseTo(2 * 95 + 95.7, 0); // four of eight cores busy
  });

  it('has a gap while the batch server is silent, and no zero; machines are still known', async () => {
    const { rehearsal, beganAt, stop, series } = await recorded();
    rehearsal.submit(['-q', 'grid'], 'sleep 7200\n');
    await rehearsal.pass(15 * minute);
    rehearsal.batchTrouble.afflict('silent', { forMs: 20 * minute });
    await rehearsal.pass(40 * minute);
    await stop();
    const { at, environments } = series();
    const grid = environments['grid']!;
    const values = at.map((start, n) => ({ minute: (start - beganAt) / minute, running: grid.runningJobs[n], machines: grid.slots[n] }));
    expect(values.filter(({ minute: n }) => n >= 18 && n <= 33).map(({ running }) => running)).toEqual(Array(16).fill(null));
    expect(values.filter(({ minute: n }) => n >= 18 && n <= 33).every(({ machines }) => machines !== null)).toBe(true);
    expect(values.filter(({ minute: n }) => n >= 40 && n < 54).map(({ running }) => running)).toEqual(Array(14).fill(1));
  });

  it('adds up to the same at every resolution', async () => {
    const { rehearsal, store, stop } = await recorded();
    rehearsal.submit(['-q', 'grid'], 'sleep 3000\n');
    await rehearsal.pass(2.5 * hour);
    await stop();
    const totals = resolutions.map(({ stepMs }) =>
      store.db
        .prepare('SELECT round(sum(demandMs)) d, round(sum(runningSlots)) r, round(sum(joules)) j, sum(started) s FROM environment_steps WHERE step = ?')
        .get(stepMs),
    );
    expect(totals[0]).toMatchObject({ s: 1 });
    expect(totals[1]).toEqual(totals[0]);
    expect(totals[2]).toEqual(totals[0]);
  });

  it('is bounded: what is older than it is kept goes, the coarse steps stay', async () => {
    const { rehearsal, store, stop } = await recorded();
    await rehearsal.pass(hour);
    await stop();
    const count = (stepMs: number): unknown => store.db.prepare('SELECT count(*) FROM pool_steps WHERE step = ?').pluck().get(stepMs);
    const after = rehearsal.clock.now() + 3 * 24 * hour;
    expect(store.trim(after)).toBeGreaterThan(0);
    expect([count(minute), count(10 * minute) !== 0, count(hour) !== 0]).toEqual([0, true, true]);
    store.trim(after + 500 * 24 * hour);
    expect([count(10 * minute), count(hour)]).toEqual([0, 0]);
  });
});

describe('a history that cannot be read', () => {
  it('is put aside, and a new one begun', () => {
    const folder = mkdtempSync(join(tmpdir(), 'domus-history-'));
    writeFileSync(historyFile(folder), 'this is no database, and was never one of them, for sure'.repeat(100));
    const { store, brokenAs } = openHistoryStore(folder, 5);
    expect(brokenAs).toBe(`${historyFile(folder)}.broken-5`);
    expect(readdirSync(folder)).toContain('history.sqlite.broken-5');
    expect(store.state(7).beganAt).toBe(7);
    store.close();
  });

  it('keeps what it gathered while the disk is full, and writes it when there is room', async () => {
    const { rehearsal, store, recorder, stop, series } = await recorded();
    await rehearsal.pass(3 * minute);
    const pages = Number(store.db.pragma('page_count', { simple: true }));
    store.db.pragma(`max_page_count = ${pages}`);
    store.db.exec('CREATE TEMP TABLE t (x)');
    await rehearsal.pass(60 * minute);
    store.db.pragma('max_page_count = 1000000');
    await rehearsal.pass(2 * minute);
    await stop();
    recorder.flush();
    expect(series().site.hostsOn.filter((value) => value === 2).length).toBeGreaterThan(58);
  });
});
