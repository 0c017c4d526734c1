/** Levenshtein distance of two short words, given up (as Infinity) beyond `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > limit) return Number.POSITIVE_INFINITY;
    row = next;
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY;
}

/** Up to three known names that a person may have meant: beginnings first, then small slips of the pen. */
export function namesNear(word: string, known: Iterable<string>): readonly string[] {
  const limit = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3)); // two: a pair of swapped letters
  const scored: { readonly name: string; readonly score: number }[] = [];
  for (const name of known) {
    const begins = word.length > 1 && (name.startsWith(word) || word.startsWith(name));
    const score = begins ? 0 : distance(word, name, limit);
    if (score <= limit) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return scored.slice(0, 3).map((s) => s.name);
}
