import type { Deed } from '../model/action.js';
import { because } from '../model/reason.js';
import { ownPrefix, shortName } from '../model/uuid.js';
import type { Stray } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Context } from './step.js';

/**
 * Strays are reported; removed only where policy says so, they carry our deployment's mark, their host answers us in
 * this life, and a guest's seat is proved jobless right before (the safety read).
 */
export function recoverStrays(context: Context, mayAct: boolean, reasons: Reasons): readonly Deed[] {
  const deeds: Deed[] = [];
  for (const stray of context.world.strays) {
    const said = because(stray.kind === 'guest' ? 'stray-guest' : 'stray-overlay', { name: stray.name, host: stray.host }, [`host:${stray.host}`]);
    const deed = mayAct && isRemovable(context, stray) ? removal(context, stray) : undefined;
    reasons.say(`stray:${stray.key}`, said);
    if (deed === undefined) continue;
    reasons.say(`stray:${stray.key}`, deed.reason);
    deeds.push(deed);
  }
  return deeds;
}

function isRemovable(context: Context, stray: Stray): boolean {
  const { world, policy } = context;
  const host = world.hosts.get(stray.host);
  if (policy.strays !== 'remove' || !stray.ours || host === undefined || host.blocked !== undefined || host.reading.askedAt <= world.life.startedAt)
    return false;
  if (stray.kind === 'guest' && isOfService(context, stray)) return false;
  return ![...world.rows.intents.values()].some(({ deed }) => isAbout(deed, stray));
}

function removal({ world, policy }: Context, stray: Stray): Deed | undefined {
  const reason = because('stray-removed', { name: stray.name, why: 'it carries our mark and no row owns it' }, [`host:${stray.host}`]);
  if (stray.kind === 'overlay') return { verb: 'remove-overlay', host: stray.host, overlay: stray.name, reason };
  if (stray.uuid === undefined) return undefined;
  const seat = [...world.seats.values()].find((view) => stray.name.startsWith(`${ownPrefix(policy.deployment)}${shortName(view.seat.name)}-`))?.seat;
  const safe = seat === undefined ? {} : { safe: { source: seat.source, node: seat.name } };
  return { verb: 'destroy-guest', host: stray.host, uuid: stray.uuid, guestName: stray.name, ...safe, reason };
}

/** A permanent machine's guest is taken over, not removed; unless a newer one is known. */
function isOfService({ world, policy }: Context, { name }: Stray): boolean {
  const written = /^(.+-)(\d{1,9})$/.exec(name);
  const service = Object.keys(policy.services ?? {}).find((each) => written?.[1] === `${ownPrefix(policy.deployment)}${shortName(each)}-`);
  return service !== undefined && Number(written?.[2]) >= (world.rows.generations.get(service)?.number ?? 0);
}

const isAbout = (deed: Deed, stray: Stray): boolean => ('overlay' in deed && deed.overlay === stray.name) || ('uuid' in deed && deed.uuid === stray.uuid);
