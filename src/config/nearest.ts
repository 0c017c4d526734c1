/** Edits (insert, delete, replace, swap of neighbours) between two words; stops counting above `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let older: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = before[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(before[j]! + 1, row[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, older[j - 2]! + 1);
      row.push(least);
    }
    older = before;
    before = row;
  }
  return before[b.length]!;
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_\s]/g, '');

/** One word begins with the other: `minimum` and `min`. */
const begins = (a: string, b: string): boolean => Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));

/** The valid word that was probably meant: at most a third of its letters differ (case, `-` and `_` do not count), or one begins with the other. */
export function nearest(word: string, valid: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of valid) {
    const most = Math.max(1, Math.floor(candidate.length / 3));
    const edits = distance(plain(word), plain(candidate), most);
    if (edits <= most && edits < bestDistance && edits < candidate.length) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best ?? valid.find((candidate) => begins(plain(word), plain(candidate)));
}
