import { createHash } from 'node:crypto';

/** JSON with sorted keys: the same content is the same text, however it was written. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}

/** sha256 (hex) of the normalised content: changes when the meaning does, not with blanks, comments or order of keys. */
export const revisionOf = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex');
