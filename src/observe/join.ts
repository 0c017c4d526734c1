import { type BatchNode, type BatchSnapshot, slotsFree } from '../model/batch.js';
import type { Fence } from '../model/fence.js';
import type { HostSnapshot } from '../model/host.js';
import type { HostLoad } from '../model/load.js';
import { latelyPer } from '../model/once.js';
import type { Policy } from '../model/policy.js';
import type { PowerReading } from '../model/power.js';
import { isHeard, type Reading } from '../model/reading.js';
import type { Rows } from '../model/rows.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import { atOnce, type Slices } from '../model/slices.js';
import type { ClassroomReading } from '../model/tenancy.js';
import type { ForeignNode, JobGroup, MachineView, SourceView, World } from '../model/world.js';
import { olderFirst } from './group.js';
import { type Classify, readingJobs, type SourceJobs } from './groups.js';
import { viewHosts } from './hosts.js';
import { viewMachines } from './machines.js';
import { type NodeFinder, nodeFinder, type Places, placesOf } from './nodes.js';
import { machinesBySeat, viewSeats } from './seats.js';
import { lingering, straysOf } from './strays.js';
import { touchedNodes } from './touched.js';

/** Everything the world is made of. */
export interface Inputs {
  readonly policy: Policy;
  readonly rows: Rows;
  readonly batch: ReadonlyMap<string, Reading<BatchSnapshot>>;
  /** Schedulers beside them, by the batch server's name, where any is asked. */
  readonly schedulers?: ReadonlyMap<string, Reading<SchedulerSnapshot>>;
  readonly hosts: ReadonlyMap<string, Reading<HostSnapshot>>;
  /** What hosts have been busy with, where that is known. */
  readonly loads?: ReadonlyMap<string, HostLoad>;
  /** What hosts' own controllers say, where any is asked. */
  readonly meters?: ReadonlyMap<string, Reading<PowerReading>>;
  /** What hosts say in their classrooms, where any is asked. */
  readonly classrooms?: ReadonlyMap<string, Reading<ClassroomReading>>;
  readonly classify: Classify;
  readonly fence: Fence;
  readonly life: World['life'];
  readonly clockJumpAt?: number;
}

/** The world, and the parts that the next join may take over unchanged. */
export interface Joined {
  readonly inputs: Inputs;
  readonly sources: ReadonlyMap<string, SourceJobs>;
  /** Of hosts that show nothing but what is ours, the answer that does. */
  readonly clean: ReadonlyMap<string, HostSnapshot>;
  readonly world: World;
}

/** Readings, rows and policy as one World. Pure; `join(previous, inputs)` equals `join(undefined, inputs)`: the first only keeps what did not change. */
export const join = (previous: Joined | undefined, inputs: Inputs): Joined => atOnce(joining(previous, inputs));

/** The same in slices. */
export function* joining(previous: Joined | undefined, inputs: Inputs): Slices<Joined> {
  const { policy, rows } = inputs;
  const sources = new Map<string, SourceJobs>();
  for (const [name, reading] of inputs.batch) {
    const scheduler = inputs.schedulers?.get(name)?.value;
    if (reading.value !== undefined) sources.set(name, yield* readingJobs(previous?.sources.get(name), reading.value, inputs.classify, scheduler));
  }
  const find = nodeFinder(inputs, previous?.inputs);
  yield;
  const nodes = touchedNodes(previous, inputs, sources);
  const machines = yield* viewMachines(previous, inputs, find, sources, nodes);
  const bySeat = machinesBySeat(machines);
  yield;
  const { strays, clean } = straysOf(previous, inputs);
  const world: World = {
    rows,
    sources: viewSources(inputs, sources),
    jobs: merged([...sources.values()].map((s) => s.jobs)),
    verdicts: merged([...sources.values()].map((s) => s.verdicts)),
    groups: groupsOf([...sources.values()].map((s) => s.groups)),
    machines,
    unserved: merged([...sources.values()].map((s) => s.unserved)),
    seats: yield* viewSeats(previous, inputs, find, bySeat, sources, nodes, lingering(strays, policy)),
    hosts: viewHosts(previous, inputs, machines),
    foreign: foreignOf(inputs, find, bySeat),
    strays,
    life: inputs.life,
    ...(inputs.clockJumpAt === undefined ? {} : { clockJumpAt: inputs.clockJumpAt }),
  };
  return { inputs, sources, clean, world };
}

function viewSources(inputs: Inputs, sources: ReadonlyMap<string, SourceJobs>): ReadonlyMap<string, SourceView> {
  const view = (name: string, reading: Reading<BatchSnapshot>): SourceView => {
    const scheduler = inputs.schedulers?.get(name);
    const seen = { name, reading, server: reading.value?.server, queues: reading.value?.queues ?? [], deferred: sources.get(name)?.deferred ?? [] };
    return scheduler === undefined ? seen : { ...seen, scheduler };
  };
  return new Map([...inputs.batch].map(([name, reading]) => [name, view(name, reading)]));
}

/** A seat that is gone from the configuration is no foreign node while its machine is there. */
function foreignOf(inputs: Inputs, find: NodeFinder, bySeat: ReadonlyMap<string, MachineView>): readonly ForeignNode[] {
  const foreign: ForeignNode[] = [];
  const mayBe = strangersTo(inputs.policy.seats);
  for (const [source, reading] of inputs.batch) {
    const heard = isHeard(reading);
    const nodes = reading.value?.nodes ?? [];
    for (const place of mayBe(placesOf(nodes))) {
      const node = nodes[place] as BatchNode;
      if (!bySeat.has(node.name) && find.seen(node.name)?.source === source) foreign.push({ source, node, slotsFree: heard ? slotsFree(node) : 0 });
    }
  }
  return foreign;
}

/** Places of the nodes that are no seats. */
const strangersTo = latelyPer((seats: Inputs['policy']['seats']) =>
  latelyPer((places: Places): readonly number[] => [...places].flatMap(([name, place]) => (seats[name] === undefined ? [place] : []))),
);

function merged<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  const [only] = maps;
  return maps.length === 1 && only !== undefined ? only : new Map(maps.flatMap((map) => [...map]));
}

function groupsOf(lists: readonly (readonly JobGroup[])[]): readonly JobGroup[] {
  const [only] = lists;
  return lists.length === 1 && only !== undefined ? only : lists.flat().sort(olderFirst);
}
