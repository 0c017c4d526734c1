import { cpuUsage } from 'node:process';
import Database from 'better-sqlite3';
import { systemClock } from '../src/clock.js';
import { Recorder } from '../src/history/recorder.js';
import { HistoryStore } from '../src/history/store.js';
import { silentLog } from '../src/log.js';
import { createMetrics } from '../src/metrics/metrics.js';
import { MetricsObserver } from '../src/metrics/observer.js';
import type { Present } from '../src/model/present.js';
import { conditionsOf } from '../src/notices/conditions.js';
import { join } from '../src/observe/join.js';
import { plan } from '../src/plan/plan.js';
import { makeWorld, now } from './world.js';

/** What the history, metrics and notices cost: the loop per tick (`follow`), and the daemon beside it, each look at the newest Present (every 5 s) and each write (once a minute), at 1,000 hosts and 8,000 machines. Processor time, so that a busy machine is no slow program. */
export const bench = {
  name: 'history',
  async run(): Promise<Record<string, number>> {
    const { inputs } = makeWorld({ jobs: 20_000, hosts: 1_000, seats: 4_000, listed: true });
    const { world } = join(undefined, inputs);
    const decided = plan({ ...world, groups: [] }, inputs.policy, now);
    const recorder = new Recorder({ store: new HistoryStore(new Database(':memory:')), clock: systemClock, log: silentLog });
    const metrics = new MetricsObserver(createMetrics('bench'));
    const spent = { follow: [] as number[], look: [] as number[], flush: [] as number[], metrics: [] as number[], notices: [] as number[] };
    const timed = (what: keyof typeof spent, work: () => void): void => {
      const from = cpuUsage();
      work();
      const { user, system } = cpuUsage(from);
      spent[what].push((user + system) / 1000);
    };
    for (let round = 0; round < 60; round++) {
      const at = now + round * 5_000;
      const present: Present = { revision: round, at, world: later(world, at), plan: decided, policy: inputs.policy, epoch: 1 };
      timed('follow', () => recorder.follow(present));
      timed('metrics', () => metrics.follow(present));
      timed('notices', () => void conditionsOf(present, 43_200_000));
      timed('look', () => recorder.look());
      if (round % 12 === 11) timed('flush', () => recorder.flush());
    }
    const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    return {
      hosts: world.hosts.size,
      machines: world.machines.size,
      jobs: world.jobs.size,
      followMs: median(spent.follow),
      metricsFollowMs: median(spent.metrics),
      noticesLookMs: median(spent.notices),
      lookMs: median(spent.look),
      lookWorstMs: Math.max(...spent.look),
      flushMs: median(spent.flush),
      flushWorstMs: Math.max(...spent.flush),
    };
  },
};

/** The same world with a new answer of its batch server, as every poll brings one, and another map of jobs every third time. */
function later(world: Present['world'], at: number): Present['world'] {
  const sources = new Map([...world.sources].map(([name, view]) => [name, { ...view, reading: { ...view.reading, answeredAt: at } }]));
  return { ...world, sources, jobs: at % 15_000 === 0 ? new Map(world.jobs) : world.jobs };
}
