import { ApiError } from './errors.js';

export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}
export interface Paged<T> {
  readonly total: number;
  readonly next?: string;
  readonly entries: readonly T[];
}
/** Where an entry stands in its list: compared part by part. */
export type Position = readonly (number | string)[];

const write = (position: Position): string => Buffer.from(JSON.stringify(position)).toString('base64url');

/** Raises ApiError `invalid` for what no list of this form gave out. */
function read(cursor: string, form: Position): Position {
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    position = undefined; // said below
  }
  const fits = Array.isArray(position) && position.length === form.length && position.every((part, at) => typeof part === typeof form[at]);
  if (!fits) throw new ApiError('invalid', 'cursor: not one that an answer of this list gave out', { remedy: 'begin again without a cursor' });
  return position as Position;
}

function compare(a: Position, b: Position): number {
  for (const [at, part] of a.entries()) {
    const other = b[at] as typeof part;
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

const cut = <T>(all: readonly T[], from: number, limit: number, place: (entry: T, at: number) => Position): Paged<T> => {
  const entries = all.slice(from, from + limit);
  const last = entries.at(-1);
  const more = from + entries.length < all.length && last !== undefined;
  return { total: all.length, ...(more ? { next: write(place(last, from + entries.length - 1)) } : {}), entries };
};

/** A page of a list that stands in the order of its positions: entries that come and go between two pages shift nothing. */
export function pageInOrder<T>(all: readonly T[], place: (entry: T) => Position, { limit, cursor }: Page): Paged<T> {
  if (cursor === undefined || all[0] === undefined) return cut(all, 0, limit, place);
  const after = read(cursor, place(all[0]));
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(place(all[middle] as T), after) <= 0) low = middle + 1;
    else high = middle;
  }
  return cut(all, low, limit, place);
}

/** A page of a list in an order of its own: goes on after the entry of that name, or where it stood. */
export function pageByName<T>(all: readonly T[], nameOf: (entry: T) => string, { limit, cursor }: Page): Paged<T> {
  const place = (entry: T, at: number): Position => [at, nameOf(entry)];
  if (cursor === undefined) return cut(all, 0, limit, place);
  const [stood, name] = read(cursor, [0, '']) as readonly [number, string];
  const found = all.findIndex((entry) => nameOf(entry) === name);
  return cut(all, found < 0 ? Math.max(0, Math.min(stood, all.length)) : found + 1, limit, place);
}
