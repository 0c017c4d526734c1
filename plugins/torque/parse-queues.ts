import type { BatchQueue } from '../../src/model/batch.js';
import { type Listed, parseListed } from './parse-qmgr.js';
import { count, durationMs } from './parse-text.js';

/** `qstat -Qf`. No queues at all is an empty list. Raises Failure `garbled`. */
export const parseQueues = (text: string): readonly BatchQueue[] =>
  parseListed(text)
    .filter((object) => object.kind === 'queue')
    .map(queueOf);

/** How many jobs of each state every queue of `qstat -Qf` has, as one text to compare; undefined where a queue does not tell. */
export function queueCounts(text: string): string | undefined {
  const queues = parseListed(text).filter((object) => object.kind === 'queue');
  const counts = queues.map(({ name, attributes }) => ({ name, total: attributes.get('total_jobs'), states: attributes.get('state_count') }));
  if (counts.some(({ total, states }) => total === undefined || states === undefined)) return undefined;
  return counts.map(({ name, total, states }) => `${name} ${total} ${states}`).join('\n');
}

/** A queue from its attributes, from whichever command they came. */
export function queueOf({ name, attributes }: Listed): BatchQueue {
  const neednodes = attributes.get('resources_default.neednodes');
  const nodes = attributes.get('resources_default.nodes');
  const walltime = attributes.get('resources_default.walltime');
  const defaultWalltimeMs = walltime === undefined ? undefined : durationMs(walltime);
  const longest = attributes.get('resources_max.walltime');
  const maxWalltimeMs = longest === undefined ? undefined : durationMs(longest);
  const maxRunning = count(attributes.get('max_running'));
  return {
    name,
    kind: attributes.get('queue_type')?.toLowerCase() === 'route' ? 'route' : 'execution',
    enabled: attributes.get('enabled') === 'True',
    started: attributes.get('started') === 'True',
    ...(neednodes === undefined ? {} : { neednodes }),
    ...(nodes === undefined ? {} : { defaultNodes: nodes }),
    ...(defaultWalltimeMs === undefined ? {} : { defaultWalltimeMs }),
    ...(maxWalltimeMs === undefined ? {} : { maxWalltimeMs }),
    ...(maxRunning === undefined ? {} : { maxRunning }),
  };
}
