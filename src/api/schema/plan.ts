import { z } from 'zod';
import { verbs } from '../../model/action.js';
import { modes } from '../../model/environment.js';
import { count, instant, list, page, paged, saidSchema, text } from './shapes.js';

export const decisionSchema = z
  .object({
    kind: z.enum(['start', 'drain', 'resize', 'keep', 'move', 'wake', 'sleep', 'leave', 'take']),
    subject: text.meta({ description: 'machine:ID or seat:NAME' }),
    environment: text.optional(),
    host: text.optional(),
    cores: count.optional(),
    memoryMiB: count.optional(),
    why: text,
  })
  .readonly()
  .meta({ id: 'Decision' });
export type DecisionRecord = z.output<typeof decisionSchema>;

export const planSchema = z
  .object({
    at: instant,
    revision: count,
    due: instant,
    mode: z.enum(modes),
    decisions: list(decisionSchema).meta({ description: 'carried out by this tick' }),
    recorded: list(decisionSchema).meta({ description: 'would be carried out, were it not for the mode, a missing approval or a freeze' }),
    deeds: list(z.object({ verb: z.enum(verbs), subject: text, why: text }).readonly()),
    reasons: list(z.object({ subject: text, title: text.optional(), said: list(saidSchema) }).readonly()).meta({
      description: 'why, for everything that waits or is held back: environments, hosts, groups of jobs, machines, seats',
    }),
  })
  .readonly()
  .meta({ id: 'Plan', description: 'what this tick does, would do, and why' });
export type PlanRecord = z.output<typeof planSchema>;

export const strayQuery = z.strictObject({ ...page });
export const straySchema = z
  .object({
    kind: z.enum(['guest', 'overlay']),
    key: text,
    host: text,
    name: text,
    uuid: text.optional(),
    ours: z.boolean(),
    forgottenBy: text.optional(),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Stray', description: 'a guest or disk that nobody owns' });
export type StrayRecord = z.output<typeof straySchema>;
export const strayListSchema = z.object({ ...paged, strays: list(straySchema) }).readonly();

export const proposalSchema = z
  .object({ id: text, subject: text, reason: saidSchema.unwrap().shape.reason, since: instant, approvedBy: text.optional(), text })
  .readonly()
  .meta({ id: 'Proposal', description: 'a decision of advise mode that waits for a person' });
export type ProposalRecord = z.output<typeof proposalSchema>;
export const proposalListSchema = z.object({ ...paged, proposals: list(proposalSchema) }).readonly();
