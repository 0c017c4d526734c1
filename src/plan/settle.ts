import type { Intent, Verb } from '../model/action.js';
import { altered } from '../model/altered.js';
import { runs } from '../model/host.js';
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
    changes.push(...toldToMove(intent, world), ...toldToBoot(intent, world));
  }
  return changes;
}

/** A guest that may have been told to stop counts as told: it must never get jobs again. */
function toldToStop({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  if ((deed.verb !== 'shutdown-guest' && deed.verb !== 'destroy-guest') || deed.machine === undefined) return [];
  const row = rows.machines.get(deed.machine);
  return row === undefined || row.shutdownAt !== undefined ? [] : [{ table: 'machines', key: row.id, row: altered(row, { shutdownAt: openedAt }) }];
}

const moves: ReadonlySet<Verb> = new Set(['migrate-guest', 'save-guest', 'restore-guest', 'destroy-copy']);

/** A guest that may have been told to move may be on either host: both are looked at next. */
function toldToMove(intent: Intent, world: World): readonly Change[] {
  const { deed } = intent;
  const row = moves.has(deed.verb) && 'machine' in deed ? world.rows.machines.get(deed.machine ?? '') : undefined;
  if (row?.moving === undefined) return [];
  // of this life the failure itself was counted
  const tried = deed.verb === 'restore-guest' && intent.life !== world.life.id ? { restores: (row.moving.restores ?? 0) + 1 } : {};
  return [{ table: 'machines', key: row.id, row: { ...row, moving: { ...row.moving, endedAt: overAt(intent, world), ...tried } } }];
}

/** A host that may have been told counts as told. */
function toldToSwitch({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  if (deed.verb !== 'power-on' && deed.verb !== 'power-off') return [];
  const row = rows.powers.get(deed.host);
  const state = deed.verb === 'power-on' ? 'waking' : 'sleeping';
  return row?.state !== state || row.orderedAt !== undefined ? [] : [{ table: 'powers', key: row.host, row: altered(row, { orderedAt: openedAt }) }];
}

/** So does one that was told to boot its other system; it is seen by the row's own deadline. */
function toldToBoot({ deed, openedAt }: Intent, { rows }: World): readonly Change[] {
  const state =
    deed.verb === 'boot-dom0' ? 'coming' : deed.verb === 'boot-classroom' || (deed.verb === 'power-on' && deed.boot === 'classroom') ? 'leaving' : undefined;
  const row = state === undefined || !('host' in deed) ? undefined : rows.tenancies.get(deed.host);
  return row === undefined || row.state !== state || row.orderedAt !== undefined
    ? []
    : [{ table: 'tenancies', key: row.host, row: { ...row, orderedAt: openedAt, ...('bootId' in deed ? { bootId: deed.bootId } : {}) } }];
}

/** Over when their deadline is: nothing is left to look for, or (hosts that were switched do not answer) it is seen by the row's own deadlines. */
const byDeadline: ReadonlySet<Verb> = new Set(['cycle', 'release-job', 'advance-job', 'power-on', 'power-off', 'boot-classroom', 'boot-dom0', 'return-by']);

/** From then on the deed can no longer begin or go on, unless its host says that it does. */
const overAt = ({ life, deadlineAt, uncertainSince }: Intent, world: World): number =>
  life === world.life.id ? Math.max(deadlineAt, uncertainSince ?? 0) : world.life.startedAt;

function isSettled(intent: Intent, world: World, now: number): boolean {
  if (intent.life === world.life.id && intent.uncertainSince === undefined) return false;
  const { deed } = intent;
  if (byDeadline.has(deed.verb)) return now > intent.deadlineAt;
  if (deed.verb === 'migrate-guest') return isMoveOver(deed, intent, world);
  if ('host' in deed) return isOverOn(deed.host, intent, world);
  const reading = 'source' in deed ? world.sources.get(deed.source)?.reading : undefined;
  return reading !== undefined && isHeard(reading) && reading.askedAt > Math.max(intent.deadlineAt, intent.uncertainSince ?? 0);
}

/** The host answers, was asked late enough, and no longer does it. */
function isOverOn(host: string, intent: Intent, world: World): boolean {
  const reading = world.hosts.get(host)?.reading;
  if (reading === undefined || !isHeard(reading)) return false;
  if (reading.value.ops.some(({ op, state }) => state === 'running' && (op === intent.id || op === receiving(intent.id)))) return false;
  return reading.askedAt > overAt(intent, world);
}

/** Under this op the other host of a migration files that it takes the guest in. */
const receiving = (op: string): string => `${op}.receive`;

/** Both ends have nothing more to do with it; of one that has fallen silent nothing is needed when the guest is seen to run on the other. */
function isMoveOver(deed: Extract<Intent['deed'], { verb: 'migrate-guest' }>, intent: Intent, world: World): boolean {
  const ends = [deed.host, deed.to].map((host) => ({ over: isOverOn(host, intent, world), reading: world.hosts.get(host)?.reading }));
  if (ends.every(({ over }) => over)) return true;
  return (
    ends.some(({ over, reading }) => over && reading?.value?.guests.some((guest) => guest.uuid === deed.uuid && runs(guest)) === true) &&
    ends.some(({ reading }) => reading?.silentSince !== undefined)
  );
}
