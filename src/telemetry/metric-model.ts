/**
 * The neutral model of what is exported: families of series, in no particular format.
 *
 *      MetricSnapshot --engineFamilies()--> MetricFamily[] --> prom-client text | further encoders
 *
 * @module
 */
import { type MetricKey, type MetricRow, metricRows } from "../instruments/catalogue.ts";
import type { MetricSnapshot, SeriesHistogram, SeriesValue } from "../instruments/snapshot.ts";

/** One metric with all its series at one instant. */
export type MetricFamily =
  | { readonly kind: "values"; readonly row: MetricRow; readonly series: readonly SeriesValue[] }
  | { readonly kind: "histograms"; readonly row: MetricRow; readonly series: readonly SeriesHistogram[] };

/** The family of one engine metric; without series when the snapshot has none. */
export function engineFamily(key: MetricKey, row: MetricRow, snapshot: MetricSnapshot): MetricFamily {
  return row.type === "histogram"
    ? { kind: "histograms", row, series: snapshot.histograms.get(key) ?? [] }
    : { kind: "values", row, series: snapshot.values.get(key) ?? [] };
}

/** Every engine metric, in the order of the catalogue. */
export function engineFamilies(snapshot: MetricSnapshot): readonly MetricFamily[] {
  return metricRows()
    .filter(([, row]) => row.thread === "engine")
    .map(([key, row]) => engineFamily(key, row, snapshot));
}

/** Observations at or below each bound, and last all of them: what `le` means. */
export function cumulative(counts: readonly number[]): readonly number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}
