/**
 * A quantile from exponential buckets, as Prometheus 3 computes it: the yardstick of tests and of the benchmark.
 *
 * @module
 */
import type { NativeBuckets } from "./native-buckets.ts";

/**
 * The value below which a share of the observations lies, interpolated geometrically within its bucket.
 *
 * @param ratio 0 .. 1
 * @returns in the unit of the histogram; `null` when nothing was observed
 */
export function nativeQuantile(histogram: NativeBuckets, ratio: number): number | null {
  const { schema, zeroThreshold, zeroCount, firstIndex, counts } = histogram;
  const total = counts.reduce((sum, count) => sum + count, zeroCount);
  if (total === 0) return null;
  const rank = ratio * total;
  if (rank <= zeroCount)
    return zeroCount === 0 ? upperBound(firstIndex - 1, schema) : (zeroThreshold * rank) / zeroCount;
  let below = zeroCount;
  for (const [place, count] of counts.entries()) {
    if (below + count >= rank && count > 0) {
      return upperBound(firstIndex + place - 1 + (rank - below) / count, schema);
    }
    below += count;
  }
  return upperBound(firstIndex + counts.length - 1, schema);
}

/** base^index, also between two bounds. */
function upperBound(index: number, schema: number): number {
  return 2 ** (index * 2 ** -schema);
}
