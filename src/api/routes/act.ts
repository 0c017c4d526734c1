import { z } from 'zod';
import { requestListSchema, requestQuery, requestSchema, wishSchema } from '../schema/requests.js';
import { list, text } from '../schema/shapes.js';
import { previewSchema, whatIfBody, whatIfSchema } from '../schema/what-if.js';
import type { RouteTable } from './spec.js';

/** What asks for something. Nothing here acts: a wish becomes a request, which the planner answers. */
export const actTable = {
  'GET /requests': { summary: 'wishes of the last day and their answers, newest first', may: 'viewer', query: requestQuery, answer: requestListSchema },
  'GET /requests/:id': { summary: 'one wish', may: 'known', params: z.strictObject({ id: z.string().min(1).max(64) }), answer: requestSchema },
  'POST /requests': { summary: 'wish for something', may: 'operator', body: wishSchema, answer: requestSchema, status: 202 },
  'POST /requests/preview': { summary: 'what a wish would do, and to whom; nothing is wished', may: 'operator', body: wishSchema, answer: previewSchema },
  'POST /plan/what-if': {
    summary: 'the plan of the last tick under another policy; nothing is changed',
    may: 'operator',
    body: whatIfBody,
    answer: whatIfSchema,
  },
  'POST /reload': { summary: 'read the configuration anew', may: 'operator', answer: z.object({ differences: list(text) }).readonly() },
  'POST /nudge': { summary: 'have the loop look at once', may: 'nudge', answer: z.object({ nudged: z.boolean() }).readonly(), status: 202 },
} as const satisfies RouteTable;
