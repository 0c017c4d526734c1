import { Failure } from '../drivers/failure.js';
import { hasJobs, isOffline } from '../model/batch.js';
import { batchOf, type Hands } from './hands.js';

/**
 * The safety read right before a stop or a resize: the node is offline and nobody, server, mom or any job's exec_host,
 * knows a job there. Of a buried machine jobs are not asked, but that its worker is as silent as it was. Raises Failure
 * `busy` (nothing is done) otherwise.
 */
export async function proveIdle(
  hands: Hands,
  safe: { readonly source: string; readonly node: string; readonly unheardSince?: number } | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (safe === undefined) return;
  const { node, jobsNamingIt } = await batchOf(hands, safe.source).readNode(safe.node, signal);
  if (!isOffline(node)) throw new Failure('busy', `${safe.node} is not offline: not stopped`);
  if (safe.unheardSince !== undefined) {
    if ((node.reportedAt ?? 0) > safe.unheardSince) throw new Failure('busy', `the worker of ${safe.node} is heard again: not stopped`);
    return;
  }
  if (!hasJobs(node) && jobsNamingIt.length === 0) return;
  const jobs = [...node.jobs.map((job) => job.id), ...node.momJobs, ...jobsNamingIt];
  throw new Failure('busy', `${safe.node} still has ${[...new Set(jobs)].slice(0, 3).join(', ')}: not stopped`);
}
