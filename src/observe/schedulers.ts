import type { Clock } from '../clock.js';
import type { Scheduler } from '../drivers/scheduler.js';
import type { Log } from '../log.js';
import type { Policy } from '../model/policy.js';
import type { SchedulerSnapshot } from '../model/scheduler.js';
import { settleScheduler } from './intake.js';
import { type Pace, paced } from './pace.js';
import { Poller } from './poller.js';

interface Options {
  readonly schedulers?: ReadonlyMap<string, Scheduler>;
  readonly policy: () => Policy;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
  readonly pace?: Pace;
}

/** One poller per scheduler beside a batch server, in the batch servers' cadence; none where no plugin asks one. */
export function schedulerPollers({ schedulers, policy, clock, log, changed, pace }: Options): ReadonlyMap<string, Poller<SchedulerSnapshot>> {
  const pollers = new Map<string, Poller<SchedulerSnapshot>>();
  for (const [name, driver] of schedulers ?? []) {
    const poller = new Poller<SchedulerSnapshot>({
      name: `scheduler of ${name}`,
      clock,
      log,
      everyMs: () => policy().intervals.batchPollMs,
      limitMs: () => policy().intervals.batchLimitMs,
      ask: (signal) => driver.read(signal),
      settle: settleScheduler,
      changed,
      ...paced(pace, `scheduler:${name}`),
    });
    pollers.set(name, poller);
  }
  return pollers;
}
