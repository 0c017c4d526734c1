/** A series made as wide as its plot: of every column the lowest and the highest value that was in it, so that no peak vanishes, and the mean. */
export interface Thinned {
  readonly columns: number;
  /** NaN where nothing is known. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly mean: Float64Array;
}

/** At most `columns` columns (at least 1); fewer values give as many columns as there are values. NaN is a gap. */
export function thin(values: ArrayLike<number>, columns: number): Thinned {
  const wide = Math.max(0, Math.min(Math.floor(columns), values.length));
  const low = new Float64Array(wide).fill(Number.NaN);
  const high = new Float64Array(wide).fill(Number.NaN);
  const mean = new Float64Array(wide).fill(Number.NaN);
  for (let column = 0; column < wide; column++) {
    const from = Math.floor((column * values.length) / wide);
    const to = Math.floor(((column + 1) * values.length) / wide);
    let known = 0;
    let sum = 0;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let index = from; index < to; index++) {
      const value = values[index]!;
      if (!Number.isFinite(value)) continue;
      known++;
      sum += value;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (known === 0) continue;
    low[column] = least;
    high[column] = most;
    mean[column] = sum / known;
  }
  return { columns: wide, low, high, mean };
}

/** The largest of all values, 0 where there is none. */
export function peak(values: ArrayLike<number>): number {
  let most = 0;
  for (let index = 0; index < values.length; index++) if (values[index]! > most && Number.isFinite(values[index]!)) most = values[index]!;
  return most;
}
