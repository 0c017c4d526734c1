import type { Clock } from '../clock.js';
import type { BatchSnapshot } from '../model/batch.js';

/** So many jobs do not end within one poll without a trace. */
const manyJobs = 10;
/** Before the second question, ms. */
const secondThoughtMs = 5_000;

/** A full list that is empty all at once: a server that was just restarted, or lost its database, answers so. */
export const vanished = (last: BatchSnapshot | undefined, next: BatchSnapshot): boolean =>
  last !== undefined && ((last.jobs.length >= manyJobs && next.jobs.length === 0) || (last.nodes.length > 0 && next.nodes.length === 0));

/** An empty list where there was a full one is believed only when a second answer, a moment later, says the same. */
export async function confirmed(
  clock: Clock,
  last: BatchSnapshot | undefined,
  read: () => Promise<BatchSnapshot>,
  signal: AbortSignal,
): Promise<BatchSnapshot> {
  const answer = await read();
  if (!vanished(last, answer)) return answer;
  await clock.sleep(secondThoughtMs, signal);
  return read();
}
