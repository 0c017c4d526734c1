import { Random } from '../random.js';
import type { Workload } from './workload.js';

/** Jobs are shaken by up to so much, ms. Source: the measurements that the targets come from. */
export const longestShakeMs = 600_000;

/**
 * The same workload with every job submitted 0 to `longestShakeMs` later, by the seed: numbered anew in the new order. Every scenario of one
 * seed gets this one workload. Means of several such runs say what a single run cannot: differences below about 10 % are chance.
 */
export function shaken(workload: Workload, seed: number): Workload {
  const random = new Random(seed);
  const jobs = workload.jobs
    .map((job) => ({ ...job, submitAt: job.submitAt + random.between(0, longestShakeMs / 1000) * 1000 }))
    .sort((a, b) => a.submitAt - b.submitAt || a.number - b.number)
    .map((job, number) => ({ ...job, number }));
  return { ...workload, jobs, startAt: jobs[0]?.submitAt ?? workload.startAt, endAt: jobs.at(-1)?.submitAt ?? workload.endAt };
}
