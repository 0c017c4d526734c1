import { z } from 'zod';
import { count, list, page, paged, text, word } from './shapes.js';

export const seatQuery = z.strictObject({ environment: word.optional(), ...page });

export const seatSchema = z
  .object({
    name: text,
    environment: text,
    source: text,
    address: text,
    mac: text,
    np: count.optional().meta({ description: 'as the batch server lists it; absent when it does not' }),
    largestNp: count,
    node: list(text).optional(),
    note: text.optional(),
    online: z.boolean(),
    machine: text.optional(),
    feasibility: z.boolean().meta({ description: 'never started: keeps wide jobs acceptable' }),
    withheld: text.optional(),
    blocked: text.optional().meta({ description: 'why no machine may sit here now' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Seat', description: 'a permanent place in the batch system' });
export type SeatRecord = z.output<typeof seatSchema>;
export const seatListSchema = z.object({ ...paged, seats: list(seatSchema) }).readonly();
