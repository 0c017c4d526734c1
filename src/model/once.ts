/** Remembers what `work` gives for each object: for immutable records that many steps ask the same of. `work` must be pure. */
export function oncePer<K extends object, V extends object | number | boolean>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  let [lastKey, last]: [K?, V?] = []; // many steps ask the same one again and again
  return (key) => {
    if (key === lastKey && last !== undefined) return last;
    const before = known.get(key);
    const found = before ?? work(key);
    if (before === undefined) known.set(key, found);
    lastKey = key;
    last = found;
    return found;
  };
}

/**
 * The same for what there is one of at a time, made anew at most ticks: tables of rows, maps of views. The last two are
 * remembered, as a join asks the same of those before and of those now; a WeakMap costs ten times as much for each key.
 */
export function latelyPer<K extends object, V extends object | number | boolean>(work: (key: K) => V): (key: K) => V {
  let [newer, older]: (readonly [K, V] | undefined)[] = [];
  return (key) => {
    if (newer?.[0] === key) return newer[1];
    const found = older?.[0] === key ? older : ([key, work(key)] as const);
    older = newer;
    newer = found;
    return found[1];
  };
}
