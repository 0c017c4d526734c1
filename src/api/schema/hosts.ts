import { z } from 'zod';
import { count, instant, list, page, paged, text, word } from './shapes.js';

export const hostQuery = z.strictObject({
  pool: word.optional(),
  state: z.enum(['heard', 'silent', 'cordoned']).optional(),
  ...page,
});

export const hostSchema = z
  .object({
    name: text,
    pool: text,
    address: text,
    heard: z.boolean().meta({ description: 'answers now' }),
    silentSince: instant.optional(),
    cause: text.optional().meta({ description: 'why it is silent' }),
    answeredAt: instant.optional(),
    cores: count,
    memoryMiB: count,
    freeCores: count,
    freeMemoryMiB: count,
    storeFreeMiB: z.number().optional(),
    machines: list(text),
    foreignGuests: count,
    images: list(text),
    capabilities: list(text),
    cordoned: text.optional(),
    blocked: text.optional().meta({ description: 'why no machine may be placed here now' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Host', description: 'iron that carries machines' });
export type HostRecord = z.output<typeof hostSchema>;
export const hostListSchema = z.object({ ...paged, hosts: list(hostSchema) }).readonly();
