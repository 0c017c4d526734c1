import type { Difference } from '../schema/changes.js';

export type Shown = Readonly<Record<string, unknown>>;

const same = (a: unknown, b: unknown): boolean => a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** The fields that are different in `after`; null where one is gone. Undefined when none is. */
export function fieldsChanged(before: Shown, after: Shown): Shown | undefined {
  const changed: Record<string, unknown> = {};
  let any = false;
  for (const [name, value] of Object.entries(after)) {
    if (same(before[name], value)) continue;
    changed[name] = value;
    any = true;
  }
  for (const name of Object.keys(before)) {
    if (name in after) continue;
    changed[name] = null;
    any = true;
  }
  return any ? changed : undefined;
}

/** What turns one list into the other; undefined when they are equal. Records that are the same object are not looked into. */
export function difference(key: string, before: ReadonlyMap<string, Shown>, after: ReadonlyMap<string, Shown>): Difference | undefined {
  const set: Shown[] = [];
  for (const [name, record] of after) {
    const known = before.get(name);
    if (known === record) continue;
    const changed = known === undefined ? record : fieldsChanged(known, record);
    if (changed !== undefined) set.push(known === undefined ? record : { [key]: name, ...changed });
  }
  const gone = [...before.keys()].filter((name) => !after.has(name));
  if (set.length === 0 && gone.length === 0) return undefined;
  return { ...(set.length === 0 ? {} : { set }), ...(gone.length === 0 ? {} : { gone }) };
}
