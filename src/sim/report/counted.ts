import { type Figures, windowOf } from '../replay/metrics.js';
import type { Run } from '../replay/workload.js';

/** Waits in ms of the jobs that count (those submitted within the window), in order; Infinity for one that never started. Of one class, or of all. */
export function countedWaits(run: Run, of?: string): Float64Array {
  const { from, until } = windowOf(run.workload);
  const waits: number[] = [];
  for (const { number, class: name } of run.workload.jobs) {
    const submitted = run.submitted[number]!;
    if (!(submitted >= from && submitted <= until) || (of !== undefined && name !== of)) continue;
    const started = run.started[number]!;
    waits.push(Number.isNaN(started) ? Number.POSITIVE_INFINITY : Math.max(0, started - submitted));
  }
  return Float64Array.from(waits).sort();
}

const secondMs = 1000;
/** The figures keep waits in seconds; the page counts in ms. */
export const waitMs = ({ wait }: Pick<Figures, 'wait'>, part: 'mean' | 'median' | 'p95'): number => wait[part] * secondMs;

/** If every host were on for the whole of the time that counts. */
export function alwaysOnHours({ workload, site }: Run): number {
  const { from, until } = windowOf(workload);
  return (site.hosts * (until - from)) / 3_600_000;
}
