import { type Guest, type HostSnapshot, runs } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { latelyPer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import { isHeard, type Reading } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import type { Generation, Rows } from '../model/rows.js';
import { ownPrefix, shortName, wholeName } from '../model/uuid.js';
import type { Stray } from '../model/world.js';
import type { Inputs, Joined } from './join.js';

interface Mark {
  readonly seat: string;
  readonly generation: number;
}

/** Seat (short) and generation written in a name of ours; undefined for another's name. */
function markOf(name: string, prefix: string): Mark | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const found = /^(.+)-(\d+)$/.exec(wholeName(name).slice(prefix.length));
  return found?.[1] === undefined ? undefined : { seat: found[1], generation: Number(found[2]) };
}

const ownedOf = latelyPer((machines: Rows['machines']) => {
  const uuids = new Map<string, Machine>();
  const overlays = new Set<string>();
  for (const row of machines.values()) {
    uuids.set(row.uuid, row);
    overlays.add(row.overlay);
  }
  return { uuids, overlays };
});

/** What the reading of one host must be measured against. */
interface Owners {
  readonly prefix: string;
  readonly uuids: () => ReadonlyMap<string, Machine>;
  readonly overlays: () => ReadonlySet<string>;
  /** Left by a machine whose row was closed after this reading was asked? */
  readonly tooEarly: (mark: Mark | undefined, askedAt: number) => boolean;
}

function ownersOf(policy: Policy, rows: Rows): Owners {
  let closed: ReadonlyMap<string, Generation> | undefined; // made for the first stray: there are seldom any
  const tooEarly = (mark: Mark | undefined, askedAt: number): boolean => {
    closed ??= new Map([...rows.generations].map(([seat, generation]) => [shortName(seat), generation]));
    const last = mark === undefined ? undefined : closed.get(mark.seat);
    return last?.closedAt !== undefined && mark?.generation === last.number && askedAt <= last.closedAt;
  };
  const owned = (): ReturnType<typeof ownedOf> => ownedOf(rows.machines); // most ticks ask of no host at all
  return { prefix: ownPrefix(policy.deployment), uuids: () => owned().uuids, overlays: () => owned().overlays, tooEarly };
}

/** Nothing was stray, and no row has gone since: only an answer that is new can show something. */
function isOwnedStill({ inputs: before, world }: Joined, { policy, rows }: Inputs): boolean {
  if (world.strays.length > 0 || before.policy !== policy || before.rows.generations !== rows.generations) return false;
  if (before.rows.forgotten !== rows.forgotten) return false;
  if (before.rows.machines === rows.machines) return true;
  for (const [id, row] of before.rows.machines) {
    const next = rows.machines.get(id);
    if (next !== row && (next === undefined || !ownsTheSame(row, next))) return false;
  }
  return true;
}

const ownsTheSame = (row: Machine, next: Machine): boolean =>
  next.uuid === row.uuid && next.overlay === row.overlay && next.host === row.host && next.moving === row.moving;

/**
 * Guests and overlays that no row owns, and what moves have left of machines that are elsewhere. What a machine closed a
 * moment ago left in an older reading does not count: the reading must have been asked after the row was closed.
 */
export function straysOf(previous: Joined | undefined, inputs: Inputs): StraysSeen {
  const { policy, rows } = inputs;
  const owners = ownersOf(policy, rows);
  const before = previous !== undefined && isOwnedStill(previous, inputs) ? previous : undefined;
  const clean = new Clean(before?.clean);
  const found: Stray[] = [];
  const overlays = new Map<string, Stray>(); // hosts may share one store: each name once
  for (const [host, reading] of inputs.hosts) {
    if (!isHeard(reading) || isKnown(before, host, reading) || clean.isSo(host, reading.value, owners)) continue;
    for (const stray of strayGuests(host, reading.askedAt, reading.value, owners)) found.push(stray);
    for (const stray of strayOverlays(host, reading.askedAt, reading.value, owners)) if (!overlays.has(stray.name)) overlays.set(stray.name, stray);
  }
  if (found.length === 0 && overlays.size === 0) return { strays: noStrays, clean: clean.map };
  return { strays: [...found, ...overlays.values()].filter(({ key }) => !rows.forgotten.has(key)), clean: clean.map };
}

/** Looked through already: the same answer, or one that is new and says what an earlier one did, in which rows own everything. */
const isKnown = (before: Joined | undefined, host: string, reading: Reading<HostSnapshot>): boolean =>
  before?.inputs.hosts.get(host) === reading || (reading.value !== undefined && before?.clean.get(host) === reading.value);

/** Strays; and of each host the answer in which rows own everything, however old it is: the same answer again shows nothing new while they do. */
export interface StraysSeen {
  readonly strays: readonly Stray[];
  readonly clean: ReadonlyMap<string, HostSnapshot>;
}

/** Hosts that show nothing but what is ours; copied when something changes. */
class Clean {
  readonly #before: ReadonlyMap<string, HostSnapshot> | undefined;
  #own: Map<string, HostSnapshot> | undefined;

  constructor(before: ReadonlyMap<string, HostSnapshot> | undefined) {
    this.#before = before;
  }

  get map(): ReadonlyMap<string, HostSnapshot> {
    return this.#own ?? this.#before ?? new Map();
  }

  /** Nothing is there but what rows own; remembered. */
  isSo(host: string, value: HostSnapshot, owners: Owners): boolean {
    const isClean = ownsAll(host, value, owners);
    if (this.map.get(host) === (isClean ? value : undefined)) return isClean;
    this.#own ??= new Map(this.#before);
    if (isClean) this.#own.set(host, value);
    else this.#own.delete(host);
    return isClean;
  }
}

function ownsAll(host: string, { guests, overlays, storeHung }: HostSnapshot, owners: Owners): boolean {
  if (guests.length > 0) {
    const uuids = owners.uuids();
    for (const { uuid } of guests) if (!isExpected(uuids.get(uuid), host)) return false;
  }
  if (storeHung || overlays.length === 0) return true;
  const owned = owners.overlays();
  return overlays.every(({ name }) => owned.has(name));
}

const noStrays: readonly Stray[] = [];

function strayGuests(host: string, askedAt: number, { guests }: HostSnapshot, { prefix, uuids, tooEarly }: Owners): readonly Stray[] {
  const owners = uuids();
  return guests.flatMap((guest): readonly Stray[] => {
    const { name, uuid } = guest;
    const owner = owners.get(uuid);
    const stray = { kind: 'guest' as const, key: `guest:${host}/${name}`, host, name, uuid };
    if (owner !== undefined) return isLeftBehind(owner, guest, host, askedAt) ? [{ ...stray, ours: !runs(guest), copyOf: owner.id }] : noStrays;
    const mark = markOf(name, prefix);
    return tooEarly(mark, askedAt) ? noStrays : [{ ...stray, ours: mark !== undefined }];
  });
}

/** Its row says that it is there, or may be. */
const isExpected = (owner: Machine | undefined, host: string): boolean =>
  owner !== undefined && (owner.host === host || owner.moving?.from === host || owner.moving?.to === host);

/** Asked after it came to where it is. A permanent machine that runs elsewhere was moved by hand: its row follows it. */
const isLeftBehind = (owner: Machine, guest: Guest, host: string, askedAt: number): boolean =>
  !isExpected(owner, host) && askedAt > (owner.moved?.at ?? 0) && !(owner.kind === 'service' && runs(guest));

function strayOverlays(host: string, askedAt: number, { overlays, storeHung }: HostSnapshot, owners: Owners): readonly Stray[] {
  if (storeHung || overlays.length === 0) return noStrays;
  const owned = owners.overlays();
  const unknown = overlays.filter(({ name }) => !owned.has(name));
  const ours = unknown.filter(({ name }) => {
    const mark = markOf(name, owners.prefix);
    return mark !== undefined && !owners.tooEarly(mark, askedAt);
  });
  return ours.map(({ name }) => ({ kind: 'overlay', key: `overlay:${host}/${name}`, host, name, ours: true }));
}

/** Seats whose name, address and MAC a guest of an earlier time (of a lost journal, say) may still use: why nobody sits there. */
export function lingering(strays: readonly Stray[], policy: Policy): ReadonlyMap<string, Reason> {
  const found = new Map<string, Reason>();
  const ghosts = strays.filter(({ kind, ours, copyOf }) => kind === 'guest' && ours && copyOf === undefined);
  if (ghosts.length === 0) return found;
  const prefix = ownPrefix(policy.deployment);
  const bySeat = new Map(ghosts.map((ghost) => [markOf(ghost.name, prefix)?.seat, ghost]));
  for (const seat of Object.keys(policy.seats)) {
    const ghost = bySeat.get(shortName(seat));
    if (ghost !== undefined) found.set(seat, because('wait-seat-stray', { seat, name: ghost.name, host: ghost.host }, [`host:${ghost.host}`]));
  }
  return found;
}
