import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { resolutions } from '../history/contract.js';
import type { ApiOptions } from './api.js';
import { asked } from './asking.js';
import { ApiError } from './errors.js';

const dayMs = 86_400_000;
const instant = z.coerce.number().int().min(0).max(8.64e15);
const steps = resolutions.map(({ stepMs }) => stepMs);
/** `since` and `until` in epoch ms; absent: the last day. */
const historyQuery = z.strictObject({
  since: instant.optional(),
  until: instant.optional(),
  stepMs: z.coerce
    .number()
    .int()
    .refine((step) => steps.some((known) => known === step), `one of ${steps.join(', ')}`)
    .optional(),
});
/** Steps of one answer. */
const most = 50_000;

/** `GET /history`: demand, supply, waiting times and energy over time. Numbers per environment and pool, nobody's names: open to every viewer. */
export function historyRoutes(v1: FastifyInstance, { history, clock }: ApiOptions): void {
  if (history === undefined) return;
  v1.get('/history', async (request) => {
    const query = asked(historyQuery, request.query);
    const until = query.until ?? clock.wall();
    const since = query.since ?? until - dayMs;
    if (since >= until) throw new ApiError('invalid', 'since: it must lie before until');
    const { stepMs } = query;
    if (stepMs !== undefined && (until - since) / stepMs > most)
      throw new ApiError('invalid', `stepMs: more than ${most} steps; ask for a shorter time or longer steps`);
    const coarsest = resolutions[resolutions.length - 1]!;
    return history.series({ since: Math.max(since, until - coarsest.keepMs), until, ...(stepMs === undefined ? {} : { stepMs }) });
  });
}
