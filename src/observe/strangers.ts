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
    // where the next ones are the same, another one is in its place: so it is with nearly all that changed
    const isReplaced = walked + 1 < last.length && last[walked + 1] === next[at + 1];
    const found = isReplaced ? -1 : ahead(last, walked, next[at] as T);
    if (found < 0) places.push(at);
    else {
      for (; walked < found; walked++) left.push(last[walked] as T);
      walked++;
    }
  }
  return { places, left: left.concat(last.slice(walked)) };
}

/** Where it stands in the list from there on, not far ahead; -1 where it does not. */
function ahead<T>(list: readonly T[], from: number, item: T): number {
  const end = Math.min(list.length, from + lookahead);
  for (let at = from; at < end; at++) if (list[at] === item) return at;
  return -1;
}
