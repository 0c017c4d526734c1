import { z } from 'zod';
import { count, durationMs, instant, list, page, paged, text, word } from './shapes.js';

export const jobClasses = ['running', 'waiting', 'unserved', 'other'] as const;

export const jobQuery = z.strictObject({
  class: z.enum(jobClasses).optional(),
  source: word.optional(),
  queue: word.optional(),
  environment: word.optional(),
  owner: word.optional(),
  state: word.optional(),
  ...page,
});

export const jobSchema = z
  .object({
    source: text,
    id: text,
    queue: text,
    state: text,
    class: z.enum(jobClasses),
    name: text.optional().meta({ description: 'absent, as owner, account, comment and why, for who may not see whose job it is' }),
    owner: text.optional(),
    account: text.optional(),
    comment: text.optional().meta({ description: "the scheduler's own" }),
    environment: text.optional(),
    unserved: text.optional().meta({ description: 'why no environment serves it' }),
    request: text,
    slots: count,
    memoryPerSlotMiB: count,
    walltimeMs: durationMs.optional(),
    submittedAt: instant,
    eligibleAt: instant.optional(),
    startedAt: instant.optional(),
    nodes: list(text),
    why: text.optional().meta({ description: 'the weightiest reason' }),
  })
  .readonly()
  .meta({ id: 'Job', description: 'a job of a batch server' });
/** A job as shown. Name, owner, account and what is said of it are absent for those whose job it is not. */
export type JobRecord = z.output<typeof jobSchema>;

/** Running ones first, then by age. */
export const jobListSchema = z.object({ ...paged, jobs: list(jobSchema) }).readonly();
export type JobList = z.output<typeof jobListSchema>;
