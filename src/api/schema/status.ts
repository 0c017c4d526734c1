import { z } from 'zod';
import { modes } from '../../model/environment.js';
import { machinePhases } from '../../model/machine.js';
import { count, durationMs, instant, list, text } from './shapes.js';

export const sourceSchema = z
  .object({
    name: text,
    kind: z.enum(['batch', 'host']),
    heard: z.boolean(),
    answeredAt: instant.optional().meta({ description: 'absent while never answered' }),
    silentSince: instant.optional(),
    cause: text.optional(),
  })
  .readonly()
  .meta({ id: 'Source', description: 'a batch server or host, as it answers' });
export type SourceRecord = z.output<typeof sourceSchema>;

export const statusSchema = z
  .object({
    version: text,
    deployment: text,
    mode: z.enum(modes),
    frozen: z.object({ by: text, why: text, at: instant }).readonly().optional(),
    epoch: count,
    life: text,
    startedAt: instant,
    revision: count,
    configRevision: text,
    at: instant.meta({ description: 'of the tick that this shows' }),
    due: instant,
    tickTookMs: durationMs.optional(),
    clockJumpAt: instant.optional(),
    batch: list(sourceSchema),
    silent: list(sourceSchema).meta({ description: 'batch servers and hosts that do not answer' }),
    jobs: z.object({ running: count, waiting: count, unserved: count, other: count }).readonly(),
    machines: z.object({ total: count, phases: z.partialRecord(z.enum(machinePhases), count).readonly() }).readonly(),
    hosts: z.object({ total: count, heard: count, cordoned: count }).readonly(),
    seats: z.object({ total: count, taken: count }).readonly(),
    deeds: count,
    strays: count,
    proposals: count,
  })
  .readonly()
  .meta({ id: 'Status', description: 'the whole deployment on one page' });
export type StatusRecord = z.output<typeof statusSchema>;
