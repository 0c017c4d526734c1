import { z } from 'zod';
import { modes } from '../../model/environment.js';
import { decisionSchema, planSchema } from './plan.js';
import { count, durationMs, list, text, word } from './shapes.js';

const whole = (most: number) => z.int().min(0).max(most).optional();

/** What is changed of an environment; the rest stays. */
const environmentChange = z.strictObject({
  mode: z.enum(modes).optional(),
  min: whole(10_000),
  max: whole(10_000),
  spare: whole(10_000),
  idleMs: z.int().min(0).max(31_536_000_000).optional(),
  priority: z.number().min(0.1).max(100).optional(),
  share: z.number().min(0).max(1).optional(),
  pools: z.array(word).min(1).max(100).optional(),
});
export const whatIfBody = z.strictObject({
  environments: z.record(word, environmentChange).optional(),
  mode: z.enum(modes).optional(),
  pools: z.record(word, z.strictObject({ mode: z.enum(modes) })).optional(),
  limits: z
    .strictObject({
      startsAtOnce: whole(1000),
      startsAtOncePerHost: whole(100),
      stopsAtOnce: whole(1000),
      stopsAtOncePerHost: whole(100),
      startsPerHour: whole(100_000),
      machines: whole(10_000),
    })
    .optional(),
});
export type WhatIf = z.output<typeof whatIfBody>;

const waiting = z.object({ environment: text, jobs: count }).readonly();
export const whatIfSchema = z
  .object({
    tookMs: durationMs,
    before: z.object({ decisions: list(decisionSchema), recorded: list(decisionSchema) }).readonly(),
    after: planSchema,
    unserved: z.object({ before: count, after: count }).readonly().meta({ description: 'jobs that no environment serves' }),
    waiting: list(waiting).meta({ description: 'eligible jobs by environment, as they would be told apart' }),
  })
  .readonly()
  .meta({ id: 'WhatIf', description: 'the plan of the last tick under another policy; nothing is changed' });
export type WhatIfAnswer = z.output<typeof whatIfSchema>;

/** What a wish would do, before it is wished. */
export const previewSchema = z
  .object({
    state: z.enum(['done', 'refused']),
    text: text.meta({ description: "the planner's answer, as it would be now" }),
    touches: list(
      z
        .object({
          subject: text,
          text,
          jobs: list(z.object({ id: text, owner: text.optional() }).readonly()).meta({ description: 'that run there' }),
        })
        .readonly(),
    ).meta({ description: 'what happens to whom' }),
  })
  .readonly()
  .meta({ id: 'Preview' });
export type Preview = z.output<typeof previewSchema>;
