/**
 * A quantile from classic buckets, as `histogram_quantile` of Prometheus computes it: what dashboards show.
 *
 * @module
 */

/** Cumulation is not done yet: one count per bucket, the last one above every bound. */
export interface ClassicBuckets {
  /** Upper bounds, ascending, above 0, without +Inf. */
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly counts: readonly number[];
}

/**
 * The value below which a share of the observations lies, interpolated linearly within its bucket.
 *
 * @param ratio 0 .. 1
 * @returns in the unit of the histogram, the highest bound for everything above it; `null` when nothing was observed
 */
export function classicQuantile({ bounds, counts }: ClassicBuckets, ratio: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = ratio * total;
  let below = 0;
  for (const [place, upper] of bounds.entries()) {
    const count = counts[place] as number;
    if (below + count >= rank && count > 0) {
      const lower = bounds[place - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
