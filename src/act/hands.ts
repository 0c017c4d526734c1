import type { Batch } from '../drivers/batch.js';
import { Failure } from '../drivers/failure.js';
import type { Hypervisor } from '../drivers/hypervisor.js';

/** The drivers that deeds are done with. */
export interface Hands {
  readonly batch: ReadonlyMap<string, Batch>;
  readonly hypervisor: Hypervisor;
}

/** Raises Failure `unreachable` for a source that the configuration no longer names. */
export function batchOf(hands: Hands, source: string): Batch {
  const batch = hands.batch.get(source);
  if (batch === undefined) throw new Failure('unreachable', `batch server ${source} is not in the configuration`);
  return batch;
}
