import type { QueueWish, SeatWish, SetupStep } from '../../src/drivers/batch.js';
import { type BatchNode, type BatchQueue, type BatchServer, isOffline, notePrefix } from '../../src/model/batch.js';
import {
  addProperty,
  clearOffline,
  createNode,
  createQueue,
  keepNp,
  type Place,
  pauseForList,
  resolveName,
  restartServer,
  setNp,
  setOffline,
  setQueue,
} from './commands.js';

/** Note of a seat where nobody sits. */
export const restNote = `${notePrefix}at rest`;

/** What the batch server shows now. */
export interface Standing {
  readonly nodes: ReadonlyMap<string, BatchNode>;
  readonly queues: ReadonlyMap<string, BatchQueue>;
  readonly server: BatchServer;
  /** Seats' names that the resolver here does not know. */
  readonly unresolved: ReadonlySet<string>;
}

/** The commands that make the batch server agree with the wishes, in the order in which to type them; none when it does. Pure. */
export function stepsFor(place: Place, seats: readonly SeatWish[], queues: readonly QueueWish[], standing: Standing): readonly SetupStep[] {
  const fresh = seats.filter((seat) => !standing.nodes.has(seat.node));
  const created = fresh.length;
  const letsGo = created > 0 && !isOld(standing.server);
  const seatSteps = seats.flatMap((seat) => stepsForSeat(place, seat, standing));
  const rest = fresh.map(({ node }): SetupStep => ({ argv: setOffline(place, node, restNote), why: atRest(node) }));
  return [
    ...(standing.server.autoNodeNp
      ? [{ argv: keepNp(place), why: 'auto_node_np overwrites np with what the worker has: Domus sets np itself' } satisfies SetupStep]
      : []),
    ...seatSteps,
    ...(letsGo
      ? [
          {
            argv: pauseForList,
            why: `${standing.server.version} lets the offline of a new node go when it tells the workers of it, about ten seconds after its creation`,
          },
          ...rest,
        ]
      : []),
    ...queues.flatMap((queue) => stepsForQueue(place, queue, standing)),
    ...(created > 0 && isOld(standing.server)
      ? [
          {
            argv: restartServer,
            why: `${standing.server.version} tells workers of new sisters only when it starts: until then jobs of several nodes hang between the ${created} new one(s). Restart it yourself when it suits`,
          },
        ]
      : []),
  ];
}

const atRest = (node: string): string => `seat ${node} is at rest until a machine sits in it`;

/** 4.x: a worker's list of sisters is sent when the server starts, and a node created offline is online after a restart (both measured). */
const isOld = (server: BatchServer): boolean => /^[0-5]\./.test(server.version);

function stepsForSeat(place: Place, seat: SeatWish, { nodes, unresolved, server }: Standing): readonly SetupStep[] {
  const node = nodes.get(seat.node);
  const steps: SetupStep[] = [];
  if (unresolved.has(seat.node)) {
    steps.push({
      argv: resolveName(seat.node),
      why: `${seat.node} must resolve on the batch server first (hosts file or DNS): an unknown name cannot be listed, and is lost at the server's next start`,
    });
  }
  if (node === undefined) steps.push({ argv: createNode(place, seat.node, seat.np), why: `seat ${seat.node} must be listed for ever, with its largest np` });
  for (const property of seat.properties) {
    if (node?.properties.includes(property)) continue;
    steps.push({ argv: addProperty(place, seat.node, property), why: `jobs that ask for property ${property} may run in seat ${seat.node}` });
  }
  if (node === undefined && isOld(server)) {
    steps.push({
      argv: clearOffline(place, [seat.node]),
      why: `${server.version} writes an offline down only when it is new: else ${seat.node} is online after its next start`,
    });
  }
  if ((node === undefined && isOld(server)) || (node !== undefined && isForgotten(node))) {
    steps.push({ argv: setOffline(place, seat.node, restNote), why: atRest(seat.node) });
  }
  if (node !== undefined && node.np !== seat.np && isOffline(node) && node.note === restNote) {
    steps.push({ argv: setNp(place, seat.node, seat.np), why: `seat ${seat.node} at rest shows its largest np (${seat.np}, not ${node.np})` });
  }
  return steps;
}

/** Listed and never heard of, but not at rest and without a word of anybody: an earlier setup stopped half-way, or 6.1 has let the new node's offline go. */
const isForgotten = (node: BatchNode): boolean =>
  node.reportedAt === undefined && node.jobs.length === 0 && (node.note === '' || (node.note === restNote && !isOffline(node)));

/**
 * What `resources_default.nodes` of the queue must be, undefined where it is right as it is. From 6 on pbs_sched starts no
 * job without `nodes` in a queue with `neednodes` alone (measured on 6.1.3); and on every version what is set there counts
 * instead of `neednodes`, so that it must name the property, too.
 */
export function defaultNodesFor(wish: QueueWish, queue: BatchQueue | undefined, server: BatchServer): string | undefined {
  const property = wish.neednodes;
  if (property === undefined) return undefined;
  const set = queue?.defaultNodes;
  if (set === undefined) return isOld(server) ? undefined : `1:${property}`;
  const chunks = set.split('+').map((chunk) => (chunk.split(':').includes(property) ? chunk : `${chunk}:${property}`));
  const wanted = chunks.join('+');
  return wanted === set ? undefined : wanted;
}

/** `HH:MM:SS`, as qmgr writes it. */
const clockText = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
};

/** What of the queue's walltimes is to be set: the bound itself, and the same for jobs that name none. */
function walltimesFor({ queue: name, maxWalltimeMs }: QueueWish, queue: BatchQueue | undefined): readonly (readonly [attribute: string, why: string])[] {
  if (maxWalltimeMs === undefined) return [];
  const bound =
    queue?.maxWalltimeMs === maxWalltimeMs
      ? []
      : [['resources_max.walltime', `hosts of queue ${name} go back to their classrooms: longer jobs are not accepted`] as const];
  const usual = queue?.defaultWalltimeMs;
  const isBounded = usual !== undefined && usual <= maxWalltimeMs;
  return isBounded ? bound : [...bound, ['resources_default.walltime', `a job of queue ${name} that names no walltime has the longest`] as const];
}

function stepsForQueue(place: Place, wish: QueueWish, { queues, server }: Standing): readonly SetupStep[] {
  const queue = queues.get(wish.queue);
  const steps: SetupStep[] = [];
  const set = (attribute: string, value: string, why: string): void => {
    steps.push({ argv: setQueue(place, wish.queue, attribute, value), why });
  };
  if (queue === undefined) {
    steps.push({ argv: createQueue(place, wish.queue), why: `an environment serves queue ${wish.queue}` });
    set('queue_type', 'Execution', `queue ${wish.queue} runs jobs`);
  }
  if (wish.neednodes !== undefined && queue?.neednodes !== wish.neednodes) {
    set('resources_default.neednodes', wish.neednodes, `jobs of queue ${wish.queue} without "-l nodes" go to nodes with property ${wish.neednodes}`);
  }
  const nodes = defaultNodesFor(wish, queue, server);
  if (nodes !== undefined) {
    const why =
      queue?.defaultNodes === undefined
        ? `TORQUE ${server.version} never starts jobs without "-l nodes" otherwise`
        : 'what stands there counts instead of neednodes';
    set('resources_default.nodes', nodes, `jobs of queue ${wish.queue} without "-l nodes" ask for one node with property ${wish.neednodes}: ${why}`);
  }
  for (const [attribute, why] of walltimesFor(wish, queue)) set(attribute, clockText(wish.maxWalltimeMs ?? 0), why);
  if (!queue?.enabled) set('enabled', 'True', `queue ${wish.queue} accepts jobs (leave it out if it is disabled on purpose)`);
  if (!queue?.started) set('started', 'True', `queue ${wish.queue} starts jobs (leave it out if it is stopped on purpose)`);
  return steps;
}
