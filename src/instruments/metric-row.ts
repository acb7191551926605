/**
 * The shape of a row of the catalogue.
 *
 * @module
 */
import type { Label } from "./labels.ts";
import { FINEST_SCHEMA, type NativeShape } from "./native-buckets.ts";

/** One metric. */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** Prometheus name, with unit and `_total`. */
  readonly name: string;
  /** OpenTelemetry instrument name. */
  readonly otelName: string;
  /** OpenTelemetry unit: `s`, `1` for a ratio, or the thing counted in braces. */
  readonly unit: "s" | "1" | `{${string}}`;
  /** One or more whole sentences. */
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds in the row's unit, ascending, without +Inf; only a histogram has them. */
  readonly buckets?: readonly number[];
  /** Exponential buckets beside the classic ones; every histogram of the engine has them. */
  readonly native?: NativeShape;
  /** Where it is counted: the engine's cells, or the main thread. */
  readonly thread: "engine" | "main";
}

/**
 * Exponential buckets of everything measured in seconds.
 *
 * Values within 2.5 octaves are told apart to 1.1 %, within 20 octaves (1 ms to 17 minutes) to 9 %. 160 buckets are
 * what OpenTelemetry's SDKs and Prometheus' backends take for granted. A microsecond is below what we can measure.
 */
export const NATIVE_SECONDS: NativeShape = { schema: FINEST_SCHEMA, maxBuckets: 160, zeroThreshold: 1e-6 };
