/** Two texts line by line: `- old`, `+ new`, and up to two unchanged lines around each change. Texts of some thousand lines. */
export function lineDiff(before: string, after: string): readonly string[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  const marked: string[] = [];
  let [i, j] = [0, 0];
  for (const [oldAt, youngAt] of [...sameLines(old, young), [old.length, young.length] as const]) {
    while (i < oldAt) marked.push(`- ${old[i++]}`);
    while (j < youngAt) marked.push(`+ ${young[j++]}`);
    if (i < old.length && j < young.length) marked.push(`  ${old[i]}`);
    i += 1;
    j += 1;
  }
  const near = (at: number): boolean => marked.slice(Math.max(0, at - 2), at + 3).some((line) => !line.startsWith('  '));
  return marked.filter((_, at) => near(at));
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Pairs of places of a longest common subsequence. */
function sameLines(old: readonly string[], young: readonly string[]): readonly (readonly [number, number])[] {
  const width = young.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      longest[i * width + j] = old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < old.length && j < young.length; ) {
    if (old[i] === young[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
