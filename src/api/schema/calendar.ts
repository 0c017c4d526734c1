import { z } from 'zod';
import { windowKinds } from '../../model/calendar.js';
import { tenancyStates } from '../../model/tenancy.js';
import { count, instant, list, text } from './shapes.js';

export const calendarQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(60).default(14).meta({ description: 'so many days from now' }),
});

const windowSchema = z
  .object({
    kind: z.enum(windowKinds).meta({ description: 'open: people come and go; reserved: booked by name. All other time is the cluster’s' }),
    since: instant,
    until: instant,
    name: text,
  })
  .readonly();

const poolSchema = z
  .object({
    pool: text,
    zone: text.meta({ description: 'time zone of its calendar' }),
    windows: list(windowSchema).meta({ description: 'in order; when its hosts are not the cluster’s' }),
    hosts: z.partialRecord(z.enum([...tenancyStates, 'unknown']), count).meta({ description: 'how many are whose now, of those with a classroom' }),
    late: list(text).meta({ description: 'hosts that will not be handed over in time, and why' }),
  })
  .readonly();

const forecastSchema = z
  .object({
    host: text,
    freeAt: instant.optional().meta({ description: 'empty by then at the latest; absent: a job there names no walltime' }),
    why: text,
    jobs: count,
  })
  .readonly();

const maintenanceSchema = z
  .object({
    id: text,
    of: text.meta({ description: 'host or pool' }),
    who: text,
    why: text,
    at: instant,
    due: instant.meta({ description: 'its hosts are empty from then on' }),
    until: instant.meta({ description: 'then they are the cluster’s again' }),
    hosts: list(forecastSchema),
  })
  .readonly()
  .meta({ id: 'Maintenance', description: 'hosts that are to be empty, and a forecast of when they will be' });
export type MaintenanceRecord = z.output<typeof maintenanceSchema>;

export const calendarSchema = z
  .object({ at: instant, until: instant, pools: list(poolSchema), maintenances: list(maintenanceSchema) })
  .readonly()
  .meta({ id: 'Calendar', description: 'who owns which room when' });
export type CalendarRecord = z.output<typeof calendarSchema>;
