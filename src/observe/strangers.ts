/** How far ahead an unchanged record is looked for: as many may have left the list at one place. */
const lookahead = 64;

/** Places of a list whose record is not in the list before, and places of that one whose record was not met: both in order, as the records that both have are. */
export interface Strangers {
  readonly places: readonly number[];
  readonly left: readonly number[];
}

/** Walks along both lists. */
export function strangersOf<T>(last: readonly T[], next: readonly T[]): Strangers {
  const places: number[] = [];
  const left: number[] = [];
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
      for (; walked < found; walked++) left.push(walked);
      walked++;
    }
  }
  for (; walked < last.length; walked++) left.push(walked);
  return { places, left };
}

/** The last walk along lists of jobs, until it is asked for again: who settles an answer walks along the same lists as who joins it. */
let walked: { readonly last: readonly unknown[]; readonly next: readonly unknown[]; readonly strangers: Strangers } | undefined;

/** Walks along both lists, and remembers it for who does the same next. */
export function walkedOnce<T>(last: readonly T[], next: readonly T[]): Strangers {
  const strangers = strangersOf(last, next);
  walked = { last, next, strangers };
  return strangers;
}

/** The walk that is remembered, where it was along these lists; it is forgotten then, so that no list is kept for its sake. */
export function walkedAgain<T>(last: readonly T[], next: readonly T[]): Strangers {
  const known = walked;
  if (known?.next !== next || known.last !== last) return strangersOf(last, next);
  walked = undefined;
  return known.strangers;
}

/** What stands beside the records of `last`, brought beside those of the list that comes after it, which has `length`; undefined beside those that are strangers. */
export function broughtAlong<V>(beside: readonly V[], length: number, { places, left }: Strangers): (V | undefined)[] {
  const found: (V | undefined)[] = beside.slice(0, length);
  if (places.length === left.length && places.every((place, at) => place === left[at])) {
    for (const place of places) found[place] = undefined;
    return found;
  }
  let [strange, gone, walked] = [0, 0, 0];
  for (let at = 0; at < length; at++) {
    if (places[strange] === at) {
      strange++;
      found[at] = undefined;
      continue;
    }
    for (; left[gone] === walked; gone++) walked++;
    found[at] = beside[walked++];
  }
  return found;
}

/** Where it stands in the list from there on, not far ahead; -1 where it does not. */
function ahead<T>(list: readonly T[], from: number, item: T): number {
  const end = Math.min(list.length, from + lookahead);
  for (let at = from; at < end; at++) if (list[at] === item) return at;
  return -1;
}
