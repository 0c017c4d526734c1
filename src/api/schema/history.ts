import { z } from 'zod';
import { plottedPhases, resolutions } from '../../history/contract.js';
import { asked, durationMs, instant, list } from './shapes.js';

const steps = resolutions.map(({ stepMs }) => stepMs);
const at = asked.min(0).max(8.64e15);

/** `since` and `until` in epoch ms; absent: the last day. */
export const historyQuery = z.strictObject({
  since: at.optional(),
  until: at.optional(),
  stepMs: asked.refine((step) => steps.some((known) => known === step), `one of ${steps.join(', ')}`).optional(),
});

/** One value per step; null where nothing was known. */
const values = list(z.number().nullable());
const lines = <K extends string>(...names: readonly K[]) => z.object(Object.fromEntries(names.map((name) => [name, values])) as Record<K, typeof values>);

const pool = lines('hostsOn', 'hostsOff', 'hostsUnknown', 'coresOn', 'utilisation', 'powerW', 'energyKWh', 'alwaysOnKWh', 'measured', 'wakeWaitHours')
  .readonly()
  .meta({ id: 'PoolSeries' });
const environment = lines(
  'waitingJobs',
  'waitingSlots',
  'runningJobs',
  'runningSlots',
  'slots',
  'busySlots',
  'utilisation',
  'started',
  'ended',
  'waitMeanMs',
  'waitP95Ms',
  'powerW',
)
  .extend({ machines: lines(...plottedPhases).readonly() })
  .readonly()
  .meta({ id: 'EnvironmentSeries' });

export const historySchema = z
  .object({
    stepMs: durationMs,
    at: list(instant).meta({ description: 'starts of the steps, all of them' }),
    environments: z.record(z.string(), environment).readonly(),
    pools: z.record(z.string(), pool).readonly(),
    site: pool,
  })
  .readonly()
  .meta({ id: 'History', description: 'demand, supply, waiting times and energy over time' });
