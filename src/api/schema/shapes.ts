import { z } from 'zod';

/** Epoch ms. */
export const instant = z.int().meta({ description: 'instant, epoch ms' });
export const durationMs = z.number().meta({ description: 'duration, ms' });
export const count = z.int().min(0);
export const text = z.string();
export const list = <S extends z.ZodType>(of: S) => z.array(of).readonly();

/** What a caller may write as a name of anything. */
export const word = z.string().min(1).max(256);

/** A number in a query string. */
export const asked = z.coerce.number().int();

/** Largest page of a list, and how many are given when nobody says. */
export const mostAtOnce = 10_000;
export const usualAtOnce = 1000;

/** Every list is read in pages: `next` of an answer is the `cursor` of the next question. */
export const page = {
  limit: asked.min(1).max(mostAtOnce).default(usualAtOnce).meta({ description: 'at most so many' }),
  cursor: z.string().min(1).max(500).optional().meta({ description: '`next` of the answer before: goes on after its last entry' }),
};

/** The outside of every list. */
export const paged = {
  total: count.meta({ description: 'how many match, on all pages together' }),
  next: z.string().optional().meta({ description: 'cursor of the next page; absent on the last one' }),
};

/** A reason as data, and in words. */
export const saidSchema = z
  .object({
    reason: z.object({ code: text, args: z.record(z.string(), z.union([z.string(), z.number()])).readonly(), refs: list(text) }).readonly(),
    text,
  })
  .readonly()
  .meta({ id: 'Said' });
