import type { JobGroup } from '../model/world.js';
import type { Sheet } from './capacity.js';

/**
 * All environments' jobs as one queue: who has waited longest, weighted by the environment's priority, comes first;
 * equal ones by key, so that the same world gives the same order.
 */
export function inQueueOrder({ world, policy, now }: Sheet): readonly JobGroup[] {
  const weighed = world.groups.map((group) => ({
    group,
    weight: Math.max(0, now - group.since) * (policy.environments[group.environment]?.priority ?? 1),
  }));
  weighed.sort((a, b) => b.weight - a.weight || (a.group.key < b.group.key ? -1 : a.group.key > b.group.key ? 1 : 0));
  return weighed.map((w) => w.group);
}
