import { z } from 'zod';
import { isZone } from '../calendar/civil.js';
import { type Read, readDates, readDay, readDays, readHours, readMoment } from '../calendar/words.js';
import * as shape from './shapes.js';

/** Text that `read` understands; kept as what it means. */
const meaning = <T>(read: (text: string) => Read<T>, expected: string) =>
  z
    .string()
    .transform((text, context): T => {
      const result = read(text);
      if ('value' in result) return result.value;
      context.issues.push({ code: 'custom', message: result.expected, input: text });
      return z.NEVER;
    })
    .meta({ expected });

/** A key that `read` understands; kept as it is written. */
const key = (read: (text: string) => Read<unknown>, expected: string) =>
  z
    .string()
    .refine((text) => 'value' in read(text), expected)
    .meta({ expected });

const hours = meaning(readHours, 'hours such as 08:00-20:00');
const moment = meaning(readMoment, 'a date and a time such as 2026-07-03 18:00');

/** When a room is open to people. */
export const calendarSchema = z.strictObject({
  zone: z.string().refine(isZone, 'a time zone by its name, such as Europe/Berlin').meta({ expected: 'a time zone by its name, such as Europe/Berlin' }),
  open: z.record(key(readDays, 'days such as mon-fri, sat or mon,wed'), hours).meta({ expected: 'hours by day, such as mon-fri: 08:00-20:00' }),
  holidays: z.array(meaning(readDates, 'a date such as 2026-12-24, a range such as 2026-12-24/2027-01-06, or of every year 12-25')).default([]),
  holidayFiles: z.array(shape.path).default([]),
  days: z.record(key(readDay, 'a date such as 2026-12-23'), hours).prefault({}),
  reserved: z.array(z.strictObject({ from: moment, to: moment, why: z.string().max(100).meta({ expected: 'a few words' }).default('') })).default([]),
  reservedFiles: z.array(shape.path).default([]),
});

/** How a room is handed over. */
export const classroomSchema = z.strictObject({
  margin: shape.duration.prefault('10m'),
  leaveLimit: shape.interval.prefault('15m'),
  comeLimit: shape.interval.prefault('15m'),
  quiet: shape.duration.prefault('10m'),
  shortest: shape.duration.prefault('1h'),
  atOnce: shape.whole(1, 1000).default(16),
  tries: shape.whole(1, 20).default(3),
  retry: shape.interval.prefault('30m'),
  wake: z.boolean().meta({ expected: 'true or false' }).default(true),
  requeue: z.enum(['never', 'rerunnable']).default('never'),
  notice: shape.interval.prefault('15m'),
  unattended: z.enum(['wait', 'reboot']).default('wait'),
});
