import { z } from 'zod';
import { list, text, word } from './shapes.js';

export const normalQuery = z.strictObject({ pool: word.optional() });

export const normalSchema = z
  .object({
    steps: list(
      z
        .object({
          host: text,
          kind: z.enum(['uncordon', 'wake']).meta({ description: 'the wish to make (POST /requests)' }),
          subject: text,
          now: text.meta({ description: 'what is not normal' }),
          will: text.meta({ description: 'what the wish does' }),
        })
        .readonly(),
    ),
    rest: list(z.object({ subject: text, why: text }).readonly()).meta({ description: 'what is not normal either, and is left as it is' }),
  })
  .readonly()
  .meta({ id: 'Normal', description: 'what would bring hosts back to how the configuration has them' });
export type NormalRecord = z.output<typeof normalSchema>;
