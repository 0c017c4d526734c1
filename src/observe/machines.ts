import type { Intent } from '../model/action.js';
import { type BatchNode, isOnline, slotsFree } from '../model/batch.js';
import type { Guest, HostSnapshot } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import { latelyPer, oncePer } from '../model/once.js';
import { Placed } from '../model/placed.js';
import { isHeard, type Reading, unread } from '../model/reading.js';
import type { Rows } from '../model/rows.js';
import type { Service } from '../model/service.js';
import { atATime, type Slices } from '../model/slices.js';
import type { HostView, MachineView } from '../model/world.js';
import { differences } from './differences.js';
import type { Inputs, Joined } from './join.js';
import type { NodeFinder, NodeSeen } from './nodes.js';
import { phaseOf, seenOf } from './phase.js';
import { machinesBySeat } from './seats.js';

const guestsByUuid = oncePer((snapshot: HostSnapshot): ReadonlyMap<string, Guest> => new Map(snapshot.guests.map((guest) => [guest.uuid, guest])));
const overlayNames = oncePer((snapshot: HostSnapshot): ReadonlySet<string> => new Set(snapshot.overlays.map(({ name }) => name)));

/** What one host's answer says. */
interface HostSeen {
  readonly heard: boolean;
  readonly askedAt: number;
  readonly guests: ReadonlyMap<string, Guest> | undefined;
  /** Absent where the store was not seen: unknown, not empty. */
  readonly overlays: ReadonlySet<string> | undefined;
}

function hostSeen(inputs: Inputs): (host: string) => HostSeen {
  const known = new Map<string, HostSeen>();
  return (host) => {
    const before = known.get(host);
    if (before !== undefined) return before;
    const reading = inputs.hosts.get(host) ?? unread;
    const heard = isHeard(reading);
    const guests = reading.value && guestsByUuid(reading.value);
    const found = { heard, askedAt: reading.askedAt, guests, overlays: heard && !reading.value.storeHung ? overlayNames(reading.value) : undefined };
    known.set(host, found);
    return found;
  };
}

const intentsByMachine = latelyPer((rows: Rows['intents']): ReadonlyMap<string, Intent> => {
  const intents = new Map<string, Intent>();
  for (const intent of rows.values()) {
    if ('machine' in intent.deed && intent.deed.machine !== undefined) intents.set(intent.deed.machine, intent);
  }
  return intents;
});

/**
 * Row, guest and node of every machine side by side. A view in which nothing changed is the previous one, and so is the
 * whole map. `nodes`: those of which something else is said than last time.
 */
export function* viewMachines(
  previous: Joined | undefined,
  inputs: Inputs,
  find: NodeFinder,
  sources: Joined['sources'],
  nodes: ReadonlySet<string> | undefined,
): Slices<ReadonlyMap<string, MachineView>> {
  const { rows } = inputs;
  const hostOf = hostSeen(inputs);
  const intents = intentsByMachine(rows.intents);
  const views = previous === undefined ? none : Placed.of(previous.world.machines);
  const stale = previous === undefined || nodes === undefined ? undefined : touched(previous, inputs, nodes);
  const fresh = new Map<string, MachineView>();
  let count = 0;
  for (const id of stale ?? rows.machines.keys()) {
    if (++count % atATime === 0) yield;
    const row = rows.machines.get(id);
    if (row === undefined) continue; // closed: counted by the size, or another came in its place
    const before = views.get(id);
    const node = nodeOf(row, find);
    const host = hostOf(row.host);
    const intent = intents.get(id);
    const jobs = jobsOn(row, node?.node, sources, before?.jobs);
    const stands = before !== undefined && before.jobs === jobs && isSame(before, row, node, host, intent, inputs);
    if (!stands) fresh.set(id, whole(partsOf(row, node, host, intent, inputs), jobs));
  }
  return yield* inRowOrder(rows, views, fresh);
}

/** A service has a name of its own, whatever the batch server calls so. */
const nodeOf = (row: Machine, find: NodeFinder): NodeSeen | undefined => (row.kind === 'service' ? undefined : find.seen(row.seat));

function* inRowOrder({ machines: rows }: Rows, views: Placed<MachineView>, fresh: ReadonlyMap<string, MachineView>): Slices<Placed<MachineView>> {
  if (views.isNamedAs(rows.keys())) return fresh.size === 0 ? views : views.with(fresh);
  const machines = new Map<string, MachineView>();
  for (const id of rows.keys()) {
    const view = fresh.get(id) ?? views.get(id);
    if (view !== undefined && machines.set(id, view).size % atATime === 0) yield;
  }
  return Placed.of(machines);
}

const none: Placed<MachineView> = Placed.of(new Map());
const noJobs: readonly string[] = [];

/** Machines of which anything may be another than last time: their row, node, host, or what is under way; undefined: all of them. */
function touched(previous: Joined, inputs: Inputs, nodes: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const [before, now] = [previous.inputs.rows, inputs.rows];
  if (before.environments !== now.environments || previous.inputs.hosts.size !== inputs.hosts.size) return undefined;
  const ids = new Set<string>();
  const tell = (id: string): void => void ids.add(id);
  differences(before.machines, now.machines, tell);
  differences(intentsByMachine(before.intents), intentsByMachine(now.intents), tell);
  const seated = machinesBySeat(previous.world.machines);
  for (const node of nodes) {
    const view = seated.get(node);
    if (view !== undefined) tell(view.row.id);
  }
  return touchedByHosts(previous, inputs, tell) ? ids : undefined;
}

/** Tells the machines of hosts that were asked anew; false where a host was not there before. */
function touchedByHosts(previous: Joined, inputs: Inputs, tell: (id: string) => void): boolean {
  for (const [host, reading] of inputs.hosts) {
    const last = previous.inputs.hosts.get(host);
    if (last === reading) continue;
    const view = previous.world.hosts.get(host);
    if (view === undefined) return false;
    for (const { row } of isSaidAgain(last, reading) ? unheardOf(view.machines) : view.machines) tell(row.id);
  }
  return true;
}

/** Those of a host's machines of which it has not been heard: looked for once, as nearly all hosts say the same again and again. */
const unheardOf = oncePer((machines: HostView['machines']): HostView['machines'] => machines.filter(({ hostHeard }) => !hostHeard));

/** Asked anew with the same answer: what was heard of still is. */
const isSaidAgain = (last: Reading<HostSnapshot> | undefined, next: Reading<HostSnapshot>): boolean =>
  last !== undefined && isHeard(last) && isHeard(next) && last.value === next.value && last.askedAt <= next.askedAt;

type Parts = Omit<MachineView, 'phase' | 'slotsFree' | 'jobs'>;

function partsOf(row: Machine, seen: NodeSeen | undefined, host: HostSeen, intent: Intent | undefined, inputs: Inputs): Parts {
  const service = serviceOf(row, inputs);
  return {
    row,
    environment: environmentOf(row, inputs),
    seat: seatOf(row, inputs),
    guest: host.guests?.get(row.uuid),
    hostHeard: isHostHeard(row, host),
    overlaySeen: host.overlays?.has(row.overlay),
    node: seen?.node,
    nodeHeard: seen?.heard ?? false,
    withheld: inputs.rows.withheld.get(row.seat),
    intent,
    ...(service === undefined ? {} : { service }),
  };
}

const environmentOf = (row: Machine, { policy, rows }: Inputs): Parts['environment'] =>
  row.kind === 'service' ? undefined : (policy.environments[row.environment] ?? rows.environments.get(row.environment));
const seatOf = (row: Machine, { policy }: Inputs): Parts['seat'] => (row.kind === 'service' ? undefined : (policy.seats[row.seat] ?? row.seated));
const serviceOf = (row: Machine, { policy }: Inputs): Service | undefined => (row.kind === 'service' ? policy.services?.[row.seat] : undefined);

/** An answer asked before the guest was made says nothing of its absence. */
const isHostHeard = (row: Machine, host: HostSeen): boolean => host.heard && (host.askedAt > (row.guestAt ?? 0) || host.guests?.has(row.uuid) === true);

/** Would `partsOf` say the same again? Asked of every machine at every tick: nothing is made for the answer. */
const isSame = (before: Parts, row: Machine, seen: NodeSeen | undefined, host: HostSeen, intent: Intent | undefined, inputs: Inputs): boolean =>
  before.row === row &&
  before.node === seen?.node &&
  before.nodeHeard === (seen?.heard ?? false) &&
  before.intent === intent &&
  before.withheld === inputs.rows.withheld.get(row.seat) &&
  isSameGuest(before, row, host) &&
  before.environment === environmentOf(row, inputs) &&
  before.seat === seatOf(row, inputs) &&
  before.service === serviceOf(row, inputs);

const isSameGuest = (before: Parts, row: Machine, host: HostSeen): boolean =>
  before.guest === host.guests?.get(row.uuid) && before.hostHeard === isHostHeard(row, host) && before.overlaySeen === host.overlays?.has(row.overlay);

function whole(parts: Parts, jobs: readonly string[]): MachineView {
  const { node, nodeHeard, row, guest, hostHeard } = parts;
  const seen = seenOf(row, guest, hostHeard, node);
  const phase = phaseOf(row.kind === 'service' ? { ...seen, node: 'online' } : seen); // nothing stands between its readiness and its use
  return { jobs, phase, slotsFree: phase === 'ready' && nodeHeard && node !== undefined && isOnline(node) ? slotsFree(node) : 0, ...parts };
}

/** Every job on the seat in any view: the server's, the mom's, and each job's exec_host. The same list as before where it says the same. */
function jobsOn(row: Machine, node: BatchNode | undefined, sources: Joined['sources'], before: readonly string[] | undefined): readonly string[] {
  if (row.kind === 'service') return before ?? noJobs;
  if (isJobless(row, node, sources)) return before?.length === 0 ? before : noJobs;
  const ids = new Set<string>();
  for (const job of node?.jobs ?? []) ids.add(job.id);
  for (const id of node?.momJobs ?? []) ids.add(id);
  for (const source of sources.values()) for (const id of source.byNode.get(row.seat) ?? []) ids.add(id);
  if (before?.length === ids.size && before.every((id) => ids.has(id))) return before;
  return [...ids].sort();
}

/** In nobody's view. */
function isJobless({ seat }: Machine, node: BatchNode | undefined, sources: Joined['sources']): boolean {
  if (node !== undefined && (node.jobs.length > 0 || (node.momJobs?.length ?? 0) > 0)) return false;
  for (const { byNode } of sources.values()) if ((byNode.get(seat)?.length ?? 0) > 0) return false;
  return true;
}
