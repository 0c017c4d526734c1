import { sizeFor } from '../model/environment.js';
import { chunksOf, type Job, memoryPerSlotMiB, slotsOf } from '../model/job.js';
import { because, type Reason } from '../model/reason.js';
import type { Candidate } from './candidate.js';

/** Why the environment's largest machine, or all its machines at once, are not enough for the job; undefined when they are. */
export function misfit(job: Job, { environment, largestNp }: Candidate): Reason | undefined {
  const refs = [`environment:${environment.name}`];
  const perSlotMiB = memoryPerSlotMiB(job.request);
  for (const { ppn } of chunksOf(job.request)) {
    if (ppn <= largestNp && sizeFor(environment, ppn, perSlotMiB) !== undefined) continue;
    const wanted = `${ppn} slot(s) on one node${perSlotMiB > 0 ? ` with ${perSlotMiB} MiB each` : ''}`;
    const largest = `${largestNp} slot(s), ${environment.memoryMiB.max} MiB`;
    return because('unserved-wide', { wanted, environment: environment.name, largest }, refs);
  }
  const { chunks } = job.request;
  const nodes = chunks.length > 0 ? chunks.reduce((sum, chunk) => sum + chunk.count, 0) : nodesAnywhere(slotsOf(job.request), perSlotMiB);
  if (nodes > environment.max) return because('unserved-nodes', { wanted: nodes, environment: environment.name, max: environment.max }, refs);
  return undefined;

  /** `procs`: the fewest largest machines that hold so many single slots. */
  function nodesAnywhere(slots: number, eachMiB: number): number {
    const needMiB = Math.max(eachMiB, environment.memoryPerCoreMiB);
    return Math.ceil(slots / Math.max(1, Math.min(largestNp, Math.floor(environment.memoryMiB.max / needMiB))));
  }
}
