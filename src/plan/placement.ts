import { type Environment, type Mode, ownDiskMiB } from '../model/environment.js';
import type { HostSnapshot } from '../model/host.js';
import { oncePer } from '../model/once.js';
import { because, type Reason } from '../model/reason.js';
import type { Size } from '../model/size.js';
import { versionOn } from '../model/versions.js';
import { hostMayStart } from './budget.js';
import type { EnvironmentRoom, HostRoom, Sheet } from './capacity.js';
import { hasCopy } from './replicas.js';

export interface Found {
  readonly host: HostRoom;
  readonly version: string;
  /** The host has a whole copy of it on its own disk. */
  readonly local: boolean;
}

/** Why hosts are passed over, in the order in which it is asked. */
const obstacles = ['blocked', 'due', 'boot', 'image', 'room', 'store', 'scratch', 'busy'] as const;
type Obstacle = (typeof obstacles)[number];

const bootTypes = ['pvh', 'pv', 'hvm'];

/** What a host has room for: free now, or soon. */
export interface Space {
  readonly cores: number;
  readonly memoryMiB: number;
}

/** Room for a machine of that size, the hypervisor's overhead included. */
export const hasRoom = (space: Space, size: Size, overheadMiB: number): boolean => space.cores >= size.cores && space.memoryMiB >= size.memoryMiB + overheadMiB;

/** Ways to boot guests that a host names. */
const waysOf = oncePer((capabilities: readonly string[]): readonly string[] => capabilities.filter((c) => bootTypes.includes(c)));

/** A host that says how it can boot guests must name ours; one that says nothing is believed able. */
function mayBoot({ capabilities }: HostSnapshot, environment: Environment): boolean {
  const ways = waysOf(capabilities);
  return ways.length === 0 || ways.includes(environment.boot.type);
}

/** Why the host cannot carry the environment as it stands, else the image version it would boot. */
function bootOn(host: HostRoom, { environment, worthOn }: EnvironmentRoom): Obstacle | Omit<Found, 'host'> {
  const snapshot = host.view.reading.value;
  if (host.blocked !== undefined || snapshot === undefined) return 'blocked';
  if (!worthOn(host.leftMs)) return 'due';
  if (!mayBoot(snapshot, environment)) return 'boot';
  const version = versionOn(snapshot.images, environment.image);
  return version === undefined ? 'image' : { version, local: hasCopy(snapshot, { name: environment.image.name, version }) };
}

type Passed = ReadonlyMap<Obstacle, readonly HostRoom[]>;

/** An environment's hosts of one mode: those that are usable and see its image, and the others by what stands in the way. */
export interface Eligible {
  readonly bootable: readonly Found[];
  readonly passed: Passed;
  /** Names of the bootable ones; when first asked. */
  names: ReadonlySet<string> | undefined;
}

function push(map: Map<Obstacle, HostRoom[]>, obstacle: Obstacle, host: HostRoom): void {
  const there = map.get(obstacle);
  if (there === undefined) map.set(obstacle, [host]);
  else there.push(host);
}

/** Looked through once for each plan. */
function eligible(room: EnvironmentRoom, mode: Mode): Eligible {
  const known = room.eligible.get(mode);
  if (known !== undefined) return known;
  const bootableHosts: Found[] = [];
  const passed = new Map<Obstacle, HostRoom[]>();
  for (const host of room.hosts.get(mode) ?? []) {
    const boot = bootOn(host, room);
    if (typeof boot === 'string') push(passed, boot, host);
    else bootableHosts.push({ host, version: boot.version, local: boot.local });
  }
  const found: Eligible = { bootable: bootableHosts, passed, names: undefined };
  room.eligible.set(mode, found);
  return found;
}

/** Hosts of that mode that are usable and see the environment's image. */
export const bootable = (room: EnvironmentRoom, mode: Mode): readonly Found[] => eligible(room, mode).bootable;

/** Their names. */
export function bootableNames(room: EnvironmentRoom, mode: Mode): ReadonlySet<string> {
  const found = eligible(room, mode);
  found.names ??= new Set(found.bootable.map(({ host }) => host.name));
  return found.names;
}

/** What stands in the way on a host that could boot it. */
function obstacleOn(sheet: Sheet, host: HostRoom, { environment }: EnvironmentRoom, size: Size): Obstacle | undefined {
  if (!hasRoom(host, size, sheet.policy.guestOverheadMiB)) return 'room';
  if (host.storeMiB < environment.diskMiB) return 'store';
  if (ownDiskMiB(environment) > Math.max(0, host.scratchMiB)) return 'scratch';
  return hostMayStart(sheet, host) ? undefined : 'busy';
}

/** Those with a copy of the image first; then fullest first, so that hosts stay empty; then by name. Hosts to avoid (other nodes of the same job) come last. */
function better({ host: a, local }: Found, { host: b, local: other }: Found, avoid: ReadonlySet<string>): boolean {
  const avoided = Number(avoid.has(a.name)) - Number(avoid.has(b.name));
  const empties = Number(a.isEmptying) - Number(b.isEmptying);
  return (avoided || empties || Number(other) - Number(local) || a.cores - b.cores || a.memoryMiB - b.memoryMiB || (a.name < b.name ? -1 : 1)) < 0;
}

/** The best host for a new machine of that size, or why none will do. */
export function place(sheet: Sheet, room: EnvironmentRoom, mode: Mode, size: Size, avoid: ReadonlySet<string>): Found | Reason {
  let found: Found | undefined;
  for (const candidate of bootable(room, mode)) {
    if (found !== undefined && !better(candidate, found, avoid)) continue;
    if (obstacleOn(sheet, candidate.host, room, size) === undefined) found = candidate;
  }
  return found ?? whyNot(sheet, room, mode, size);
}

function passedOver(sheet: Sheet, room: EnvironmentRoom, mode: Mode, size: Size): Passed {
  const { bootable: hosts, passed } = eligible(room, mode);
  const now = new Map<Obstacle, HostRoom[]>();
  for (const { host } of hosts) {
    const obstacle = obstacleOn(sheet, host, room, size);
    if (obstacle !== undefined) push(now, obstacle, host);
  }
  return new Map([...passed, ...now]);
}

/** Of one host, and of several. */
const sentenceOf: Readonly<Record<Obstacle, readonly [string, string]>> = {
  blocked: ['may not be used', 'may not be used'],
  due: ['must be empty too soon', 'must be empty too soon'],
  boot: ['cannot boot it', 'cannot boot it'],
  image: ['does not see the image', 'do not see the image'],
  room: ['is full', 'are full'],
  store: ['has no store space', 'have no store space'],
  scratch: ['has no scratch space on its own disk', 'have no scratch space on their own disks'],
  busy: ['starts other machines', 'start other machines'],
};

function whyNot(sheet: Sheet, room: EnvironmentRoom, mode: Mode, size: Size): Reason {
  const passed = passedOver(sheet, room, mode, size);
  const { image } = room.environment;
  const those = (obstacle: Obstacle): readonly HostRoom[] => passed.get(obstacle) ?? [];
  const busy = those('busy');
  if (busy.length > 0) return because('wait-budget', { what: `starts on ${few(busy)}`, limit: sheet.policy.limits.startsAtOncePerHost }, refs(busy));
  const blind = those('image');
  if (blind.length > 0 && those('room').length === 0 && those('store').length === 0) {
    return because('wait-image', { image: image.name, version: image.version }, refs(blind));
  }
  const detail = obstacles.filter((o) => those(o).length > 0).map((o) => `${few(those(o))} ${sentenceOf[o][those(o).length === 1 ? 0 : 1]}`);
  return because('wait-room', { cores: size.cores, memory: size.memoryMiB, detail: detail.join(', ') || 'no host in its pools' });
}

const listed = (names: readonly string[]): string => [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');
const few = (hosts: readonly HostRoom[]): string => (hosts.length <= 3 ? listed(hosts.map((h) => h.name)) : `${hosts.length} hosts`);
const refs = (hosts: readonly HostRoom[]): readonly string[] => hosts.slice(0, 3).map((h) => `host:${h.name}`);
