/**
 * The shape of a row of the catalogue.
 *
 * @module
 */
import type { Label } from "./labels.ts";

/** One metric. */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** Prometheus name, with unit and `_total`. */
  readonly name: string;
  /** OpenTelemetry instrument name. */
  readonly otelName: string;
  /** OpenTelemetry unit: `s`, or the thing counted in braces. */
  readonly unit: "s" | `{${string}}`;
  /** One or more whole sentences. */
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds in the row's unit, ascending, without +Inf; only a histogram has them. */
  readonly buckets?: readonly number[];
  /** Where it is counted: the engine's cells, or the main thread. */
  readonly thread: "engine" | "main";
}
