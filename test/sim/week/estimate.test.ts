import { describe, expect, it } from 'vitest';
import type { WaitingJob, WeekWork } from '../../../src/api/week.js';
import { systemClock } from '../../../src/clock.js';
import type { Stay } from '../../../src/history/contract.js';
import type { Policy } from '../../../src/model/policy.js';
import { rehearsalPolicy } from '../../../src/sim/rehearsal-policy.js';
import { estimate } from '../../../src/sim/week/estimate.js';
import { createEstimator } from '../../../src/sim/week/estimator.js';
import { jobsOfWeek, mostJobs, rehearsedPolicy } from '../../../src/sim/week/rehearsed.js';
import { compiled } from '../../compiled.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const until = Date.UTC(2026, 0, 12);
const since = until - 7 * day;

const watching = (more: Partial<Policy> = {}): Policy => ({
  ...rehearsalPolicy({ environments: { grid: { seats: 8 }, bio: { seats: 4, max: 2 } }, hosts: 3, policy: { mode: 'watch' } }),
  ...more,
});
const stay = (afterMs: number, more: Partial<Stay> = {}): Stay => {
  const eligibleAt = since + afterMs;
  const startedAt = eligibleAt + 5 * minute;
  return { environment: 'grid', eligibleAt, startedAt, endedAt: startedAt + 30 * minute, slots: 2, walltimeMs: hour, ...more };
};
const work = (stays: readonly Stay[], waiting: readonly WaitingJob[] = [], policy = watching()): WeekWork => ({ policy, since, until, stays, waiting });

describe('the jobs of a week', () => {
  it('run again as long as they ran; what was before the week is not of it, what still runs ends now', () => {
    const { jobs } = jobsOfWeek(
      work([
        stay(hour),
        { environment: 'grid', eligibleAt: since - 3 * hour, startedAt: since - hour, endedAt: since + hour, slots: 1 },
        { environment: 'bio', eligibleAt: until - 2 * hour, startedAt: until - hour, slots: 1 },
      ]),
    );
    expect(jobs.map(({ environment, runMs, waitedMs }) => [environment, runMs / minute, (waitedMs ?? -1) / minute])).toEqual([
      ['grid', 60, 0],
      ['grid', 30, 5],
      ['bio', 60, 60],
    ]);
  });

  it('that still wait are taken to run as half of their environment do, never longer than they asked for', () => {
    const waiting = { environment: 'grid', eligibleAt: until - hour, slots: 1 };
    const { jobs, guessedRuns } = jobsOfWeek(work([stay(0), stay(hour), stay(2 * hour)], [waiting, { ...waiting, walltimeMs: 10 * minute }]));
    expect(jobs.slice(3).map(({ runMs, waitedMs }) => [runMs / minute, waitedMs])).toEqual([
      [30, undefined],
      [10, undefined],
    ]);
    expect(guessedRuns).toBe(2);
  });

  it('are left out where they are wider than their environment can be, of one that is gone, or too many', () => {
    const many = Array.from({ length: mostJobs + 7 }, (_, at) => stay(at));
    const { jobs, leftOut } = jobsOfWeek(work([...many, stay(0, { environment: 'bio', slots: 9 }), stay(0, { environment: 'gone' })]));
    expect([jobs.length, leftOut]).toEqual([mostJobs, 9]);
    expect(jobs[0]?.eligibleAt).toBe(since + 7);
  });
});

describe('the estimate', () => {
  it('lets them run under the own policy, acting, and tells waits, machines and energy beside what really was', async () => {
    const stays = Array.from({ length: 40 }, (_, at) => stay(at * 20 * minute));
    const told = await estimate(work(stays));
    expect(told.jobs).toBe(40);
    const grid = told.environments.find(({ name }) => name === 'grid');
    expect(grid).toMatchObject({ jobs: 40, unstarted: 0, longWaits: 0, really: { waitMeanMs: 5 * minute, longWaits: 0 } });
    expect(grid?.waitMeanMs).toBeGreaterThan(5000);
    expect(grid?.waitMeanMs).toBeLessThan(4 * minute); // the first waits for a boot, later ones find machines
    expect(grid?.machinesAtMost).toBeGreaterThan(0);
    expect(grid?.machinesAtMost).toBeLessThanOrEqual(6);
    expect(told.site).toMatchObject({ switchesHosts: false });
    expect(told.site.boots).toBeGreaterThan(0);
    expect(told.site.hostsOnHours).toBeCloseTo(told.site.alwaysOnHours, 0);
    expect(told.site.energyKWh).toBeCloseTo(told.site.alwaysOnKWh, 0);
  });

  it('keeps the limits of the configuration: what two machines cannot carry waits', async () => {
    const crowd = Array.from({ length: 6 }, (_, at) => stay(at * 1000, { environment: 'bio', slots: 4, endedAt: since + 5 * minute + 3 * hour }));
    const { environments } = await estimate(work(crowd));
    const bio = environments.find(({ name }) => name === 'bio');
    expect(bio?.machinesAtMost).toBe(2);
    expect(bio?.longWaits).toBe(4);
  });

  it('lets hosts sleep only where the configuration would', async () => {
    const power = rehearsalPolicy({ environments: { grid: { seats: 8 } }, hosts: 3, power: {}, policy: { mode: 'watch' } });
    const { site } = await estimate(work([stay(0), stay(40 * hour)], [], power));
    expect(site.switchesHosts).toBe(true);
    expect(site.hostsOnHours).toBeLessThan(site.alwaysOnHours / 3);
    expect(site.energyKWh).toBeLessThan(site.alwaysOnKWh / 2);
  });

  it('has no policy of its own: hosts, limits, shares and maxima stay, only the modes act', () => {
    const policy = watching();
    const rehearsed = rehearsedPolicy(policy);
    expect(rehearsed.limits).toEqual(policy.limits);
    expect(rehearsed.hosts).toEqual(policy.hosts);
    expect(rehearsed.environments['bio']).toMatchObject({ max: 2, mode: 'act', idleMs: policy.environments['bio']?.idleMs });
  });

  it('is worked out in a process of its own, which ends; one that takes too long, or has nothing, says so', async () => {
    const file = compiled('src/sim/week/worker.ts');
    const estimator = createEstimator({ clock: systemClock, file });
    const parts: number[] = [];
    const hear = (part: number): number => parts.push(part);
    expect((await estimator(work(Array.from({ length: 100 }, (_, at) => stay(at * hour))), hear)).jobs).toBe(100);
    expect(Math.max(...parts)).toBeGreaterThan(0);
    await expect(estimator(work([stay(0, { environment: 'gone' })]), hear)).rejects.toThrow('no job of the week is one that an environment could run');
    await expect(createEstimator({ clock: systemClock, file, limitMs: 1 })(work([stay(0)]), hear)).rejects.toThrow('longer than');
  });
});
