import { z } from 'zod';
import { count, instant, list, page, paged, text, word } from './shapes.js';

export const serviceStates = ['up', 'starting', 'stopping', 'down', 'unknown'] as const;

export const serviceQuery = z.strictObject({ group: word.optional(), host: word.optional(), state: z.enum(serviceStates).optional(), ...page });

export const serviceSchema = z
  .object({
    name: text,
    group: text.meta({ description: 'its file of environments/' }),
    configured: z.boolean().meta({ description: 'false when it left the configuration: its disk is kept' }),
    state: z.enum(serviceStates).meta({ description: 'unknown: its host is silent, and it may run there' }),
    address: text.optional(),
    mac: text.optional(),
    home: text.optional(),
    host: text.optional().meta({ description: 'where it is, or is being started' }),
    machine: text.optional(),
    cores: count.optional(),
    memoryMiB: count.optional(),
    disk: text.optional(),
    image: text.optional().meta({ description: 'what its disk was made from' }),
    upSince: instant.optional(),
    downSince: instant.optional(),
    last: text.optional().meta({ description: 'where its last guest was, and why that is no more' }),
    why: text.optional(),
  })
  .readonly()
  .meta({ id: 'Service', description: 'a permanent machine: fixed name and address, a disk of its own, a home' });
export type ServiceRecord = z.output<typeof serviceSchema>;
export const serviceListSchema = z.object({ ...paged, services: list(serviceSchema) }).readonly();
