import { z } from 'zod';
import type { HistoryQuery, Journal } from '../journal/contract.js';
import { type EventRecord, eventRecord } from './views-why.js';

const instant = z.coerce.number().int().min(0);

/** Query of `GET events`; instants are epoch ms. */
export const eventQuery = z.strictObject({
  subject: z.string().min(1).max(300).optional(),
  kind: z.enum(['decided', 'deed', 'observed', 'person', 'daemon']).optional(),
  since: instant.optional(),
  until: instant.optional(),
  before: instant.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** Newest first; page on with `before` = the last event's number. */
export async function listEvents(journal: Journal, query: z.output<typeof eventQuery>): Promise<{ readonly events: readonly EventRecord[] }> {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  const events = await journal.history({ ...given, limit: query.limit } as HistoryQuery);
  return { events: events.map(eventRecord) };
}
