import type { Deed } from '../model/action.js';
import { because } from '../model/reason.js';
import { shortName } from '../model/uuid.js';
import type { Stray } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Context } from './step.js';

/**
 * Strays are reported; removed only where policy says so, they carry our deployment's mark, their host answers us in
 * this life, and a guest's seat is proved jobless right before (the safety read).
 */
export function recoverStrays(context: Context, mayAct: boolean, reasons: Reasons): readonly Deed[] {
  const { world, policy } = context;
  const deeds: Deed[] = [];
  for (const stray of world.strays) {
    const said = because(stray.kind === 'guest' ? 'stray-guest' : 'stray-overlay', { name: stray.name, host: stray.host }, [`host:${stray.host}`]);
    reasons.say(`stray:${stray.key}`, said);
    const host = world.hosts.get(stray.host);
    if (
      !mayAct ||
      policy.strays !== 'remove' ||
      !stray.ours ||
      host === undefined ||
      host.blocked !== undefined ||
      host.reading.askedAt <= world.life.startedAt
    )
      continue;
    if ([...world.rows.intents.values()].some(({ deed }) => isAbout(deed, stray))) continue;
    const reason = because('stray-removed', { name: stray.name, why: 'it carries our mark and no row owns it' }, [`host:${stray.host}`]);
    reasons.say(`stray:${stray.key}`, reason);
    if (stray.kind === 'overlay') {
      deeds.push({ verb: 'remove-overlay', host: stray.host, overlay: stray.name, reason });
    } else if (stray.uuid !== undefined) {
      const seat = [...world.seats.keys()].find((name) => stray.name.startsWith(`domus-${policy.deployment}-${shortName(name)}-`));
      const source = seat === undefined ? undefined : world.seats.get(seat)?.seat.source;
      deeds.push({
        verb: 'destroy-guest',
        host: stray.host,
        uuid: stray.uuid,
        guestName: stray.name,
        ...(seat === undefined || source === undefined ? {} : { safe: { source, node: seat } }),
        reason,
      });
    }
  }
  return deeds;
}

const isAbout = (deed: Deed, stray: Stray): boolean => ('overlay' in deed && deed.overlay === stray.name) || ('uuid' in deed && deed.uuid === stray.uuid);
