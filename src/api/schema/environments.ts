import { z } from 'zod';
import { modes } from '../../model/environment.js';
import { count, durationMs, instant, list, page, paged, text } from './shapes.js';

export const environmentQuery = z.strictObject({ ...page });

const range = z.object({ min: count, max: count, step: count }).readonly();
export const environmentJobs = z.object({ waiting: count, running: count, other: count }).readonly();

export const environmentSchema = z
  .object({
    name: text,
    mode: z.enum(modes).meta({ description: "the least of the deployment's and its own" }),
    configured: z.boolean().meta({ description: 'false when its file is gone: it is drained' }),
    image: text,
    queues: list(text),
    pools: list(text),
    min: count,
    max: count,
    spare: count,
    priority: z.number(),
    share: z.number().meta({ description: "guaranteed part of its pools' cores that counts now, 0 to 1" }),
    shareWithin: z
      .object({ min: z.number(), max: z.number() })
      .readonly()
      .optional()
      .meta({ description: 'bounds within which its operators may set the share' }),
    shareSet: z
      .object({ share: z.number(), configured: z.number(), by: text, why: text, at: instant, until: instant.optional() })
      .readonly()
      .optional()
      .meta({ description: 'set by an operator' }),
    idleMs: durationMs,
    cores: range,
    memoryMiB: range,
    jobs: environmentJobs,
    machines: z.object({ ready: count, busy: count, coming: count, leaving: count, failed: count }).readonly(),
    slotsFree: count,
    usualReadyMs: durationMs.optional().meta({ description: 'from wanted to ready, half of its machines were faster; absent where none has come yet' }),
    seats: z.object({ total: count, taken: count }).readonly(),
    paused: text.optional().meta({ description: 'open breaker' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Environment', description: "a class of jobs' world" });
export type EnvironmentRecord = z.output<typeof environmentSchema>;
export const environmentListSchema = z.object({ ...paged, environments: list(environmentSchema) }).readonly();
