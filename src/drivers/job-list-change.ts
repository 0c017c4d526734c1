import type { Job } from '../model/job.js';
import { Failure } from './failure.js';
import type { JobList, JobListChange } from './job-lists.js';

/** The whole list, from the one before, a change of it, and the fresh jobs. The same array where nothing changed. */
export function changedList(before: readonly Job[], { runs, warnings, unreadable, showsNeednodes }: JobListChange, fresh: readonly Job[]): JobList {
  const findings = { warnings, unreadable, showsNeednodes };
  if (isWhole(runs, before.length)) return { jobs: before, ...findings };
  const jobs: Job[] = [];
  let used = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const from = runs[at] ?? 0;
    const count = runs[at + 1] ?? 0;
    const source = from < 0 ? fresh : before;
    const start = from < 0 ? used : from;
    if (from < 0) used += count;
    if (start + count > source.length) throw new Failure('uncertain', 'a change of the list of jobs does not fit the list before');
    for (let i = start; i < start + count; i++) jobs.push(source[i] as Job);
  }
  return { jobs, ...findings };
}

const isWhole = (runs: Int32Array, length: number): boolean => (runs.length === 0 ? length === 0 : runs.length === 2 && runs[0] === 0 && runs[1] === length);
