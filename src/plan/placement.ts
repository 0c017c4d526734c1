import type { Environment } from '../model/environment.js';
import { because, type Reason } from '../model/reason.js';
import type { Size } from '../model/size.js';
import { hostMayStart } from './budget.js';
import type { HostRoom, Sheet } from './capacity.js';
import { versionOn } from './versions.js';

export interface Found {
  readonly host: HostRoom;
  readonly version: string;
}

/** Why hosts were passed over, counted in the order in which they are asked. */
const obstacles = ['blocked', 'boot', 'image', 'room', 'store', 'busy'] as const;
type Obstacle = (typeof obstacles)[number];

const bootTypes = ['pvh', 'pv', 'hvm'];

/** Room for a machine of that size, the hypervisor's overhead included. */
export const hasRoom = (host: HostRoom, size: Size, overheadMiB: number): boolean => host.cores >= size.cores && host.memoryMiB >= size.memoryMiB + overheadMiB;

/** Usable, and able to boot the environment's image. */
export const canBoot = (host: HostRoom, environment: Environment): boolean =>
  host.blocked === undefined && mayBoot(host, environment) && versionOn(host.view.reading.value?.images ?? [], environment.image) !== undefined;

/** A host that says how it can boot guests must name ours; one that says nothing is believed able. */
function mayBoot(host: HostRoom, environment: Environment): boolean {
  const ways = host.view.reading.value?.capabilities.filter((c) => bootTypes.includes(c)) ?? [];
  return ways.length === 0 || ways.includes(environment.boot.type);
}

function obstacleOn(sheet: Sheet, host: HostRoom, environment: Environment, size: Size, version: string | undefined): Obstacle | undefined {
  if (host.blocked !== undefined || host.view.reading.value === undefined) return 'blocked';
  if (!mayBoot(host, environment)) return 'boot';
  if (version === undefined) return 'image';
  if (!hasRoom(host, size, sheet.policy.guestOverheadMiB)) return 'room';
  if (host.storeMiB < environment.diskMiB) return 'store';
  return hostMayStart(sheet, host) ? undefined : 'busy';
}

/** Fullest first, so that hosts stay empty; then by name. Hosts to avoid (other nodes of the same job) come last. */
function better(a: HostRoom, b: HostRoom, avoid: ReadonlySet<string>): boolean {
  const avoided = Number(avoid.has(a.name)) - Number(avoid.has(b.name));
  return (avoided || a.cores - b.cores || a.memoryMiB - b.memoryMiB || (a.name < b.name ? -1 : 1)) < 0;
}

/** The best of `hosts` for a new machine of that size, or why none will do. */
export function place(sheet: Sheet, hosts: readonly HostRoom[], environment: Environment, size: Size, avoid: ReadonlySet<string>): Found | Reason {
  const passed = new Map<Obstacle, HostRoom[]>(obstacles.map((o) => [o, []]));
  let found: Found | undefined;
  for (const host of hosts) {
    const version = versionOn(host.view.reading.value?.images ?? [], environment.image);
    const obstacle = obstacleOn(sheet, host, environment, size, version) ?? (version === undefined ? 'image' : undefined);
    if (obstacle !== undefined) passed.get(obstacle)?.push(host);
    else if (version !== undefined && (found === undefined || better(host, found.host, avoid))) found = { host, version };
  }
  return found ?? whyNot(sheet, environment, size, passed);
}

const sentenceOf: Readonly<Record<Obstacle, string>> = {
  blocked: 'may not be used',
  boot: 'cannot boot it',
  image: 'do not see the image',
  room: 'are full',
  store: 'have no store space',
  busy: 'start other machines',
};

function whyNot(sheet: Sheet, environment: Environment, size: Size, passed: ReadonlyMap<Obstacle, readonly HostRoom[]>): Reason {
  const those = (obstacle: Obstacle): readonly HostRoom[] => passed.get(obstacle) ?? [];
  const busy = those('busy');
  if (busy.length > 0) return because('wait-budget', { what: `starts on ${few(busy)}`, limit: sheet.policy.limits.startsAtOncePerHost }, refs(busy));
  const blind = those('image');
  if (blind.length > 0 && those('room').length === 0 && those('store').length === 0) {
    return because('wait-image', { image: environment.image.name, version: environment.image.version }, refs(blind));
  }
  const detail = obstacles.filter((o) => those(o).length > 0).map((o) => `${few(those(o))} ${sentenceOf[o]}`);
  return because('wait-room', { cores: size.cores, memory: size.memoryMiB, detail: detail.join(', ') || 'no host in its pools' });
}

const few = (hosts: readonly HostRoom[]): string => (hosts.length <= 3 ? hosts.map((h) => h.name).join(' and ') : `${hosts.length} hosts`);
const refs = (hosts: readonly HostRoom[]): readonly string[] => hosts.slice(0, 3).map((h) => `host:${h.name}`);
