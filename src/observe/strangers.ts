/** How far ahead an unchanged record is looked for: as many may have left the list at one place. */
const lookahead = 64;

/** Walks along both lists: the places in `next` whose record is not in `last`, and the records of `last` that were not met. */
export function strangersOf<T>(last: readonly T[], next: readonly T[]): { readonly places: readonly number[]; readonly left: readonly T[] } {
  const places: number[] = [];
  const left: T[] = [];
  let walked = 0;
  for (let at = 0; at < next.length; at++) {
    if (walked < last.length && last[walked] === next[at]) {
      walked++; // most stand where they stood
      continue;
    }
    const end = Math.min(last.length, walked + lookahead);
    let found = walked;
    while (found < end && last[found] !== next[at]) found++;
    if (found === end) places.push(at);
    else {
      for (; walked < found; walked++) left.push(last[walked] as T);
      walked++;
    }
  }
  return { places, left: left.concat(last.slice(walked)) };
}
