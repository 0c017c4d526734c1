import { z } from 'zod';
import { verbs } from '../../model/action.js';
import { eventSchema } from './events.js';
import { asked, instant, list, text, word } from './shapes.js';

export const actionQuery = z.strictObject({
  verb: z.enum(verbs).optional(),
  subject: word.optional(),
  recent: asked.min(0).max(1000).default(50).meta({ description: 'so many ended ones' }),
  before: asked.min(1).optional().meta({ description: 'only ended ones whose number is smaller' }),
});

export const deedSchema = z
  .object({
    id: text,
    verb: z.enum(verbs),
    subject: text,
    openedAt: instant,
    deadlineAt: instant,
    uncertainSince: instant.optional().meta({ description: 'it gave no clear answer since then' }),
    why: text,
  })
  .readonly()
  .meta({ id: 'Action', description: 'a deed written down and not yet settled' });
export type DeedRecord = z.output<typeof deedSchema>;
export const actionsSchema = z.object({ open: list(deedSchema), recent: list(eventSchema) }).readonly();
