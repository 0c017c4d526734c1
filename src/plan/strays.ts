import type { Deed } from '../model/action.js';
import { runs } from '../model/host.js';
import { because } from '../model/reason.js';
import { ownPrefix, shortName, wholeName } from '../model/uuid.js';
import type { MachineView, Stray } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Context } from './step.js';

/**
 * Strays are reported; removed only where policy says so (or where they are what a move has left of a machine), they carry our deployment's mark, their host answers us in
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
  if (
    (policy.strays !== 'remove' && stray.copyOf === undefined) ||
    !stray.ours ||
    host === undefined ||
    host.blocked !== undefined ||
    host.reading.askedAt <= world.life.startedAt
  )
    return false;
  if (stray.copyOf !== undefined) return runsElsewhere(world.machines.get(stray.copyOf), stray);
  if (stray.kind === 'guest' && isOfService(context, stray)) return false;
  return ![...world.rows.intents.values()].some(({ deed }) => isAbout(deed, stray));
}

/** The machine itself is seen to run where its row says, and nothing goes on with it: what stands still beside it is the end of its move. */
const runsElsewhere = (machine: MachineView | undefined, { host }: Stray): boolean =>
  machine !== undefined && machine.row.host !== host && machine.hostHeard && machine.guest !== undefined && runs(machine.guest) && machine.intent === undefined;

function removal({ world, policy }: Context, stray: Stray): Deed | undefined {
  const reason = because('stray-removed', { name: stray.name, why: 'it carries our mark and no row owns it' }, [`host:${stray.host}`]);
  if (stray.kind === 'overlay') return { verb: 'remove-overlay', host: stray.host, overlay: stray.name, reason };
  if (stray.uuid === undefined) return undefined;
  if (stray.copyOf !== undefined) {
    const why = because('step-clear-copy', { host: stray.host }, [`machine:${stray.copyOf}`, `host:${stray.host}`]);
    return { verb: 'destroy-copy', host: stray.host, machine: stray.copyOf, uuid: stray.uuid, guestName: stray.name, reason: why };
  }
  const seat = [...world.seats.values()].find((view) => stray.name.startsWith(`${ownPrefix(policy.deployment)}${shortName(view.seat.name)}-`))?.seat;
  const safe = seat === undefined ? {} : { safe: { source: seat.source, node: seat.name } };
  return { verb: 'destroy-guest', host: stray.host, uuid: stray.uuid, guestName: stray.name, ...safe, reason };
}

/** A permanent machine's guest is taken over, not removed; unless a newer one is known. */
function isOfService({ world, policy }: Context, { name }: Stray): boolean {
  const written = /^(.+-)(\d{1,9})$/.exec(wholeName(name));
  const service = Object.keys(policy.services ?? {}).find((each) => written?.[1] === `${ownPrefix(policy.deployment)}${shortName(each)}-`);
  return service !== undefined && Number(written?.[2]) >= (world.rows.generations.get(service)?.number ?? 0);
}

const isAbout = (deed: Deed, stray: Stray): boolean => ('overlay' in deed && deed.overlay === stray.name) || ('uuid' in deed && deed.uuid === stray.uuid);
