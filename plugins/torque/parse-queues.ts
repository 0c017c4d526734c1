import type { BatchQueue } from '../../src/model/batch.js';
import { type Listed, parseListed } from './parse-qmgr.js';
import { count, durationMs } from './parse-text.js';

/** `qstat -Qf`. No queues at all is an empty list. Raises Failure `garbled`. */
export const parseQueues = (text: string): readonly BatchQueue[] =>
  parseListed(text)
    .filter((object) => object.kind === 'queue')
    .map(queueOf);

/** A queue from its attributes, from whichever command they came. */
export function queueOf({ name, attributes }: Listed): BatchQueue {
  const neednodes = attributes.get('resources_default.neednodes');
  const walltime = attributes.get('resources_default.walltime');
  const defaultWalltimeMs = walltime === undefined ? undefined : durationMs(walltime);
  const maxRunning = count(attributes.get('max_running'));
  return {
    name,
    kind: attributes.get('queue_type')?.toLowerCase() === 'route' ? 'route' : 'execution',
    enabled: attributes.get('enabled') === 'True',
    started: attributes.get('started') === 'True',
    ...(neednodes === undefined ? {} : { neednodes }),
    ...(defaultWalltimeMs === undefined ? {} : { defaultWalltimeMs }),
    ...(maxRunning === undefined ? {} : { maxRunning }),
  };
}
