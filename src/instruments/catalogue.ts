/**
 * Every metric of the daemon, one row each: registration, text output, documentation and dashboards read this table.
 *
 * The OpenTelemetry name is derived from the Prometheus name, so that a Collector's translation gives it back
 * (`sip.keepalive.rtt`, unit `s` -> `sip_keepalive_rtt_seconds`). A metric has a row once its feature exists.
 *
 * @module
 */
import { keepaliveRows } from "./keepalive-rows.ts";
import type { MetricRow } from "./metric-row.ts";
import { processRows } from "./process-rows.ts";
import { registrarRows } from "./registrar-rows.ts";
import { telemetryRows } from "./telemetry-rows.ts";

export { RTT_BUCKETS_S } from "../base/buckets.ts";
export type { MetricRow } from "./metric-row.ts";

/** By program name, in the order of `/metrics` and of the documentation. */
export const catalogue = { ...keepaliveRows, ...registrarRows, ...processRows, ...telemetryRows };

/** Program name of a metric. */
export type MetricKey = keyof typeof catalogue;
type KeysOf<Type, Thread> = {
  [K in MetricKey]: (typeof catalogue)[K] extends { type: Type; thread: Thread } ? K : never;
}[MetricKey];
/** Counters and gauges of the engine. */
export type CellKey = KeysOf<"counter" | "gauge", "engine">;
/** Histograms of the engine. */
export type HistogramKey = KeysOf<"histogram", "engine">;

/** The row behind a program name. */
export function metricRow(key: MetricKey): MetricRow {
  return catalogue[key];
}

/** Every metric, in the order of the table. */
export function metricRows(): readonly (readonly [MetricKey, MetricRow])[] {
  return Object.entries(catalogue) as [MetricKey, MetricRow][];
}
