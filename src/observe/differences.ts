import { Placed } from '../model/placed.js';

/** Tells every key that stands in one of both maps only, or for another value. */
export function differences<V>(before: ReadonlyMap<string, V> | undefined, now: ReadonlyMap<string, V> | undefined, tell: (key: string) => void): void {
  if (before === now) return;
  const placed = now instanceof Placed && before !== undefined ? now.differing(before) : undefined;
  if (placed === undefined) lookedUp(before, now, tell);
  else for (const name of placed) tell(name);
}

function lookedUp<V>(before: ReadonlyMap<string, V> | undefined, now: ReadonlyMap<string, V> | undefined, tell: (key: string) => void): void {
  let met = 0;
  for (const [key, value] of now ?? []) {
    const old = before?.get(key);
    if (old !== undefined) met++;
    if (old !== value) tell(key);
  }
  if (before === undefined || met === before.size) return;
  for (const key of before.keys()) if (now?.has(key) !== true) tell(key);
}
