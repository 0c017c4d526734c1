import { z } from 'zod';
import { loadClasses } from '../../model/load.js';
import { powerStates } from '../../model/power.js';
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
    load: z.enum(loadClasses).meta({ description: 'class of its load over `consolidation.window`' }),
    loadPercent: count.optional().meta({ description: 'of its cores, guests and Dom0 together; absent until it is known' }),
    arriving: list(text).meta({ description: 'machines that a migration brings here, or has taken away: they claim room here too' }),
    power: z.enum(powerStates).optional().meta({ description: 'what is remembered of its power; absent where nobody switches it' }),
    powerSince: instant.optional(),
    powerBy: z.enum(['domus', 'person', 'nobody']).optional().meta({ description: 'who switched it last' }),
    provenAt: instant.optional().meta({ description: 'came back from a supervised off and on' }),
    offToday: count.optional().meta({ description: 'times it was switched off within 24 hours' }),
    blocked: text.optional().meta({ description: 'why no machine may be placed here now' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Host', description: 'iron that carries machines' });
export type HostRecord = z.output<typeof hostSchema>;
export const hostListSchema = z.object({ ...paged, hosts: list(hostSchema) }).readonly();
