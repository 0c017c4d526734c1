import type { Deed } from '../model/action.js';
import { because } from '../model/reason.js';
import type { Assembly } from '../model/rows.js';
import type { JobGroup, Place, World } from '../model/world.js';
import type { Draft } from './draft.js';
import type { Context } from './step.js';
import type { MayAct } from './steps.js';

/**
 * Which wide job of an environment machines gather for: the oldest waiting job, where it is wide and three scheduler
 * cycles did not start it; else the oldest wide one that has waited `intervals.wideWait`, and half as long as the oldest
 * job. Without that bound a wide job behind five hundred small ones waits until all of those have started; without the
 * half, where everybody waits for hours, each wide job would soon go before all the others.
 */
export function wideHeads({ world, policy, now }: Context): ReadonlyMap<string, JobGroup> {
  const { schedulerCycleMs, wideWaitMs } = policy.intervals;
  const oldest = new Map<string, number>();
  const heads = new Map<string, JobGroup>();
  for (const group of world.groups) {
    const { environment } = group;
    if ((world.rows.refusals.get(group.key)?.pausedUntil ?? 0) > now) continue;
    const since = oldest.get(environment);
    if (since === undefined) oldest.set(environment, group.since);
    const bound = since === undefined ? Math.min(3 * schedulerCycleMs, wideWaitMs) : Math.max(wideWaitMs, (now - since) / 2);
    if (!heads.has(environment) && isWide(group) && now - group.since >= bound) heads.set(environment, group);
  }
  return heads;
}

export const nodesOf = (places: readonly Place[]): number => places.reduce((sum, place) => sum + (place.anywhere === true ? 1 : place.count), 0);
export const widest = (places: readonly Place[]): number => Math.max(...places.map((place) => place.slots));
const isWide = (group: JobGroup): boolean => nodesOf(group.places) > 1 || widest(group.places) > 1;

/**
 * The batch scheduler starts older jobs first on whatever comes online, so a wide job that is gathered for before its
 * turn is brought forward in its queue: once per try, since a second change of places would undo the first. It changes
 * places with the job that is taken to stand first; where that was wrong (the order itself is shown to managers
 * only), the job does not start, and the next try takes the next one.
 */
export function advances({ world, policy, now }: Context, draft: Draft, mayAct: MayAct): readonly Deed[] {
  const deeds: Deed[] = [];
  for (const environment of Object.keys(policy.environments)) {
    const row = draft.assembly(environment);
    const group = row && world.groups.find(({ key }) => key === row.group);
    if (row === undefined || group === undefined || !isOpen(row, now) || now - group.since < policy.intervals.wideWaitMs) continue;
    if (deeds.length > 0 || isBusy(world, group.source, now) || mayAct(environment, undefined).waits !== undefined) continue;
    const ahead = olderInQueue(world, group);
    const before = ahead[row.tries % ahead.length];
    if (before === undefined) continue;
    draft.put({ table: 'assemblies', key: environment, row: { ...row, advancedAt: now } });
    const refs = [`job:${group.source}/${row.job}`, `job:${group.source}/${before}`];
    deeds.push({
      ...{ verb: 'advance-job', source: group.source, job: row.job, before },
      reason: because('step-advance', { job: row.job, before }, refs),
    });
  }
  return deeds;
}

/** A try that still gathers, or releases only now, and did not bring the job forward. */
const isOpen = ({ advancedAt, releasedAt, pausedUntil }: Assembly, now: number): boolean =>
  advancedAt === undefined && (releasedAt === undefined || releasedAt === now) && now >= pausedUntil;

/** One at a time for each server, and none while a failed one pauses. */
const isBusy = ({ rows }: World, source: string, now: number): boolean =>
  (rows.breakers.get(`order:${source}`)?.openUntil ?? 0) > now ||
  [...rows.intents.values()].some(({ deed }) => deed.verb === 'advance-job' && deed.source === source);

/** Older jobs of the same queue, the oldest first, as far as they are known by name. An element of an array has no place of its own. */
const olderInQueue = ({ groups }: World, group: JobGroup): readonly string[] =>
  groups
    .slice(0, groups.indexOf(group))
    .filter(({ source, queue }) => source === group.source && queue === group.queue)
    .flatMap(({ sample }) => sample.filter((id) => !id.includes('[')));
