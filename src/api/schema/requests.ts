import { z } from 'zod';
import { requestKinds } from '../../model/rows.js';
import { instant, list, page, paged, saidSchema, text, word } from './shapes.js';

const states = ['open', 'done', 'refused', 'expired'] as const;
export const requestQuery = z.strictObject({ kind: z.enum(requestKinds).optional(), state: z.enum(states).optional(), who: word.optional(), ...page });

/** A wish: what, of which thing, why. */
export const wishSchema = z.strictObject({
  kind: z.enum(requestKinds),
  subject: z
    .string()
    .max(256)
    .default('')
    .meta({ description: 'name of the machine, host, stray, environment or proposal; empty where it concerns the whole deployment' }),
  why: z.string().trim().max(500).default('').meta({ description: 'the reason, shown wherever this has an effect' }),
  share: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: "of share: the environment's part of its pools' cores, within the bounds of its configuration" }),
  forMs: z.int().min(60_000).max(31_536_000_000).optional().meta({ description: 'of share: for so long; absent: until unshare' }),
  dueAt: instant.optional().meta({ description: 'of maintain: when the hosts must be empty' }),
  untilAt: instant.optional().meta({ description: "of maintain: when they are the cluster's again" }),
  to: z.string().min(1).max(256).optional().meta({ description: 'of move: the host where the machine is wanted; absent: the fullest that has room' }),
  drain: z.boolean().default(false).meta({ description: 'of a cordon: let the machines on the host go as well' }),
});
export type Wish = z.input<typeof wishSchema>;

export const requestSchema = z
  .object({
    id: text,
    kind: z.enum(requestKinds),
    subject: text,
    who: text,
    why: text,
    at: instant,
    expiresAt: instant,
    drain: z.literal(true).optional(),
    share: z.number().optional(),
    forMs: z.number().optional(),
    dueAt: instant.optional(),
    untilAt: instant.optional(),
    to: text.optional(),
    state: z.enum(states),
    answer: saidSchema.unwrap().shape.reason.optional(),
    text: text.optional().meta({ description: 'the answer, in words' }),
  })
  .readonly()
  .meta({ id: 'Request', description: "a person's wish, answered by the planner" });
/** A request as shown, with the answer in words. */
export type RequestRecord = z.output<typeof requestSchema>;
/** Newest first, of the last day. */
export const requestListSchema = z.object({ ...paged, requests: list(requestSchema) }).readonly();
