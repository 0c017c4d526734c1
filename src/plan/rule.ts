import { isAsleep } from '../model/power.js';
import { isHeard } from '../model/reading.js';
import type { Reason } from '../model/reason.js';
import { because } from '../model/reason.js';
import { isElsewhere } from '../model/tenancy.js';
import type { World } from '../model/world.js';

/**
 * Why what is nobody's in the batch system (seats without a machine of ours) must be left alone: the batch server has no
 * fence, so only the hosts tell whether somebody else rules here. Every host was asked in this life, one at least
 * answered, and each that answers is claimed by this life. Undefined when we rule.
 */
export function notRuling(world: World): Reason | undefined {
  const hosts = [...world.hosts.values()];
  const foreign = hosts.find(({ reading }) => isHeard(reading) && reading.value.fence !== undefined && reading.value.fence.life !== world.life.id);
  const holder = foreign?.reading.value?.fence;
  if (holder !== undefined)
    return because('host-fenced', { deployment: holder.deployment, epoch: holder.epoch, journal: holder.journal }, [`host:${foreign?.spec.name}`]);
  const unasked = hosts.find(({ reading }) => reading.silentSince === undefined && reading.askedAt <= world.life.startedAt);
  if (unasked !== undefined) return because('wait-unread', { source: unasked.spec.name }, [`host:${unasked.spec.name}`]);
  // who sleeps by our own order rules nobody
  if (hosts.length > 0 && hosts.every(({ power, tenancy }) => isAsleep(power) || isElsewhere(tenancy))) return undefined;
  return hosts.some(({ reading }) => isHeard(reading)) ? undefined : because('wait-unread', { source: 'every host' });
}
