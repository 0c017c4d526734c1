import type { Deed } from '../model/action.js';
import type { HostSnapshot } from '../model/host.js';
import { isHeard } from '../model/reading.js';
import { because, type Reason } from '../model/reason.js';
import { copySliceMs, type Replica, type ReplicaPolicy, type ReplicaRow, replicaKey } from '../model/replica.js';
import type { Breaker } from '../model/rows.js';
import { versionOn, versionOrder } from '../model/versions.js';
import type { HostView, World } from '../model/world.js';
import type { Reasons } from './decision.js';
import type { Draft } from './draft.js';
import { hostMode } from './modes.js';
import type { Context } from './step.js';

type Image = { readonly name: string; readonly version: string };
const isSame = (a: Image, b: Image): boolean => a.name === b.name && a.version === b.version;
const label = ({ name, version }: Image): string => `${name} ${version}`;

/** A whole copy of the image on the host, as it says itself. */
export const hasCopy = (snapshot: HostSnapshot | undefined, image: Image): boolean =>
  snapshot?.replicas?.some((replica) => replica.whole && isSame(replica, image)) === true;

/** A host that keeps copies and may be told something now. */
interface Keeper {
  readonly view: HostView;
  readonly snapshot: HostSnapshot;
  readonly replicas: readonly Replica[];
  readonly policy: ReplicaPolicy;
}

/** What one call works with: what is under way, and what it adds to that. */
interface Traffic {
  readonly context: Context;
  readonly draft: Draft;
  readonly keepers: readonly Keeper[];
  /** Hosts that copy or drop, that give, and images that somebody reads from the store (by image: the host). */
  readonly busy: Set<string>;
  readonly giving: Set<string>;
  readonly reading: Map<string, string>;
  readonly copying: Map<string, number>;
  /** A host of these pools that was not asked yet in this life of the daemon: it may have what is missing. */
  readonly unasked: string | undefined;
}

/**
 * Copies of the images on the hosts' own disks: every host of a pool that keeps them gets those that its environments
 * start from, slice by slice. The store is read by one host for each image, the others copy from whoever has it whole; a
 * host gives to one other at a time. What nobody starts from or stands on goes, but for the last few.
 */
export function replicate(context: Context, draft: Draft, reasons: Reasons): readonly Deed[] {
  const { world, policy } = context;
  const isKept = Object.values(policy.pools).some(({ replicas }) => replicas !== undefined);
  if (!isKept && world.rows.replicas.size === 0) return [];
  remember(context, draft);
  if (!isKept || world.rows.freeze.has('freeze')) return [];
  const traffic = openTraffic(context, draft);
  return traffic.keepers.flatMap((keeper) => stepOf(traffic, keeper, reasons) ?? []);
}

/** The journal's word follows the hosts' own: how far each copy is, whole since when, and which are gone. */
function remember(context: Context, draft: Draft): void {
  const { world } = context;
  const open = new Set([...world.rows.intents.values()].flatMap(({ deed }) => (deed.verb === 'copy-image' ? [replicaKey(deed.host, deed.image)] : [])));
  for (const [key, row] of world.rows.replicas) if (!open.has(key) && isGone(context, row)) draft.put({ table: 'replicas', key, row: null });
  for (const { spec, reading } of world.hosts.values()) {
    if (isHeard(reading)) for (const replica of reading.value.replicas ?? []) seen(context, spec.name, replica, draft);
  }
}

/** Its host shows no such copy any more, or is no longer ours. */
function isGone({ world, policy }: Context, row: ReplicaRow): boolean {
  const reading = world.hosts.get(row.host)?.reading;
  if (reading === undefined || policy.hosts[row.host] === undefined) return true;
  if (!isHeard(reading) || reading.askedAt <= Math.max(row.since, row.deedAt ?? 0)) return false;
  return reading.value.replicas?.some((replica) => isSame(replica, row)) === false;
}

function seen({ world, now }: Context, host: string, { name, version, bytes, ofBytes, whole }: Replica, draft: Draft): void {
  const key = replicaKey(host, { name, version });
  const before = world.rows.replicas.get(key);
  if (before?.bytes === bytes && before.ofBytes === ofBytes && whole === (before.wholeAt !== undefined)) return;
  const { from = 'store', since = now, deedAt } = before ?? {};
  const ended = { ...(deedAt === undefined ? {} : { deedAt }), ...(whole ? { wholeAt: before?.wholeAt ?? now } : {}) };
  const row: ReplicaRow = { host, name, version, bytes, ofBytes, from, since, ...ended };
  draft.put({ table: 'replicas', key, row });
}

function keeperOf({ spec, reading, blocked, ...rest }: HostView, policy: ReplicaPolicy | undefined): Keeper | undefined {
  if (policy === undefined || !isHeard(reading) || (blocked !== undefined && blocked.code !== 'host-cordoned')) return undefined;
  const { replicas } = reading.value;
  return replicas === undefined ? undefined : { view: { spec, reading, ...rest }, snapshot: reading.value, replicas, policy };
}

const byName = (a: HostView, b: HostView): number => (a.spec.name < b.spec.name ? -1 : 1);

function openTraffic(context: Context, draft: Draft): Traffic {
  const { world, policy } = context;
  const views = [...world.hosts.values()].sort(byName);
  const keepers = views.flatMap((view) => keeperOf(view, policy.pools[view.spec.pool]?.replicas) ?? []);
  const unasked = views.find(
    ({ spec, reading }) => policy.pools[spec.pool]?.replicas !== undefined && reading.silentSince === undefined && reading.askedAt <= world.life.startedAt,
  )?.spec.name;
  const traffic: Traffic = { context, draft, keepers, busy: new Set(), giving: new Set(), reading: new Map(), copying: new Map(), unasked };
  for (const { deed } of world.rows.intents.values()) {
    if (deed.verb === 'drop-image') traffic.busy.add(deed.host);
    if (deed.verb === 'copy-image') note(traffic, deed.host, deed.image, deed.from?.host);
  }
  // whoever has begun to read the store goes on with it, also between two slices
  const able = new Set(keepers.map(({ view }) => view.spec.name).filter((host) => pausedUntil(context, host) === undefined));
  for (const row of world.rows.replicas.values()) {
    if (row.wholeAt === undefined && row.from === 'store' && able.has(row.host) && !traffic.reading.has(label(row))) traffic.reading.set(label(row), row.host);
  }
  return traffic;
}

/** Its last copy failed a moment ago. */
function pausedUntil({ world, now }: Context, host: string): Breaker | undefined {
  const breaker = world.rows.breakers.get(`replica:${host}`);
  return breaker !== undefined && breaker.openUntil > now ? breaker : undefined;
}

function note(traffic: Traffic, host: string, image: Image, from: string | undefined): void {
  const pool = traffic.context.policy.hosts[host]?.pool ?? '';
  traffic.busy.add(host);
  traffic.copying.set(pool, (traffic.copying.get(pool) ?? 0) + 1);
  if (from === undefined) traffic.reading.set(label(image), host);
  else traffic.giving.add(from);
}

/** What the environments of its pool start from there, and whether all of it is known. */
function wantedOn({ context: { policy } }: Traffic, { view, snapshot }: Keeper): { readonly images: readonly Image[]; readonly unknown: ReadonlySet<string> } {
  const images = new Map<string, Image>();
  const unknown = new Set<string>();
  for (const { image, pools } of Object.values(policy.environments)) {
    if (!pools.includes(view.spec.pool)) continue;
    const version = snapshot.storeHung ? undefined : versionOn(snapshot.images, image);
    if (version === undefined) unknown.add(image.name);
    else images.set(`${image.name} ${version}`, { name: image.name, version });
  }
  return { images: [...images.values()], unknown };
}

function stepOf(traffic: Traffic, keeper: Keeper, reasons: Reasons): Deed | undefined {
  const { world, policy, now } = traffic.context;
  const host = keeper.view.spec.name;
  const say = (reason: Reason): void => reasons.say(`host:${host}`, reason);
  if (traffic.busy.has(host)) return undefined;
  const { images, unknown } = wantedOn(traffic, keeper);
  const missing = images.find((image) => !hasCopy(keeper.snapshot, image));
  const superfluous = missing === undefined ? surplus(world, keeper, images, unknown) : undefined;
  const image = missing ?? superfluous;
  if (image === undefined) return undefined;
  const told = world.rows.replicas.get(replicaKey(host, image))?.deedAt;
  if (told !== undefined && keeper.view.reading.askedAt <= told) return undefined; // the next look tells how far it is
  const paused = pausedUntil(traffic.context, host);
  if (paused !== undefined) {
    say(because('replica-failed', { image: label(image), why: paused.why, inMs: paused.openUntil - now }, [`host:${host}`]));
    return undefined;
  }
  if (hostMode(policy, host) === 'watch') return undefined;
  if (missing !== undefined) return copyStep(traffic, keeper, missing, say);
  const reason = because('replica-drops', { image: label(image) }, [`host:${host}`]);
  say(reason);
  return { verb: 'drop-image', host, image, reason };
}

/** The next slice of a copy, or why not now. */
function copyStep(traffic: Traffic, { view, replicas, policy }: Keeper, image: Image, say: (reason: Reason) => void): Deed | undefined {
  const host = view.spec.name;
  const refs = [`host:${host}`];
  const waits = (why: string): undefined => {
    say(because('replica-waits', { image: label(image), why }, refs));
  };
  if ((traffic.copying.get(view.spec.pool) ?? 0) >= policy.atOnce) return waits(`${policy.atOnce} copies are under way in its pool`);
  const whole = traffic.keepers.filter(({ snapshot }) => hasCopy(snapshot, image));
  const giver = whole.find((keeper) => !traffic.giving.has(keeper.view.spec.name));
  if (whole.length > 0 && giver === undefined) return waits('every host that has one gives it to another');
  const reader = traffic.reading.get(label(image));
  if (whole.length === 0 && reader !== undefined && reader !== host) return waits(`${reader} copies it from the store first`);
  const unasked = giver === undefined ? traffic.unasked : undefined;
  if (unasked !== undefined) return waits(`${unasked} has not said yet what it has`);
  const { name = '', address = '', port = 22 } = giver?.view.spec ?? {};
  const { bytes = 0, ofBytes = 0 } = replicas.find((replica) => isSame(replica, image)) ?? {};
  const from = giver === undefined ? 'store' : name;
  remembered(traffic, { host, ...image, bytes, ofBytes, from, since: traffic.context.now });
  note(traffic, host, image, giver === undefined ? undefined : name);
  const reason = because('replica-copies', { image: label(image), from, bytes, ofBytes }, refs);
  say(reason);
  const way = giver === undefined ? {} : { from: { host: name, address, port } };
  return {
    verb: 'copy-image',
    host,
    image: { name: image.name, version: image.version },
    ...way,
    bytesPerSecond: policy.bytesPerSecond,
    sliceMs: copySliceMs,
    reason,
  };
}

function remembered({ context: { world }, draft }: Traffic, row: ReplicaRow): void {
  const key = replicaKey(row.host, row);
  const { since, deedAt } = world.rows.replicas.get(key) ?? row;
  // whatever was said of it in this tick: it goes on
  draft.put({ table: 'replicas', key, row: { ...row, since, ...(deedAt === undefined ? {} : { deedAt }) } });
}

/** A copy that nobody starts from and no machine stands on, beyond those that are kept for going back. */
function surplus({ machines }: World, { view, replicas, policy }: Keeper, wanted: readonly Image[], unknown: ReadonlySet<string>): Image | undefined {
  const used = (image: Image): boolean => [...machines.values()].some(({ row }) => row.host === view.spec.name && isSame(row.image, image));
  const others = replicas.filter((replica) => !unknown.has(replica.name) && !wanted.some((image) => isSame(image, replica)) && !used(replica));
  const kept = new Map<string, number>();
  for (const replica of [...others].sort((a, b) => versionOrder(b.version, a.version))) {
    const count = kept.get(replica.name) ?? 0;
    if (!replica.whole || count >= policy.keep) return { name: replica.name, version: replica.version };
    kept.set(replica.name, count + 1);
  }
  return undefined;
}
