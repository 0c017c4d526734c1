import { systemClock } from '../src/clock.js';
import { settleBatch } from '../src/observe/intake.js';
import { type Inputs, type Joined, join } from '../src/observe/join.js';
import { plan } from '../src/plan/plan.js';
import { makeWorld, now } from './world.js';

/** Median wall time of `work`, ms. */
function median(times: number, work: () => void): number {
  const took = Array.from({ length: times }, () => {
    const from = systemClock.mono();
    work();
    return systemClock.mono() - from;
  }).sort((a, b) => a - b);
  return Math.round((took[Math.floor(times / 2)] ?? 0) * 100) / 100;
}

/** Time of one tick's thinking (join and plan) at 1,000 jobs x 100 hosts: from scratch, with 1 % of the jobs changed, with nothing changed. */
export const bench = {
  name: 'tick',
  async run(): Promise<Record<string, number>> {
    const { inputs, snapshot } = makeWorld({ jobs: 1_000, hosts: 100 });
    const first: Joined = join(undefined, inputs);
    const changed = settleBatch(snapshot, { ...snapshot, jobs: snapshot.jobs.map((job, at) => (at % 100 === 0 ? { ...job, owner: 'somebody' } : job)) });
    const next: Inputs = { ...inputs, batch: new Map([['main', { askedAt: now, answeredAt: now, value: changed, revision: 2 }]]) };
    return {
      jobs: 1_000,
      hosts: 100,
      machines: first.world.machines.size,
      groups: first.world.groups.length,
      joinFirstMs: median(21, () => void join(undefined, inputs)),
      joinOnePercentMs: median(21, () => void join(first, next)),
      joinUnchangedMs: median(21, () => void join(first, inputs)),
      planMs: median(21, () => void plan(first.world, inputs.policy, now)),
      tickMs: median(21, () => void plan(join(first, next).world, inputs.policy, now)),
    };
  },
};
