import { z } from 'zod';
import { asked, instant, list, text } from './shapes.js';

export const eventKinds = ['decided', 'deed', 'observed', 'person', 'daemon'] as const;
const queried = asked.min(0).meta({ description: 'epoch ms' });

export const eventQuery = z.strictObject({
  subject: z.string().min(1).max(300).optional(),
  kind: z.enum(eventKinds).optional(),
  since: queried.optional(),
  until: queried.optional(),
  before: asked.min(0).optional().meta({ description: 'page on: number of the last event of the answer before' }),
  limit: asked.min(1).max(1000).default(100),
});

export const eventSchema = z
  .object({ number: z.int(), at: instant, subject: text, kind: z.enum(eventKinds), text })
  .readonly()
  .meta({ id: 'Event', description: 'something that happened or was decided' });
export type EventRecord = z.output<typeof eventSchema>;
/** Newest first. */
export const eventListSchema = z.object({ events: list(eventSchema) }).readonly();
