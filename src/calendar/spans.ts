/** From `since` up to and without `until`, epoch ms. */
export interface Span {
  readonly since: number;
  readonly until: number;
}

const inOrder = (a: Span, b: Span): number => a.since - b.since || a.until - b.until;

/** The same time as spans that neither overlap nor touch, in order. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const found: { since: number; until: number }[] = [];
  for (const { since, until } of [...spans].sort(inOrder)) {
    if (until <= since) continue;
    const last = found.at(-1);
    if (last !== undefined && since <= last.until) last.until = Math.max(last.until, until);
    else found.push({ since, until });
  }
  return found;
}

/** What of `spans` no other covers. The others are merged. */
export const without = <S extends Span>(spans: readonly S[], others: readonly Span[]): readonly S[] =>
  spans.flatMap((span) => {
    const found: S[] = [];
    let { since } = span;
    for (const other of others.filter(({ since: from, until }) => from < span.until && until > span.since)) {
      if (other.since > since) found.push({ ...span, since, until: other.since });
      since = other.until;
    }
    return since < span.until ? [...found, { ...span, since }] : found;
  });

/** What of them lies within. */
export const clipped = <S extends Span>(spans: readonly S[], since: number, until: number): readonly S[] =>
  spans.flatMap((span) => {
    const [from, to] = [Math.max(since, span.since), Math.min(until, span.until)];
    return from < to ? [{ ...span, since: from, until: to }] : [];
  });
