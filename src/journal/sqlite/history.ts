import type { HistoryQuery } from '../contract.js';

/** SQL of one history query; `at`, then number, newest first, along the index that the query's narrowest part names. */
export function historySql(query: HistoryQuery): { readonly sql: string; readonly values: readonly (string | number)[] } {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const where = (part: string, ...value: (string | number)[]): void => {
    parts.push(part);
    values.push(...value);
  };
  if (query.subject !== undefined) where('subject = ?', query.subject);
  if (query.kind !== undefined) where(query.subject === undefined ? 'kind = ?' : '+kind = ?', query.kind);
  if (query.since !== undefined) where('at >= ?', query.since);
  if (query.until !== undefined) where('at <= ?', query.until);
  if (query.before !== undefined) {
    where('(at, number) < (coalesce((SELECT e.at FROM events e WHERE e.number <= ? ORDER BY e.number DESC LIMIT 1), 0), ?)', query.before, query.before);
  }
  const index = query.subject !== undefined ? 'events_subject' : query.kind !== undefined ? 'events_kind' : 'events_at';
  const condition = parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  values.push(Math.min(1000, Math.max(1, Math.trunc(query.limit))));
  return { sql: `SELECT number, at, subject, kind, reason FROM events INDEXED BY ${index}${condition} ORDER BY at DESC, number DESC LIMIT ?`, values };
}
