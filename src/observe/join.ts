import type { Intent } from '../model/action.js';
import type { BatchNode, BatchSnapshot } from '../model/batch.js';
import { isOnline, slotsFree } from '../model/batch.js';
import type { Fence } from '../model/fence.js';
import type { Guest, HostSnapshot } from '../model/host.js';
import type { Machine } from '../model/machine.js';
import type { Policy } from '../model/policy.js';
import { isHeard, type Reading, unread } from '../model/reading.js';
import type { Reason } from '../model/reason.js';
import type { Rows } from '../model/rows.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import type { ForeignNode, JobGroup, MachineView, SeatView, SourceView, World } from '../model/world.js';
import { type Classify, olderFirst, readJobs, type SourceJobs } from './groups.js';
import { viewHost } from './hosts.js';
import { phaseOf, seenOf } from './phase.js';
import { seatBlocked } from './seats.js';
import { lingering, straysOf } from './strays.js';

/** Everything the world is made of. */
export interface Inputs {
  readonly policy: Policy;
  readonly rows: Rows;
  readonly batch: ReadonlyMap<string, Reading<BatchSnapshot>>;
  /** Schedulers beside them, by the batch server's name, where any is asked. */
  readonly schedulers?: ReadonlyMap<string, Reading<SchedulerSnapshot>>;
  readonly hosts: ReadonlyMap<string, Reading<HostSnapshot>>;
  readonly classify: Classify;
  readonly fence: Fence;
  readonly life: World['life'];
  readonly clockJumpAt?: number;
}

/** The world, and the parts that the next join may take over unchanged. */
export interface Joined {
  readonly inputs: Inputs;
  readonly sources: ReadonlyMap<string, SourceJobs>;
  readonly world: World;
}

interface NodeSeen {
  readonly source: string;
  readonly node: BatchNode;
  readonly heard: boolean;
}

/** Readings, rows and policy as one World. Pure; `join(previous, inputs)` equals `join(undefined, inputs)`: the first only keeps what did not change. */
export function join(previous: Joined | undefined, inputs: Inputs): Joined {
  const { policy, rows } = inputs;
  const sources = new Map<string, SourceJobs>();
  for (const [name, reading] of inputs.batch) {
    const scheduler = inputs.schedulers?.get(name)?.value;
    if (reading.value !== undefined) sources.set(name, readJobs(previous?.sources.get(name), reading.value, inputs.classify, scheduler));
  }
  const nodes = nodesOf(inputs);
  const machines = viewMachines(previous?.world.machines, inputs, nodes, sources);
  const bySeat = new Map([...machines.values()].map((view) => [view.row.seat, view]));
  const byHost = new Map<string, MachineView[]>();
  for (const view of machines.values()) {
    const neighbours = byHost.get(view.row.host);
    if (neighbours === undefined) byHost.set(view.row.host, [view]);
    else neighbours.push(view);
  }
  const hosts = Object.values(policy.hosts).map((spec) => viewHost(spec, inputs.hosts.get(spec.name) ?? unread, byHost.get(spec.name) ?? [], inputs));
  const strays = straysOf(inputs.hosts, policy, rows);
  const world: World = {
    rows,
    sources: viewSources(inputs, sources),
    jobs: merged([...sources.values()].map((s) => s.jobs)),
    verdicts: merged([...sources.values()].map((s) => s.verdicts)),
    groups: groupsOf([...sources.values()].map((s) => s.groups)),
    machines,
    seats: viewSeats(inputs, nodes, bySeat, sources, lingering(strays, policy)),
    hosts: new Map(hosts.map((view) => [view.spec.name, view])),
    foreign: foreignOf(inputs, nodes, bySeat),
    strays,
    life: inputs.life,
    ...(inputs.clockJumpAt === undefined ? {} : { clockJumpAt: inputs.clockJumpAt }),
  };
  return { inputs, sources, world };
}

/** Row, guest and node of every machine side by side. */
function viewMachines(
  previous: World['machines'] | undefined,
  inputs: Inputs,
  nodes: ReadonlyMap<string, NodeSeen>,
  sources: ReadonlyMap<string, SourceJobs>,
): ReadonlyMap<string, MachineView> {
  const { policy, rows } = inputs;
  const guests = guestsByHost(inputs.hosts);
  const overlays = overlaysByHost(inputs.hosts);
  const intents = intentsByMachine(rows);
  const machines = new Map<string, MachineView>();
  for (const row of rows.machines.values()) {
    const seen = nodes.get(row.seat);
    const reading = inputs.hosts.get(row.host) ?? unread;
    const guest = guests.get(row.host)?.get(row.uuid);
    // an answer asked before the guest was made says nothing of its absence
    const hostHeard = isHeard(reading) && (guest !== undefined || reading.askedAt > (row.guestAt ?? 0));
    const phase = phaseOf(seenOf(row, guest, hostHeard, seen?.node));
    const view: MachineView = {
      row,
      environment: policy.environments[row.environment] ?? rows.environments.get(row.environment),
      seat: policy.seats[row.seat] ?? row.seated,
      phase,
      guest,
      hostHeard,
      overlaySeen: overlays.get(row.host)?.has(row.overlay),
      node: seen?.node,
      nodeHeard: seen?.heard ?? false,
      withheld: rows.withheld.get(row.seat),
      jobs: jobsOn(row, seen, sources),
      intent: intents.get(row.id),
      slotsFree: phase === 'ready' && seen?.heard === true && isOnline(seen.node) ? slotsFree(seen.node) : 0,
    };
    machines.set(row.id, kept(previous?.get(row.id), view));
  }
  return machines;
}

function intentsByMachine(rows: Rows): ReadonlyMap<string, Intent> {
  const intents = new Map<string, Intent>();
  for (const intent of rows.intents.values()) {
    if ('machine' in intent.deed && intent.deed.machine !== undefined) intents.set(intent.deed.machine, intent);
  }
  return intents;
}

/** The previous view where nothing in it changed, so that later steps may compare by identity. */
function kept(before: MachineView | undefined, now: MachineView): MachineView {
  if (before === undefined) return now;
  const same = (Object.keys(now) as (keyof MachineView)[]).every(
    (key) => before[key] === now[key] || (key === 'jobs' && before.jobs.join() === now.jobs.join()),
  );
  return same ? before : now;
}

function nodesOf(inputs: Inputs): Map<string, NodeSeen> {
  const nodes = new Map<string, NodeSeen>();
  for (const [source, reading] of inputs.batch) for (const node of reading.value?.nodes ?? []) nodes.set(node.name, { source, node, heard: isHeard(reading) });
  return nodes;
}

function guestsByHost(hosts: Inputs['hosts']): Map<string, Map<string, Guest>> {
  return new Map([...hosts].map(([host, reading]) => [host, new Map((reading.value?.guests ?? []).map((guest) => [guest.uuid, guest]))]));
}

/** Overlay names per host; a host whose store was not seen is left out: unknown, not empty. */
function overlaysByHost(hosts: Inputs['hosts']): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    [...hosts].flatMap(([host, reading]) =>
      isHeard(reading) && !reading.value.storeHung ? [[host, new Set(reading.value.overlays.map((o) => o.name))] as const] : [],
    ),
  );
}

/** Every job on the seat in any view: the server's, the mom's, and each job's exec_host. */
function jobsOn(row: Machine, seen: NodeSeen | undefined, sources: ReadonlyMap<string, SourceJobs>): readonly string[] {
  const ids = new Set<string>();
  for (const job of seen?.node.jobs ?? []) ids.add(job.id);
  for (const id of seen?.node.momJobs ?? []) ids.add(id);
  for (const source of sources.values()) for (const id of source.byNode.get(row.seat) ?? []) ids.add(id);
  return [...ids];
}

function viewSources(inputs: Inputs, sources: ReadonlyMap<string, SourceJobs>): ReadonlyMap<string, SourceView> {
  const view = (name: string, reading: Reading<BatchSnapshot>): SourceView => {
    const scheduler = inputs.schedulers?.get(name);
    const seen = { name, reading, server: reading.value?.server, queues: reading.value?.queues ?? [], deferred: sources.get(name)?.deferred ?? [] };
    return scheduler === undefined ? seen : { ...seen, scheduler };
  };
  return new Map([...inputs.batch].map(([name, reading]) => [name, view(name, reading)]));
}

function viewSeats(
  inputs: Inputs,
  nodes: ReadonlyMap<string, NodeSeen>,
  bySeat: ReadonlyMap<string, MachineView>,
  sources: ReadonlyMap<string, SourceJobs>,
  lingering: ReadonlyMap<string, Reason>,
): ReadonlyMap<string, SeatView> {
  const seats = new Map<string, SeatView>();
  for (const seat of Object.values(inputs.policy.seats)) {
    const seen = nodes.get(seat.name);
    const reading = inputs.batch.get(seat.source);
    const machine = bySeat.get(seat.name);
    const jobs = [...new Set([...(seen?.node.jobs ?? []).map((j) => j.id), ...(sources.get(seat.source)?.byNode.get(seat.name) ?? [])])];
    const blocked =
      seatBlocked(seat, seen?.node, reading !== undefined && isHeard(reading), inputs.rows.withheld.get(seat.name), machine, jobs) ?? lingering.get(seat.name);
    seats.set(seat.name, { seat, node: seen?.node, machine, ...(blocked === undefined ? {} : { blocked }) });
  }
  return seats;
}

/** A seat that is gone from the configuration is no foreign node while its machine is there. */
function foreignOf(inputs: Inputs, nodes: ReadonlyMap<string, NodeSeen>, bySeat: ReadonlyMap<string, MachineView>): readonly ForeignNode[] {
  const foreign: ForeignNode[] = [];
  for (const { source, node, heard } of nodes.values()) {
    if (inputs.policy.seats[node.name] === undefined && !bySeat.has(node.name)) foreign.push({ source, node, slotsFree: heard ? slotsFree(node) : 0 });
  }
  return foreign;
}

function merged<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  const [only] = maps;
  return maps.length === 1 && only !== undefined ? only : new Map(maps.flatMap((map) => [...map]));
}

function groupsOf(lists: readonly (readonly JobGroup[])[]): readonly JobGroup[] {
  const [only] = lists;
  return lists.length === 1 && only !== undefined ? only : lists.flat().sort(olderFirst);
}
