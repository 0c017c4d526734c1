/** Remembers what `work` gives for each object: for immutable records that many steps ask the same of. `work` must be pure. */
export function oncePer<K extends object, V extends object | number | boolean>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = work(key);
    known.set(key, found);
    return found;
  };
}
