/** A process that works one week out: told the work by a message, answers with the estimate, and ends with its parent. */

import { setPriority } from 'node:os';
import type { WeekWork } from '../../api/week.js';
import { estimate } from './estimate.js';
import type { WeekAnswer } from './estimator.js';

/** The cluster's own daemon goes first. */
function giveWay(): void {
  try {
    setPriority(19);
  } catch {
    // a service manager that forbids it has given this process what it shall have
  }
}

/** Told of so much at least. */
const leastProgress = 0.01;
const answer = (message: WeekAnswer): void => {
  process.send?.(message, undefined, undefined, () => process.disconnect?.());
};

process.on('disconnect', () => process.exit(0));
process.on('message', (work: WeekWork) => {
  giveWay();
  let told = 0;
  const progress = (part: number): void => {
    if (part < told + leastProgress) return;
    told = part;
    process.send?.({ part } satisfies WeekAnswer);
  };
  estimate(work, progress).then(
    (estimated) => answer({ ok: true, estimated }),
    (thrown: unknown) => answer({ ok: false, why: thrown instanceof Error ? thrown.message : String(thrown) }),
  );
});
