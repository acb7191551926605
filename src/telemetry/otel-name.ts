/**
 * From OpenTelemetry's names to Prometheus', as a Collector translates them.
 *
 * Follows the OpenTelemetry specification "Prometheus and OpenMetrics Compatibility" for the units the catalogue uses.
 *
 * @module
 */
import type { MetricRow } from "../instruments/catalogue.ts";

/** Prometheus' word for a UCUM unit. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: "seconds", By: "bytes", "1": "ratio" };

/** The name under which Prometheus would store the metric after a trip through OTLP and a Collector. */
export function prometheusName({
  otelName,
  unit,
  type,
}: Pick<MetricRow, "otelName" | "type"> & { unit: string }): string {
  const words = otelName.split(/[^a-zA-Z0-9]+/).filter((word) => word !== "");
  // An annotation in braces is no unit; "1" says ratio for gauges only.
  const unitWord = unit === "1" && type !== "gauge" ? undefined : UNIT_WORDS[unit];
  if (unitWord !== undefined && !words.includes(unitWord)) words.push(unitWord);
  const named = type === "counter" ? [...words.filter((word) => word !== "total"), "total"] : words;
  return named.join("_");
}
