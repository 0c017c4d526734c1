import type { Intent, Verb } from '../model/action.js';
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
    changes.push({ table: 'intents', key: intent.id, row: null }, ...toldToStop(intent, world), ...toldToSwitch(intent, world));
  }
  return changes;
}

/** A guest that may have been told to stop counts as told: it must never get jobs again. */
function toldToStop({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  if ((deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') || deed.machine === undefined) return [];
  const row = rows.machines.get(deed.machine);
  return row === undefined || row.shutdownAt !== undefined ? [] : [{ table: 'machines', key: row.id, row: { ...row, shutdownAt: openedAt } }];
}

/** A host that may have been told counts as told. */
function toldToSwitch({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  if (deed.verb !== 'power-on' && deed.verb !== 'power-off') return [];
  const row = rows.powers.get(deed.host);
  const state = deed.verb === 'power-on' ? 'waking' : 'sleeping';
  return row?.state !== state || row.orderedAt !== undefined ? [] : [{ table: 'powers', key: row.host, row: { ...row, orderedAt: openedAt } }];
}

/** Over when their deadline is: nothing is left to look for, or (hosts that were switched do not answer) it is seen by the row's own deadlines. */
const byDeadline: ReadonlySet<Verb> = new Set(['cycle', 'release-job', 'advance-job', 'power-on', 'power-off']);

function isSettled(intent: Intent, world: World, now: number): boolean {
  const former = intent.life !== world.life.id;
  if (!former && intent.uncertainSince === undefined) return false;
  const { deed } = intent;
  if (byDeadline.has(deed.verb)) return now > intent.deadlineAt;
  if ('host' in deed) {
    const reading = world.hosts.get(deed.host)?.reading;
    if (reading === undefined || !isHeard(reading)) return false;
    if (reading.value.ops.some((op) => op.op === intent.id && op.state === 'running')) return false;
    return reading.askedAt > (former ? world.life.startedAt : Math.max(intent.deadlineAt, intent.uncertainSince ?? 0));
  }
  const reading = 'source' in deed ? world.sources.get(deed.source)?.reading : undefined;
  return reading !== undefined && isHeard(reading) && reading.askedAt > Math.max(intent.deadlineAt, intent.uncertainSince ?? 0);
}
