import { Random } from '../random.js';
import type { Log, LoggedJob } from './logged.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Monday 2 March 2026, 00:00 UTC. */
const monday = 1_772_409_600_000;

/** The iron of the made-up site. */
export const exampleSite = { hosts: 12, coresPerHost: 4 } as const;

/** Many jobs that come together. */
interface Campaign {
  readonly queue: string;
  readonly user: string;
  /** Days since Monday, with the hour as their fraction. */
  readonly day: number;
  readonly jobs: number;
  /** Within which they are handed in, minutes. */
  readonly over: number;
  /** Half of them run shorter, minutes. */
  readonly run: number;
}

/** What each queue asks of a job, and its jobs of every working day. */
const queues = {
  grid: { walltimeHours: 48, slots: [1], daily: 30, run: 45, users: ['cms001', 'cms002', 'cms003'] },
  theory: { walltimeHours: 24, slots: [4, 8, 8, 16], daily: 5, run: 40, users: ['anna', 'bob'] },
  legacy: { walltimeHours: 72, slots: [1, 2], daily: 6, run: 60, users: ['opal', 'carla'] },
  biology: { walltimeHours: 12, slots: [1], daily: 40, run: 6, users: ['dora', 'emil', 'fred'] },
} as const;
type Queue = keyof typeof queues;

const hour = (day: number, hours: number): number => day + hours / 24;
/** One environment after the other has nearly the whole site to do: what the groups of a real grid site do over weeks. */
const campaigns: readonly Campaign[] = [
  { queue: 'grid', user: 'cms001', day: hour(0, 9.5), jobs: 420, over: 420, run: 62 },
  { queue: 'biology', user: 'dora', day: hour(1, 13), jobs: 380, over: 20, run: 12 },
  { queue: 'legacy', user: 'opal', day: hour(2, 8), jobs: 260, over: 420, run: 95 },
  { queue: 'theory', user: 'anna', day: hour(3, 17), jobs: 22, over: 240, run: 110 },
  { queue: 'biology', user: 'emil', day: hour(4, 10), jobs: 500, over: 30, run: 10 },
  { queue: 'grid', user: 'cms003', day: hour(4, 18), jobs: 520, over: 900, run: 66 },
  { queue: 'legacy', user: 'carla', day: hour(6, 11), jobs: 90, over: 90, run: 80 },
];

/** A run time around `middle` minutes, a few of them many times as long; whole seconds, at least 5. */
function runMs(random: Random, middle: number): number {
  // Sum of twelve even numbers less six: nearly normal, mean 0, deviation 1.
  const normal = Array.from({ length: 12 }, () => random.next()).reduce((sum, each) => sum + each, -6);
  return Math.max(5, Math.round(middle * 60 * Math.exp(normal * 0.9))) * 1000;
}

function jobOf(random: Random, queue: Queue, job: { readonly user: string; readonly submitAt: number; readonly run: number }): Omit<LoggedJob, 'id'> {
  const { walltimeHours, slots } = queues[queue];
  const walltimeMs = walltimeHours * 60 * minuteMs;
  const cores = random.pick(slots);
  return {
    ...{ queue, group: queue, account: '', user: job.user, name: `${queue}-job` },
    submitAt: Math.round(job.submitAt / 1000) * 1000,
    runMs: Math.min(walltimeMs, runMs(random, job.run)),
    walltimeMs,
    ...{ slots: cores, nodes: Math.ceil(cores / exampleSite.coresPerHost), ppn: Math.min(cores, exampleSite.coresPerHost) },
    ...{ memoryMiB: 0, properties: [], array: false },
  };
}

/** The ordinary work of one day: from nine to seven, little at the weekend. */
function ordinary(random: Random, day: number): readonly Omit<LoggedJob, 'id'>[] {
  const part = day < 5 ? 1 : 0.3;
  return (Object.keys(queues) as Queue[]).flatMap((queue) =>
    Array.from({ length: Math.round(queues[queue].daily * part) }, () =>
      jobOf(random, queue, { user: random.pick(queues[queue].users), submitAt: monday + dayMs * hour(day, 9 + 10 * random.next()), run: queues[queue].run }),
    ),
  );
}

const campaign = (random: Random, { queue, user, day, jobs, over, run }: Campaign): readonly Omit<LoggedJob, 'id'>[] =>
  Array.from({ length: jobs }, () => jobOf(random, queue as Queue, { user, submitAt: monday + day * dayMs + random.next() * over * minuteMs, run }));

/**
 * One week of a made-up site of twelve hosts with four incompatible environments, always the same: ordinary days, and campaigns in which one
 * environment has more to do than all hosts can. Nothing in it comes from a real log.
 */
export function exampleLog(): Log {
  const random = new Random(2026);
  const jobs = [...Array.from({ length: 7 }, (_, day) => ordinary(random, day)).flat(), ...campaigns.flatMap((each) => campaign(random, each))]
    .sort((a, b) => a.submitAt - b.submitAt)
    .map((job, at): LoggedJob => ({ id: `${at + 1}.example`, ...job }));
  return { name: 'example', format: 'torque', jobs, dropped: {}, bad: { count: 0, first: [] }, header: {}, site: exampleSite };
}
