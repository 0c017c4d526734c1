import type { Intent } from '../model/action.js';
import { isHeard } from '../model/reading.js';
import type { Change } from '../model/rows.js';
import type { World } from '../model/world.js';

/**
 * Intents whose answer never came: opened by a former life of the daemon, or uncertain in this one. Nothing is done
 * for their subject until a reading shows that they can no longer begin or go on; then the intent is closed and the
 * next step follows from what is seen. A host's look names the deeds that still run there and has raised the fence, so
 * that an older reign's order can no longer begin; a batch command is over when its deadline is.
 */
export function settle(world: World, now: number): readonly Change[] {
  const changes: Change[] = [];
  for (const intent of world.rows.intents.values()) {
    if (!isSettled(intent, world, now)) continue;
    changes.push({ table: 'intents', key: intent.id, row: null }, ...toldToStop(intent, world));
  }
  return changes;
}

/** A guest that may have been told to stop counts as told: it must never get jobs again. */
function toldToStop({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  if ((deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') || deed.machine === undefined) return [];
  const row = rows.machines.get(deed.machine);
  return row === undefined || row.shutdownAt !== undefined ? [] : [{ table: 'machines', key: row.id, row: { ...row, shutdownAt: openedAt } }];
}

function isSettled(intent: Intent, world: World, now: number): boolean {
  const former = intent.life !== world.life.id;
  if (!former && intent.uncertainSince === undefined) return false;
  const { deed } = intent;
  if ('host' in deed) {
    const reading = world.hosts.get(deed.host)?.reading;
    if (reading === undefined || !isHeard(reading)) return false;
    if (reading.value.ops.some((op) => op.op === intent.id && op.state === 'running')) return false;
    return reading.askedAt > (former ? world.life.startedAt : Math.max(intent.deadlineAt, intent.uncertainSince ?? 0));
  }
  if (deed.verb === 'cycle' || deed.verb === 'release-job') return now > intent.deadlineAt;
  const reading = world.sources.get(deed.source)?.reading;
  return reading !== undefined && isHeard(reading) && reading.askedAt > Math.max(intent.deadlineAt, intent.uncertainSince ?? 0);
}
