import type { BatchQueue } from '../model/batch.js';
import { chunksOf, type Job, slotsOf } from '../model/job.js';
import { oncePer } from '../model/once.js';
import type { Facts } from './expression.js';

/** Words of `neednodes` that are properties: `sl5`, or `1:ppn=2:sl5`. */
const wordsOf = (neednodes: string): readonly string[] =>
  neednodes.split(/[:+&|]/).filter((word) => word !== '' && !/^\d+$/.test(word) && !word.startsWith('ppn='));

/** Of one part, as every job without `-l nodes` asks of that queue. */
const defaultsOf = oncePer(({ neednodes }: BatchQueue): readonly (readonly string[])[] => (neednodes === undefined ? nothing : [wordsOf(neednodes)]));
const nothing: readonly (readonly string[])[] = [[]];

/** The properties each part of a job asks for; the queue's `neednodes` is only a default for jobs without `-l nodes` (measured). */
export function askedProperties(job: Job, queue: BatchQueue | undefined): readonly (readonly string[])[] {
  if (job.request.chunks.length > 0) return job.request.chunks.map((chunk) => chunk.properties);
  return queue === undefined ? nothing : defaultsOf(queue);
}

/** A whole number for CEL; anything else counts as not asked for. */
const whole = (n: number): bigint => BigInt(Number.isFinite(n) ? Math.max(0, Math.floor(n)) : 0);

/** A job as an expression sees it. What it does not ask for is 0, the words it does not have are empty. */
export function factsOf(job: Job, queue: BatchQueue | undefined, properties: readonly string[]): Facts {
  const { request } = job;
  const slots = slotsOf(request);
  const chunks = chunksOf(request);
  return {
    queue: job.queue,
    owner: job.owner,
    group: job.group ?? '',
    account: job.account ?? '',
    name: job.name,
    slots: whole(slots),
    nodes: whole(request.chunks.length === 0 ? 1 : chunks.reduce((sum, chunk) => sum + chunk.count, 0)),
    ppn: whole(Math.max(...chunks.map((chunk) => chunk.ppn))),
    memoryMiB: whole(request.memoryMiB ?? (request.memoryPerProcMiB ?? 0) * slots),
    walltimeSeconds: whole((request.walltimeMs ?? queue?.defaultWalltimeMs ?? 0) / 1000),
    properties: [...properties],
    array: job.id.includes('['),
  };
}
