/**
 * Our families as OTLP metrics: the same figures as a scrape, under the names of the catalogue.
 *
 *      collect() --ExpositionFamily[]--> [ MetricProducer ] --> PeriodicExportingMetricReader --> OTLP
 *
 * Histograms with exponential buckets go out as exponential histograms. What OpenTelemetry counts itself is left out: the
 * reader has it already. Everything is cumulative, whatever the exporter prefers. The SDK has no exemplars (3.1).
 *
 * @module
 */
import { type HrTime, ValueType } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { Clock } from "../../base/clock.ts";
import { msToHrTime, sToMs } from "../../base/units.ts";
import { metricRows } from "../../instruments/catalogue.ts";
import type { ExpositionFamily, HistogramPoint, Labels, NativeBuckets } from "../exposition/model.ts";
import { stemOf, unitOf } from "../exposition/names.ts";

/** What the producer is made from. */
export interface MetricProducerParts {
  readonly clock: Clock;
  /** Every family as of now; rejects when the engine is gone. */
  readonly collect: () => Promise<readonly ExpositionFamily[]>;
  /** Whether a family comes from OpenTelemetry's own instruments. */
  readonly isBornInOtel: (familyName: string) => boolean;
  readonly version: string;
}

/** UCUM units of the words that names carry. */
const UCUM: Readonly<Record<string, string>> = { seconds: "s", bytes: "By", ratio: "1" };

/** OpenTelemetry's name and unit by scraped name. */
const CATALOGUED = new Map(metricRows().map(([, row]) => [row.name, { name: row.otelName, unit: row.unit as string }]));

/** A producer for `PeriodicExportingMetricReader`. */
export function openMetricProducer(parts: MetricProducerParts): MetricProducer {
  const { clock, collect, isBornInOtel, version } = parts;
  // Counters whose beginning nobody noted began with the process, as far as a reader can tell.
  const startTime = msToHrTime(clock.wallMs());
  const scope = { name: "sipulse", version };
  // The reader uses the resource of its provider.
  const resource = resourceFromAttributes({});
  return {
    async collect(): Promise<CollectionResult> {
      try {
        const families = (await collect()).filter(({ name }) => !isBornInOtel(name));
        const times = { startTime, endTime: msToHrTime(clock.wallMs()) };
        const metrics = families.filter(({ points }) => points.length > 0).map((family) => metricOf(family, times));
        return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
      } catch (error) {
        return { resourceMetrics: { resource, scopeMetrics: [] }, errors: [error] };
      }
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** OpenTelemetry's name and unit of a family: from the catalogue, else such that a Collector gives the name back. */
export function otlpNameOf({ name, type }: Pick<ExpositionFamily, "name" | "type">): { name: string; unit: string } {
  const known = CATALOGUED.get(name);
  if (known !== undefined) return known;
  const unit = unitOf(name, type);
  const stem = stemOf(name, type);
  const bare = unit === "" ? stem : stem.slice(0, -unit.length - 1);
  return { name: bare.replaceAll("_", "."), unit: UCUM[unit] ?? "" };
}

/** One family as of one instant. */
export function metricOf(family: ExpositionFamily, times: Times): MetricData {
  const descriptor = { ...otlpNameOf(family), description: family.help, valueType: ValueType.DOUBLE };
  const head = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (family.type === "histogram") return { ...head, ...histogramOf(family.points, times) };
  const dataPoints = family.points.map(({ labels, value, createdS }) => pointOf(labels, value, createdS, times));
  if (family.type === "gauge") return { ...head, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...head, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/** Exponential when every series is; a metric cannot be both. */
function histogramOf(points: readonly HistogramPoint[], times: Times) {
  if (points.every(({ native }) => native !== null)) {
    const dataPoints = points.map((point) => {
      const value = exponentialOf(point, point.native as NativeBuckets);
      return pointOf(point.labels, value, point.createdS, times);
    });
    return { dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM as const, dataPoints };
  }
  const dataPoints = points.map((point) => pointOf(point.labels, classicOf(point), point.createdS, times));
  return { dataPointType: DataPointType.HISTOGRAM as const, dataPoints };
}

function classicOf({ bounds, counts, sum }: HistogramPoint): Histogram {
  return { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count: total(counts) };
}

function exponentialOf({ sum }: HistogramPoint, native: NativeBuckets): ExponentialHistogram {
  return {
    count: native.zeroCount + total(native.counts),
    sum,
    scale: native.schema,
    zeroCount: native.zeroCount,
    // Prometheus' bucket i ends at base^i, OpenTelemetry's begins there.
    positive: { offset: native.counts.length === 0 ? 0 : native.firstIndex - 1, bucketCounts: [...native.counts] },
    negative: { offset: 0, bucketCounts: [] },
  };
}

function pointOf<T>(labels: Labels, value: T, createdS: number | null, { startTime, endTime }: Times): DataPoint<T> {
  const since = createdS === null ? startTime : msToHrTime(sToMs(createdS));
  return { attributes: Object.fromEntries(labels), startTime: since, endTime, value };
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
