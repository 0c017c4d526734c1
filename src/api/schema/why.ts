import { z } from 'zod';
import { environmentSchema } from './environments.js';
import { eventSchema } from './events.js';
import { hostSchema } from './hosts.js';
import { jobSchema } from './jobs.js';
import { machineSchema } from './machines.js';
import { proposalSchema, straySchema } from './plan.js';
import { seatSchema } from './seats.js';
import { serviceSchema } from './services.js';
import { asked, list, saidSchema, text, word } from './shapes.js';
import { sourceSchema } from './status.js';

export const findKinds = ['job', 'machine', 'host', 'environment', 'seat', 'source', 'stray', 'proposal', 'service'] as const;

export const whyParams = z.strictObject({ kind: z.enum([...findKinds, 'any']), id: word });
export const whyQuery = z.strictObject({ history: asked.min(0).max(1000).default(20).meta({ description: 'at most so many past events' }) });

export const whySchema = z
  .object({
    kind: z.enum(findKinds),
    subject: text,
    facts: z
      .union([sourceSchema, jobSchema, machineSchema, hostSchema, environmentSchema, seatSchema, straySchema, proposalSchema, serviceSchema])
      .optional()
      .meta({ description: 'the record of the subject itself; absent where it is gone' }),
    chain: list(z.object({ subject: text, title: text.optional(), said: list(saidSchema) }).readonly()).meta({
      description: 'its own reasons first, then those of what it hangs on',
    }),
    history: list(eventSchema).meta({ description: 'what was stored of it, newest first' }),
  })
  .readonly()
  .meta({ id: 'Why', description: 'the chain of reasons of one subject' });
/** The chain of reasons of one subject: its own first, then those of what it hangs on. */
export type WhyRecord = z.output<typeof whySchema>;
