import { createClassifier } from '../../src/classify/classify.js';
import type { Policy } from '../../src/model/policy.js';
import { Rehearsal, type RehearsalOptions } from '../../src/sim/rehearsal.js';

/** A rehearsal whose jobs are classified as the daemon would. */
export function rehearse(policy: Policy, more: Partial<Omit<RehearsalOptions, 'policy' | 'classify'>> = {}): Rehearsal {
  const classifier = createClassifier(policy);
  return new Rehearsal({ policy, classify: (job, snapshot) => classifier(job, snapshot.queues), ...more });
}
