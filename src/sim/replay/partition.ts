import type { Site, Workload } from './workload.js';

const dayMs = 86_400_000;

/** Hosts that serve these classes and no other. */
export interface Lot {
  readonly name: string;
  readonly classes: readonly string[];
  /** > 0. */
  readonly hosts: number;
}

/** A partition that the site is too small for, as a sentence. */
export class TooSmall extends Error {
  override readonly name = 'TooSmall';
}

/** One lot for everything: what a site could do if every host could run every class's jobs. */
export const sharedPool = (workload: Workload, site: Site): readonly Lot[] => [{ name: 'pool', classes: workload.classes, hosts: site.hosts }];

/** Core-ms of each class, over the whole workload or of the day on which the most was submitted. */
function weights(workload: Workload, by: 'mean' | 'peak'): ReadonlyMap<string, number> {
  const work = new Map<string, number[]>(workload.classes.map((name) => [name, []]));
  for (const job of workload.jobs) {
    const days = work.get(job.class) as number[];
    const day = by === 'mean' ? 0 : Math.floor((job.submitAt - workload.startAt) / dayMs);
    days[day] = (days[day] ?? 0) + job.runMs * job.slots;
  }
  return new Map([...work].map(([name, days]) => [name, days.reduce((most, each) => Math.max(most, each ?? 0), 0)]));
}

/** Whole hosts in proportion to weights, by largest remainder; equal remainders in the order given. */
function byLargestRemainder(names: readonly string[], weight: ReadonlyMap<string, number>, hosts: number): ReadonlyMap<string, number> {
  const all = names.reduce((sum, name) => sum + (weight.get(name) ?? 0), 0);
  const exact = names.map((name) => ({ name, quota: all === 0 ? hosts / names.length : ((weight.get(name) ?? 0) / all) * hosts }));
  const sizes = new Map(exact.map(({ name, quota }) => [name, Math.floor(quota)]));
  const left = hosts - [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const remainders = exact.map(({ name, quota }) => ({ name, rest: quota - Math.floor(quota) })).sort((a, b) => b.rest - a.rest);
  for (const { name } of remainders.slice(0, left)) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  return sizes;
}

/**
 * A fixed share of the hosts for each class, in proportion to its work (`mean`) or to the work of its busiest day (`peak`), by largest remainder.
 * Each class gets at least one host and enough for its widest job; a class that this lifts is set, and the others share what is left. Sized with
 * the whole workload known, which no administrator has: the comparison flatters the partition. Throws `TooSmall`.
 */
export function staticPartition(workload: Workload, site: Site, by: 'mean' | 'peak'): readonly Lot[] {
  const weight = weights(workload, by);
  const least = new Map(workload.classes.map((name) => [name, 1]));
  for (const { class: name, slots } of workload.jobs) least.set(name, Math.max(least.get(name) ?? 1, Math.ceil(slots / site.cores)));
  const needed = [...least.values()].reduce((sum, each) => sum + each, 0);
  if (needed > site.hosts)
    throw new TooSmall(
      `a static partition needs ${needed} hosts of ${site.cores} cores for the widest job of each class, there are ${site.hosts}: fold jobs narrower with --widest, or fewer --classes`,
    );
  const lifted = new Map<string, number>();
  for (;;) {
    const free = workload.classes.filter((name) => !lifted.has(name));
    const sizes = byLargestRemainder(free, weight, site.hosts - [...lifted.values()].reduce((sum, each) => sum + each, 0));
    const short = free.filter((name) => (sizes.get(name) ?? 0) < (least.get(name) ?? 1));
    if (short.length === 0) return workload.classes.map((name) => ({ name, classes: [name], hosts: lifted.get(name) ?? sizes.get(name) ?? 1 }));
    for (const name of short) lifted.set(name, least.get(name) ?? 1);
  }
}
