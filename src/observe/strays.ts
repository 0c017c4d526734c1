import type { HostSnapshot } from '../model/host.js';
import type { Policy } from '../model/policy.js';
import { isHeard, type Reading } from '../model/reading.js';
import type { Rows } from '../model/rows.js';
import { ownPrefix, shortName } from '../model/uuid.js';
import type { Stray } from '../model/world.js';

interface Mark {
  readonly seat: string;
  readonly generation: number;
}

/** Seat (short) and generation written in a name of ours; undefined for another's name. */
function markOf(name: string, prefix: string): Mark | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const found = /^(.+)-(\d+)$/.exec(name.slice(prefix.length));
  return found?.[1] === undefined ? undefined : { seat: found[1], generation: Number(found[2]) };
}

/**
 * Guests and overlays that no row owns. What a machine closed a moment ago left in an older reading does not count:
 * the reading must have been asked after the row was closed.
 */
export function straysOf(hosts: ReadonlyMap<string, Reading<HostSnapshot>>, policy: Policy, rows: Rows): readonly Stray[] {
  const prefix = ownPrefix(policy.deployment);
  const uuids = new Set<string>();
  const overlays = new Set<string>();
  for (const machine of rows.machines.values()) {
    uuids.add(machine.uuid);
    overlays.add(machine.overlay);
  }
  const closed = new Map([...rows.generations].map(([seat, g]) => [shortName(seat), g]));
  const tooEarly = (mark: Mark | undefined, askedAt: number): boolean => {
    const last = mark === undefined ? undefined : closed.get(mark.seat);
    return last?.closedAt !== undefined && mark?.generation === last.number && askedAt <= last.closedAt;
  };
  const strays: Stray[] = [];
  const seenOverlays = new Set<string>();
  for (const [host, reading] of hosts) {
    if (!isHeard(reading)) continue;
    for (const guest of reading.value.guests) {
      const mark = markOf(guest.name, prefix);
      if (uuids.has(guest.uuid) || tooEarly(mark, reading.askedAt)) continue;
      strays.push({ kind: 'guest', key: `guest:${host}/${guest.name}`, host, name: guest.name, uuid: guest.uuid, ours: mark !== undefined });
    }
    if (reading.value.storeHung) continue;
    for (const { name } of reading.value.overlays) {
      const mark = markOf(name, prefix);
      if (overlays.has(name) || mark === undefined || seenOverlays.has(name) || tooEarly(mark, reading.askedAt)) continue;
      seenOverlays.add(name);
      strays.push({ kind: 'overlay', key: `overlay:${host}/${name}`, host, name, ours: true });
    }
  }
  return strays.filter((stray) => !rows.forgotten.has(stray.key));
}
