import type { z } from 'zod';
import { resolutions } from '../history/contract.js';
import type { ApiOptions } from './api.js';
import { ApiError } from './errors.js';
import type { historyQuery, historySchema } from './schema/history.js';

const dayMs = 86_400_000;
/** Steps of one answer. */
const most = 50_000;

/** Demand, supply, waiting times and energy over time: numbers per environment and pool, nobody's names. Raises ApiError `invalid`, `not-ready`. */
export function pastSeries({ history, clock }: ApiOptions, query: z.output<typeof historyQuery>): z.output<typeof historySchema> {
  if (history === undefined) throw new ApiError('not-ready', 'no history is kept', { remedy: "the daemon's log says why" });
  const until = query.until ?? clock.wall();
  const since = query.since ?? until - dayMs;
  if (since >= until) throw new ApiError('invalid', 'since: it must lie before until');
  const { stepMs } = query;
  if (stepMs !== undefined && (until - since) / stepMs > most)
    throw new ApiError('invalid', `stepMs: more than ${most} steps`, { remedy: 'ask for a shorter time or longer steps' });
  const coarsest = resolutions[resolutions.length - 1]!;
  return history.series({ since: Math.max(since, until - coarsest.keepMs), until, ...(stepMs === undefined ? {} : { stepMs }) });
}
