import type { Finding, QueueWish, SeatWish } from '../../src/drivers/batch.js';
import { type BatchNode, type BatchQueue, type BatchServer, isOffline } from '../../src/model/batch.js';
import { defaultNodesFor, restNote } from './setup-diff.js';

const setup = 'a manager runs "domus torque setup --apply"';

/** Are all seats listed as they should be, and do their names resolve? `unresolved` is undefined where the resolver could not be asked. Pure. */
export function examineSeats(seats: readonly SeatWish[], nodes: readonly BatchNode[], unresolved: ReadonlySet<string> | undefined): readonly Finding[] {
  const listed = new Map(nodes.map((node) => [node.name, node]));
  const findings = seats.flatMap((seat) => examineSeat(seat, listed.get(seat.node)));
  if (unresolved === undefined) {
    findings.push({ level: 'warning', what: 'whether the seats resolve could not be asked (no getent here)', remedy: 'look on the batch server' });
  }
  for (const name of unresolved ?? []) {
    findings.push({
      level: 'error',
      what: `seat ${name} does not resolve on this machine`,
      remedy: 'publish its name and address on the batch server and on every worker',
    });
  }
  if (findings.length === 0) findings.push({ level: 'ok', what: `all ${seats.length} seat(s) are listed with their np and properties, and resolve` });
  return findings;
}

function examineSeat(seat: SeatWish, node: BatchNode | undefined): Finding[] {
  if (node === undefined) return [{ level: 'error', what: `seat ${seat.node} is not listed in the batch server`, remedy: setup }];
  const missing = seat.properties.filter((property) => !node.properties.includes(property));
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push({ level: 'error', what: `seat ${seat.node} lacks the propert${missing.length > 1 ? 'ies' : 'y'} ${missing.join(', ')}`, remedy: setup });
  if (isOffline(node) && node.note === restNote && node.np !== seat.np) {
    findings.push({ level: 'warning', what: `seat ${seat.node} rests with np ${node.np}, not ${seat.np}: wide jobs may be refused`, remedy: setup });
  }
  return findings;
}

/**
 * Do the queues that environments serve exist, run, and lead to their environment's nodes? The last is shown to managers
 * only: where no queue shows it, nothing is said against it. Pure.
 */
export function examineQueues(wishes: readonly QueueWish[], queues: readonly BatchQueue[], server: BatchServer): readonly Finding[] {
  const shown = queues.some((queue) => queue.neednodes !== undefined);
  const known = new Map(queues.map((queue) => [queue.name, queue]));
  const findings = wishes.flatMap((wish) => examineQueue(wish, known.get(wish.queue), { shown, server }));
  if (findings.length === 0) {
    const unseen = shown ? '' : ' (their default property is shown to managers only: "domus torque setup" compares it)';
    findings.push({ level: 'ok', what: `all ${wishes.length} queue(s) exist, accept and start jobs${unseen}` });
  }
  return findings;
}

function examineQueue(wish: QueueWish, queue: BatchQueue | undefined, { shown, server }: { readonly shown: boolean; readonly server: BatchServer }): Finding[] {
  if (queue === undefined) return [{ level: 'error', what: `queue ${wish.queue} does not exist`, remedy: setup }];
  if (queue.kind === 'route') {
    return [{ level: 'error', what: `queue ${wish.queue} only routes jobs to others`, remedy: 'let the environment serve the queues it routes to' }];
  }
  const findings: Finding[] = [];
  if (!queue.enabled) findings.push({ level: 'warning', what: `queue ${wish.queue} accepts no jobs (enabled = False)`, remedy: setup });
  if (!queue.started) findings.push({ level: 'warning', what: `queue ${wish.queue} starts no jobs (started = False)`, remedy: setup });
  if (wish.maxWalltimeMs !== undefined && (queue.maxWalltimeMs === undefined || queue.maxWalltimeMs > wish.maxWalltimeMs))
    findings.push({ level: 'error', what: `queue ${wish.queue} accepts jobs that last longer than its environment's maxWalltime`, remedy: setup });
  if (shown && wish.neednodes !== undefined && queue.neednodes !== wish.neednodes) {
    const has = queue.neednodes === undefined ? 'is not set' : `is ${queue.neednodes}`;
    findings.push({
      level: 'error',
      what: `the default property of queue ${wish.queue} (resources_default.neednodes) ${has}, its environment's is ${wish.neednodes}`,
      remedy: setup,
    });
  }
  const nodes = defaultNodesFor(wish, queue, server);
  if (nodes !== undefined) {
    const so = queue.defaultNodes === undefined ? 'never start with pbs_sched' : 'may go to any node';
    findings.push({ level: 'error', what: `jobs of queue ${wish.queue} without "-l nodes" ${so}: resources_default.nodes should be ${nodes}`, remedy: setup });
  }
  return findings;
}
