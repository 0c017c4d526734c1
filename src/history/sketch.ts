/**
 * How often which waiting time was seen, in buckets that grow by 2^(1/4): sketches add up exactly, and a quantile is within
 * 10 % of the true one (the middle of a bucket is at most 9.1 % off). Bucket 0 holds everything up to one second.
 */
export type Sketch = ReadonlyMap<number, number>;

const steps = 4;
const firstMs = 1000;
/** 2^(160/4) s is longer than any history. */
const lastBucket = 160;

/** The bucket of a duration, ms. */
export const bucketOf = (ms: number): number => (ms <= firstMs ? 0 : Math.min(lastBucket, Math.ceil(steps * Math.log2(ms / firstMs) - 1e-9)));

const middleOf = (bucket: number): number => (bucket === 0 ? firstMs / 2 : firstMs * 2 ** ((bucket - 0.5) / steps));

export function merged(sketches: Iterable<Sketch>): Sketch {
  const sum = new Map<number, number>();
  for (const sketch of sketches) for (const [bucket, count] of sketch) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  return sum;
}

/**
 * The 0.95-quantile beside the mean of the same values: where both lie in one bucket, which of them is larger cannot be told apart, and the
 * quantile is not said to be below the mean. (It may truly be below, where a few values are very large.)
 */
export function p95Beside(sketch: Sketch, mean: number | undefined): number | undefined {
  const p95 = quantile(sketch, 0.95);
  return p95 !== undefined && mean !== undefined && bucketOf(p95) === bucketOf(mean) ? Math.max(p95, mean) : p95;
}

/** The `q`-quantile in ms (0 < q <= 1); undefined of an empty sketch. */
export function quantile(sketch: Sketch, q: number): number | undefined {
  const buckets = [...sketch].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (count > 0 && seen >= q * total) return middleOf(bucket);
  }
  return undefined;
}
