/**
 * The metrics that prom-client keeps itself, as families of the neutral model.
 *
 * Asks a metric for its values and never for text: rendering changes the names of counters for good.
 *
 * @module
 */
import type { ExpositionFamily, HistogramPoint, Labels, NumberPoint } from "./exposition/model.ts";
import { unitOf } from "./exposition/names.ts";

/** What a metric of prom-client 15 answers to `get()`. */
export interface LibraryMetric {
  readonly name: string;
  readonly help: string;
  /** The package's own types make this an enumeration of numbers; it is a word. */
  readonly type: unknown;
  readonly values: readonly LibraryValue[];
}

interface LibraryValue {
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
  /** Of histograms: the metric's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string | undefined;
}

/**
 * @param createdS when its counting began, in Unix seconds
 * @throws {RangeError} when the metric is of a type the model does not have
 */
export function libraryFamily(metric: LibraryMetric, createdS: number): ExpositionFamily {
  const { name, help, type, values } = metric;
  switch (type) {
    case "counter":
      return { name, help, type, unit: unitOf(name, type), points: values.map((one) => numberPoint(one, createdS)) };
    case "gauge":
      return { name, help, type, unit: unitOf(name, type), points: values.map((one) => numberPoint(one, null)) };
    case "histogram":
      return { name, help, type, unit: unitOf(name, type), points: histogramPoints(metric, createdS) };
    default:
      throw new RangeError(`Metric ${name} must be a counter, gauge or histogram, got "${type}"`);
  }
}

function numberPoint({ labels, value }: LibraryValue, createdS: number | null): NumberPoint {
  return { labels: labelsOf(labels), value, createdS, exemplar: null };
}

/** One series comes as its buckets from the lowest to +Inf, then its sum, then its count. */
function histogramPoints({ name, values }: LibraryMetric, createdS: number): readonly HistogramPoint[] {
  const points: HistogramPoint[] = [];
  let bounds: number[] = [];
  let counts: number[] = [];
  let before = 0;
  for (const { labels, value, metricName } of values) {
    if (metricName === `${name}_bucket`) {
      counts.push(value - before);
      before = value;
      if (labels["le"] !== "+Inf") bounds.push(Number(labels["le"]));
    } else if (metricName === `${name}_sum`) {
      const exemplars = counts.map(() => null);
      points.push({ labels: labelsOf(labels), bounds, counts, sum: value, createdS, exemplars, native: null });
      bounds = [];
      counts = [];
      before = 0;
    }
  }
  return points;
}

function labelsOf(labels: LibraryValue["labels"]): Labels {
  return Object.entries(labels)
    .filter(([name]) => name !== "le")
    .map(([name, value]) => [name, String(value)]);
}
