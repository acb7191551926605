/**
 * What OpenTelemetry's own instruments count (HTTP server, the SDK itself), as families of our model.
 *
 * Names and labels become what a Collector would make of them. Nothing of ours is counted by these instruments, and a
 * name that began with `sip_` would be left out: each series stands in a scrape once, under one name.
 *
 * @module
 */
import type { Attributes } from "@opentelemetry/api";
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { hrTimeToS } from "../../base/units.ts";
import type { ExpositionFamily, HistogramPoint, Labels, NumberPoint } from "../exposition/model.ts";
import { unitOf } from "../exposition/names.ts";
import { prometheusName } from "../otel-name.ts";

/** Prefix of the catalogue's metrics. */
const OURS = "sip_";

type Mutable<Family> = Family extends { readonly points: readonly (infer Point)[] }
  ? Omit<Family, "points"> & { points: Point[] }
  : never;

/** Families in the order of their names; the same metric of two scopes is one family. */
export function bornFamilies({ scopeMetrics }: Pick<ResourceMetrics, "scopeMetrics">): ExpositionFamily[] {
  const families = new Map<string, Mutable<ExpositionFamily>>();
  for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
    const family = familyOf(metric);
    if (family === null || family.name.startsWith(OURS)) continue;
    const known = families.get(family.name);
    if (known === undefined)
      families.set(family.name, { ...family, points: [...family.points] } as Mutable<ExpositionFamily>);
    else if (known.type === family.type) addTo(known, family);
  }
  return [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Series that are there already stay as they are. */
function addTo(known: Mutable<ExpositionFamily>, more: ExpositionFamily): void {
  const present = new Set(known.points.map(({ labels }) => JSON.stringify(labels)));
  const fresh = more.points.filter(({ labels }) => !present.has(JSON.stringify(labels)));
  (known.points as unknown[]).push(...fresh);
}

/** `null` for exponential histograms: nobody asked these instruments for them. */
function familyOf(metric: MetricData): ExpositionFamily | null {
  const type = typeOf(metric);
  if (type === null) return null;
  const { name: otelName, unit, description } = metric.descriptor;
  const name = prometheusName({ otelName, unit, type });
  const head = { name, help: description === "" ? otelName : description, unit: unitOf(name, type) };
  if (metric.dataPointType === DataPointType.HISTOGRAM) {
    return { ...head, type: "histogram", points: metric.dataPoints.map(histogramPoint) };
  }
  if (type === "histogram") return null;
  return { ...head, type, points: metric.dataPoints.map((point) => numberPoint(point as DataPoint<number>, type)) };
}

function typeOf(metric: MetricData): ExpositionFamily["type"] | null {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return metric.isMonotonic ? "counter" : "gauge";
    case DataPointType.GAUGE:
      return "gauge";
    case DataPointType.HISTOGRAM:
      return "histogram";
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return null;
    default:
      return metric satisfies never;
  }
}

function numberPoint({ attributes, startTime, value }: DataPoint<number>, type: "counter" | "gauge"): NumberPoint {
  const createdS = type === "counter" ? hrTimeToS(startTime) : null;
  return { labels: labelsOf(attributes), value, createdS, exemplar: null };
}

function histogramPoint({ attributes, startTime, value }: DataPoint<Histogram>): HistogramPoint {
  const { boundaries, counts } = value.buckets;
  return {
    labels: labelsOf(attributes),
    bounds: boundaries,
    counts,
    sum: value.sum ?? 0,
    createdS: hrTimeToS(startTime),
    exemplars: counts.map(() => null),
    native: null,
  };
}

/** `http.route` -> `http_route`. */
function labelsOf(attributes: Attributes): Labels {
  return Object.entries(attributes)
    .map(([name, value]) => [name.replaceAll(/[^a-zA-Z0-9_]/g, "_"), String(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
