import { type Chunk, chunksOf, holdsNodes, isEligible, type Job, jobKey, memoryPerSlotMiB, slotsOf } from '../model/job.js';
import type { Present } from '../model/present.js';
import { because, type Reason, sentence } from '../model/reason.js';
import { isBatchHeld, type SchedulerSnapshot, wordOn } from '../model/scheduler.js';
import type { JobGroup, World } from '../model/world.js';
import { classOf } from './census.js';
import { mainText, when } from './said.js';
import type { JobRecord } from './schema/jobs.js';
import { seesJob, type Viewer } from './viewer.js';

const chunkText = (chunk: Chunk): string => `${chunk.count}:ppn=${chunk.ppn}${chunk.properties.map((p) => `:${p}`).join('')}`;
const requestText = (job: Job): string =>
  [...chunksOf(job.request).map(chunkText), ...job.request.unsupported.map((syntax) => `(${syntax})`)].slice(0, 20).join('+');

const signature = (parts: readonly (string | number)[]): string => parts.join('|');

const schedulerOf = (job: Job, world: World): SchedulerSnapshot | undefined => world.sources.get(job.source)?.scheduler?.value;

/** What the scheduler beside the batch server says of a waiting job, where one is asked. */
export const schedulersWord = (job: Job, world: World): Reason | undefined => (isEligible(job) ? wordOn(schedulerOf(job, world), job.id) : undefined);

/** Finds the group that an eligible waiting job is counted in. */
export function grouping(world: World): (job: Job) => JobGroup | undefined {
  const bySignature = new Map<string, JobGroup>();
  for (const group of world.groups) {
    const places = group.places.map((p) => chunkText({ count: p.count, ppn: p.slots, properties: p.properties })).join('+');
    bySignature.set(signature([group.source, group.environment, group.queue, group.owner, places, group.perSlotMiB]), group);
  }
  return (job) => {
    const verdict = world.verdicts.get(jobKey(job));
    if (verdict === undefined || 'unserved' in verdict || !isEligible(job) || isBatchHeld(schedulerOf(job, world), job.id)) return undefined;
    const places = chunksOf(job.request).map(chunkText).join('+');
    return bySignature.get(signature([job.source, verdict.environment, job.queue, job.owner, places, memoryPerSlotMiB(job.request)]));
  };
}

const holders: Readonly<Record<string, string>> = { u: 'its owner', o: 'an operator', s: 'the system', n: 'nobody' };

/** What the batch server itself lets it wait for. */
function waitsFor(job: Job): string {
  if (job.state === 'waiting') return 'its start time has not come (qsub -a)';
  if (job.dependent || job.holds === 'd') return 'it depends on other jobs (qsub -W depend)';
  if (job.state === 'held' || job.holds !== '')
    return `held by ${[...job.holds].map((kind) => holders[kind] ?? kind).join(' and ') || 'somebody'} (qrls releases it)`;
  return job.state === 'complete' ? 'it has ended' : `it is ${job.state}`;
}

/** Said of the job itself, apart from the plan: what nobody serves, what runs, what is not eligible. */
export function ownReason(job: Job, present: Present): Reason | undefined {
  const verdict = present.world.verdicts.get(jobKey(job));
  const nodes = [...new Set(job.execHosts.map(({ node }) => node))];
  if (holdsNodes(job)) {
    const sinceMs = Math.max(0, present.at - (job.startedAt ?? present.at));
    return because('runs', { nodes: nodes.length > 5 ? `${nodes.slice(0, 5).join(', ')} and ${nodes.length - 5} more` : nodes.join(', ') || '?', sinceMs });
  }
  if (verdict !== undefined && 'unserved' in verdict) return verdict.unserved;
  if (!isEligible(job)) return because('not-eligible', { why: waitsFor(job) });
  return isBatchHeld(schedulerOf(job, present.world), job.id) ? schedulersWord(job, present.world) : undefined;
}

function whyJob(job: Job, present: Present, group: JobGroup | undefined): string | undefined {
  const own = ownReason(job, present);
  return own === undefined ? mainText(present, `job:${jobKey(job)}`, ...(group === undefined ? [] : [`group:${group.key}`])) : sentence(own);
}

/** What the jobs of a group are, for who may see whose they are. */
export function groupTitle({ count, owner, queue, places, sample }: JobGroup): string {
  const request = places.map((p) => chunkText({ count: p.count, ppn: p.slots, properties: p.properties })).join('+');
  return `${count === 1 ? 'job' : `${count} jobs like`} ${sample[0] ?? '?'} (${owner}, queue ${queue}, ${request.slice(0, 80)})`;
}

export function jobRecord(job: Job, present: Present, viewer: Viewer, group: JobGroup | undefined): JobRecord {
  const { world } = present;
  const verdict = world.verdicts.get(jobKey(job));
  const environment = verdict !== undefined && 'environment' in verdict ? verdict.environment : undefined;
  const own = seesJob(viewer, job, environment)
    ? { name: job.name, owner: job.owner, ...when('account', job.account), ...when('comment', job.comment), ...when('why', whyJob(job, present, group)) }
    : {};
  return {
    source: job.source,
    id: job.id,
    queue: job.queue,
    state: job.state,
    class: classOf(job, world),
    ...own,
    ...(verdict === undefined ? {} : 'unserved' in verdict ? { unserved: sentence(verdict.unserved) } : { environment: verdict.environment }),
    request: requestText(job),
    slots: slotsOf(job.request),
    memoryPerSlotMiB: memoryPerSlotMiB(job.request),
    ...when('walltimeMs', job.request.walltimeMs),
    submittedAt: job.submittedAt,
    ...when('eligibleAt', job.eligibleAt),
    ...when('startedAt', job.startedAt),
    nodes: job.execHosts.map((slots) => slots.node),
  };
}
