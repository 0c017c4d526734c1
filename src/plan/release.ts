import type { Deed } from '../model/action.js';
import { npOf } from '../model/environment.js';
import { chunksOf, isEligible, type Job, jobKey, memoryPerSlotMiB } from '../model/job.js';
import { isHeard } from '../model/reading.js';
import { because } from '../model/reason.js';
import type { Release } from '../model/rows.js';
import type { SourceView } from '../model/world.js';
import { defaultProperties, fits, type Spot } from './demand.js';
import type { Draft } from './draft.js';
import type { Context } from './step.js';
import type { MayAct } from './steps.js';
import { type Bin, binOf, hasAll, take } from './supply.js';

/** At most so many under way for one scheduler: each is a command of its own. */
const atOnce = 10;
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;

/**
 * A scheduler like Maui puts every job aside for which no node is online, and does not look again when one comes. Such
 * jobs stay demand; as soon as free slots that one fits are online, the scheduler is asked to consider it again, the
 * oldest first, and the usual cycle follows. Each job is asked for once in a pause that doubles, so that a scheduler
 * with reasons of its own is not pestered. Nothing is released on the word of a silent source.
 */
export function releases(context: Context, draft: Draft, anywhere: boolean, mayAct: MayAct): readonly Deed[] {
  return [...context.world.sources.values()].flatMap((source) => {
    forget(context, source, draft);
    return anywhere ? releasesOf(context, source, draft, mayAct) : [];
  });
}

/** A job that started, ended or is held needs no memory. */
function forget({ world }: Context, { name, reading }: SourceView, draft: Draft): void {
  if (!isHeard(reading)) return;
  for (const [key, { source }] of world.rows.releases) {
    const job = world.jobs.get(key);
    if (source === name && (job === undefined || !isEligible(job))) draft.put({ table: 'releases', key, row: null });
  }
}

function releasesOf(context: Context, { name: source, reading, scheduler, deferred }: SourceView, draft: Draft, mayAct: MayAct): readonly Deed[] {
  const { world, now } = context;
  if (deferred.length === 0 || scheduler === undefined || !isHeard(scheduler) || !isHeard(reading)) return [];
  let left = atOnce - [...world.rows.intents.values()].filter(({ deed }) => deed.verb === 'release-job' && deed.source === source).length;
  if ((world.rows.breakers.get(`scheduler:${source}`)?.openUntil ?? 0) > now) left = 0;
  if (left <= 0) return [];
  const bins = freeBins(context, source);
  const byQueue = defaultProperties(world, context.policy);
  const deeds: Deed[] = [];
  for (const job of deferred) {
    if (left === 0 || bins.length === 0) break;
    const node = claim(bins, job, environmentOf(context, job), byQueue.get(`${source}/${job.queue}`) ?? []);
    if (node === undefined || !isDue(world.rows.releases.get(jobKey(job)), now)) continue;
    if (mayAct(environmentOf(context, job), undefined).waits !== undefined) continue;
    left -= 1;
    draft.put({ table: 'releases', key: jobKey(job), row: written(job, world.rows.releases.get(jobKey(job)), now) });
    const reason = because('step-release', { source, job: job.id, node }, [`job:${jobKey(job)}`, `source:${source}`]);
    deeds.push({ verb: 'release-job', source, job: job.id, reason });
  }
  return deeds;
}

const isDue = (before: Release | undefined, now: number): boolean => before === undefined || now >= before.at + before.pauseMs;

const written = ({ source, id: job }: Job, before: Release | undefined, now: number): Release => ({
  ...{ source, job, at: now },
  pauseMs: before === undefined ? firstPauseMs : Math.min(longestPauseMs, before.pauseMs * 2),
});

function environmentOf({ world }: Context, job: Job): string {
  const verdict = world.verdicts.get(jobKey(job));
  return verdict !== undefined && 'environment' in verdict ? verdict.environment : '';
}

/** Slots that are free now on nodes the scheduler may use: our ready machines', and foreign nodes'. */
function freeBins({ world, policy, holds }: Context, source: string): Bin[] {
  const own = [...world.machines.values()].flatMap((machine): Bin[] => {
    const { row, seat, node, slotsFree } = machine;
    const environment = policy.environments[row.environment];
    const usable = seat?.source === source && slotsFree > 0 && row.goal.kind === 'serve' && holds?.has(row.id) !== true;
    return usable && environment !== undefined
      ? [binOf(machine, environment, row.size.memoryMiB, node?.np ?? npOf(environment, row.size), slotsFree, true)]
      : [];
  });
  const foreign = world.foreign
    .filter((each) => each.source === source && each.slotsFree > 0)
    .map(
      ({ node, slotsFree }): Bin => ({
        ...{ id: node.name, machine: undefined, host: undefined, ready: true, perCoreMiB: 0, properties: new Set(node.properties) },
        ...{ slots: slotsFree, memoryMiB: Number.POSITIVE_INFINITY, needed: undefined },
      }),
    );
  return [...own, ...foreign];
}

/** Takes the job's places out of the bins and names a node of them; undefined, and nothing taken, when it does not fit whole. */
function claim(bins: readonly Bin[], job: Job, environment: string, byQueue: readonly string[]): string | undefined {
  const perSlotMiB = memoryPerSlotMiB(job.request);
  const anywhere = job.request.chunks.length === 0;
  const mine = bins.filter((bin) => (bin.machine === undefined ? hasAll(bin.properties, byQueue) : bin.machine.row.environment === environment));
  const used = new Set<Bin>();
  const taken: { readonly bin: Bin; readonly slots: number; readonly memoryMiB: number }[] = [];
  for (const spot of spotsOf(job, anywhere)) {
    const bin = mine.find((each) => fits(each, spot, perSlotMiB, used));
    if (bin === undefined) {
      for (const { bin: back, slots, memoryMiB } of taken.reverse()) Object.assign(back, { slots, memoryMiB });
      return undefined;
    }
    taken.push({ bin, slots: bin.slots, memoryMiB: bin.memoryMiB });
    take(bin, 1, spot.slots, perSlotMiB, { rank: 0, urgency: 0, job: job.id });
    used.add(bin);
  }
  const [first] = used;
  return first?.machine?.row.seat ?? first?.id;
}

const spotsOf = ({ request }: Job, anywhere: boolean): readonly Spot[] =>
  chunksOf(request).flatMap(({ count, ppn, properties }) => Array.from({ length: count }, () => ({ slots: ppn, properties, anywhere })));
