import { z } from 'zod';
import { count, instant, list, text } from './shapes.js';

/** Lists that are not sent in differences: who shows them reads them anew when they are named. */
export const touchable = ['jobs', 'seats', 'strays', 'proposals', 'requests', 'actions', 'plan', 'images'] as const;

/** Of each changed record its key and the fields that changed; null = the field is gone. A new record has all its fields. */
const difference = z
  .object({
    set: list(z.record(z.string(), z.unknown()).readonly()).optional(),
    gone: list(text).optional().meta({ description: 'keys of records that are no more' }),
  })
  .readonly();

export const changeSchema = z
  .object({
    revision: count,
    at: instant,
    status: z.record(z.string(), z.unknown()).readonly().optional().meta({ description: 'fields of the status that changed' }),
    machines: difference.optional().meta({ description: 'key: id' }),
    hosts: difference.optional().meta({ description: 'key: name' }),
    environments: difference.optional().meta({ description: 'key: name' }),
    touched: list(z.enum(touchable)).optional().meta({ description: 'lists that are different now' }),
  })
  .readonly()
  .meta({ id: 'Change', description: 'what one tick changed in what is shown' });
export type Change = z.output<typeof changeSchema>;
export type Difference = z.output<typeof difference>;
export type Touchable = (typeof touchable)[number];

/** The first message (`hello`), and the one where differences are missing (`reset`: read the lists again). */
export const greetingSchema = z.object({ revision: count, at: instant }).readonly().meta({ id: 'Greeting' });
export type Greeting = z.output<typeof greetingSchema>;
