import type { BatchSnapshot } from '../model/batch.js';
import type { HostSnapshot } from '../model/host.js';
import type { Job } from '../model/job.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import { type Strangers, strangersOf, walkedOnce } from './strangers.js';

/** Equal as data: plain records and lists, compared deeply. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** Takes from `last` every element of `next` that did not change, by key; `last` itself when none did. Only records that are not the same already are looked up and compared. */
function reuse<T>(
  last: readonly T[],
  next: readonly T[],
  key: (item: T) => string,
  walk: (last: readonly T[], next: readonly T[]) => Strangers = strangersOf,
): readonly T[] {
  if (next === last) return last;
  const { places, left } = walk(last, next);
  const known = new Map(places.length === 0 ? [] : left.map((at) => [key(last[at] as T), last[at] as T] as const));
  let out: T[] | undefined; // mostly records are other ones only where they say something else
  for (const at of places) {
    const item = next[at] as T;
    const before = known.get(key(item));
    if (before === undefined || !same(before, item)) continue;
    out ??= [...next];
    out[at] = before;
  }
  if (out === undefined) return places.length === 0 && left.length === 0 ? last : next;
  return out.length === last.length && out.every((item, at) => item === last[at]) ? last : out;
}

/** A batch answer that shares every unchanged job, node and queue with the answer before: identity means unchanged. */
export function settleBatch(last: BatchSnapshot | undefined, next: BatchSnapshot): BatchSnapshot {
  if (last === undefined) return next;
  const jobs = reuse<Job>(last.jobs, next.jobs, (job) => job.id, walkedOnce);
  const nodes = reuse(last.nodes, next.nodes, (node) => node.name);
  const queues = reuse(last.queues, next.queues, (queue) => queue.name);
  const server = same(last.server, next.server) ? last.server : next.server;
  const warnings = same(last.warnings, next.warnings) ? last.warnings : next.warnings;
  if (jobs === last.jobs && nodes === last.nodes && queues === last.queues && server === last.server && warnings === last.warnings) return last;
  return { jobs, nodes, queues, server, warnings };
}

/** The same for a scheduler's: what it holds keeps its identity while that did not change. */
export function settleScheduler(last: SchedulerSnapshot | undefined, next: SchedulerSnapshot): SchedulerSnapshot {
  if (last === undefined) return next;
  const held = last.held.size === next.held.size && [...next.held].every(([name, hold]) => same(last.held.get(name), hold)) ? last.held : next.held;
  const unchanged = held === last.held && same(last.order, next.order) && same(last.settings, next.settings) && last.deferMs === next.deferMs;
  return unchanged ? last : { ...next, held };
}

/** The same for a host's answer. Processor seconds always run, so only guests that did nothing else keep their record when those differ too. */
export function settleHost(last: HostSnapshot | undefined, next: HostSnapshot): HostSnapshot {
  if (last === undefined) return next;
  return same(last, next)
    ? last
    : {
        ...next,
        guests: reuse(last.guests, next.guests, (guest) => guest.uuid),
        overlays: reuse(last.overlays, next.overlays, (o) => o.name),
        images: same(last.images, next.images) ? last.images : next.images,
      };
}
