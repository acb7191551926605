/**
 * The catalogue as a page: one series of every row, for checkers that read metrics and not tables.
 *
 * @module
 */
import { type MetricRow, metricRows } from "../../src/instruments/catalogue.ts";
import type { ExpositionFamily, Labels } from "../../src/telemetry/exposition/model.ts";

/** Every metric that `/metrics` may ever show, with one series that has a value for each of its labels. */
export function catalogueFamilies(): readonly ExpositionFamily[] {
  return metricRows().map(([, row]) => family(row));
}

function family(row: MetricRow): ExpositionFamily {
  const { name, help, type, buckets = [] } = row;
  const head = { name, help, unit: row.unit === "s" ? "seconds" : row.unit === "1" ? "ratio" : "" };
  const labels: Labels = row.labels.map(({ name: label, values }) => [label, values?.[0] ?? "any"]);
  if (type !== "histogram") return { ...head, type, points: [{ labels, value: 1, createdS: null, exemplar: null }] };
  const counts = [...buckets, Number.POSITIVE_INFINITY].map(() => 1);
  const exemplars = counts.map(() => null);
  return {
    ...head,
    type,
    points: [{ labels, bounds: buckets, counts, sum: 1, createdS: null, exemplars, native: null }],
  };
}
