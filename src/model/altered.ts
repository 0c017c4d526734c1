/**
 * A copy of `record` with `changes`. `{ ...record, key: value }` says the same, but where `key` is new to the record, V8 up
 * to that of Node 20 gives every single copy a hidden class of its own: such a copy takes 1 to 5 µs instead of 0.1, and
 * whoever reads it later finds no two records alike, so that each look is a search. Records that are kept and read at
 * every tick are therefore copied here; so are they where a literal begins with what is new and ends with `...record`.
 */
export function altered<T extends object>(record: T, changes: Partial<T>): T {
  const copy: Partial<T> = {};
  for (const key in record) copy[key] = record[key];
  for (const key in changes) copy[key] = changes[key] as T[typeof key];
  return copy as T;
}
