import { createClassifier } from '../classify/classify.js';
import type { Present } from '../model/present.js';
import { join } from '../observe/join.js';
import { type Breach, breaches } from '../plan/laws.js';
import { plan } from '../plan/plan.js';
import { recordText, type TickRecord } from './record.js';

/** The recorded tick, thought again by this program. */
export interface Replayed {
  readonly present: Present;
  /** Parts of the plan that come out otherwise than they were recorded; empty with the version that recorded it. */
  readonly differs: readonly string[];
  /** Laws of the planner that the plan breaks; never any where nothing is wrong. */
  readonly breaches: readonly Breach[];
}

/** Joins and plans what the tick took in, with nothing but what is in the record. Pure. */
export function replayTick({ inputs, at, revision, plan: before }: TickRecord): Replayed {
  const classifier = createClassifier(inputs.policy);
  const { world } = join(undefined, { ...inputs, classify: (job, snapshot) => classifier(job, snapshot.queues) });
  const again = plan(world, inputs.policy, at);
  const parts = ['decisions', 'recorded', 'deeds', 'reasons', 'due'] as const;
  return {
    present: { revision, at, world, plan: again, policy: inputs.policy, epoch: inputs.fence.epoch },
    breaches: breaches(world, inputs.policy, at, again),
    differs: parts.filter((part) => recordText(again[part]) !== recordText(before[part])),
  };
}
