import { isFeasible } from './placement.js';
import { Refusal, refuse } from './qsub-refusal.js';
import { first, isExecution, isRoute, isTrue, type Queue } from './queue.js';
import { parseNodes } from './resources.js';
import type { Server } from './server.js';
import { completed } from './submit.js';

/** The queue a user names, or the default one. Raises Refusal. */
export function queueNamed(server: Server, asked: string | undefined): Queue {
  const name = (asked ?? first(server.attributes, 'default_queue'))?.replace(/@.*$/, '');
  if (name === undefined) return refuse(187, 'No default queue specified MSG=requested queue not found');
  return server.queues.get(name) ?? refuse(172, 'Unknown queue MSG=requested queue not found');
}

/** The execution queue that takes the job: the one named, or the first destination of a route. Raises Refusal. */
export function queueTaking(server: Server, named: Queue, asked: ReadonlyMap<string, string>): Queue {
  if (!isTrue(named.attributes, 'enabled')) refuse(180, `Queue is not enabled MSG=queue is disabled: user = , queue ${named.name}`);
  if (!isRoute(named)) return admissible(server, named, asked);
  for (const name of named.attributes.get('route_destinations') ?? []) {
    const queue = server.queues.get(name);
    try {
      if (queue !== undefined) return admissible(server, queue, asked);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown; // a destination's refusal only means: the next one
    }
  }
  return refuse(193, 'Route job rejected: all possible destinations rejected');
}

/** The queue, when it takes jobs and the listed nodes could carry this one. */
function admissible(server: Server, queue: Queue, asked: ReadonlyMap<string, string>): Queue {
  if (!isExecution(queue) || !isTrue(queue.attributes, 'enabled')) refuse(180, `Queue is not enabled MSG=queue is disabled: user = , queue ${queue.name}`);
  const all = completed(asked, queue);
  const nodes = all.get('nodes');
  const procs = all.get('procs');
  const limit = first(server.attributes, 'resources_available.nodect') ?? first(queue.attributes, 'resources_available.nodect');
  const needs = nodes === undefined ? undefined : parseNodes(nodes);
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  if (isFeasible(server, needs, number(procs), number(limit))) return queue;
  return refuse(
    190,
    'Job exceeds queue resource limits MSG=cannot locate feasible nodes (nodes file is empty, all systems are busy, or no nodes have the requested feature)',
  );
}
