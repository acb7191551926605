/**
 * What is exposed, as neutral data: families of points with everything that any encoding can say.
 *
 *      engine snapshot --+
 *      prom-client ------+--> ExpositionFamily[] --> text 0.0.4 | OpenMetrics 1.0 | protobuf | OTLP
 *      OTel instruments -+
 *
 * One consistent instant; each series stands here once and under one name, whatever the encoding.
 *
 * @module
 */
import type { NativeBuckets } from "../../instruments/snapshot.ts";

export type { NativeBuckets } from "../../instruments/snapshot.ts";

/** Label names and values, in a fixed order, `le` never among them. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** An observation that can be followed: usually the trace behind a bucket. */
export interface Exemplar {
  /** `trace_id`, `span_id`; at most 128 characters in all (OpenMetrics 1.0). */
  readonly labels: Labels;
  /** In the family's unit. */
  readonly value: number;
  /** Unix seconds of the observation. */
  readonly timestampS: number;
}

/** A counter, gauge or info value. */
export interface NumberPoint {
  readonly labels: Labels;
  readonly value: number;
  /** Unix seconds at which a counter began at 0; `null` when unknown or not a counter. */
  readonly createdS: number | null;
  readonly exemplar: Exemplar | null;
}

/** A histogram in both forms. */
export interface HistogramPoint {
  readonly labels: Labels;
  /** Upper bounds in the family's unit, ascending, without +Inf. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative; one more than bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly createdS: number | null;
  /** One per bucket, the last for +Inf; `null` where there is none. */
  readonly exemplars: readonly (Exemplar | null)[];
  /** `null` for a histogram that is classic only. */
  readonly native: NativeBuckets | null;
}

interface FamilyHead {
  /** Metric name as scraped, `_total` included for counters. */
  readonly name: string;
  readonly help: string;
  /** OpenMetrics unit, e.g. `seconds`; "" without one. */
  readonly unit: string;
}

/** One metric with all its points. */
export type ExpositionFamily =
  | (FamilyHead & { readonly type: "counter" | "gauge"; readonly points: readonly NumberPoint[] })
  | (FamilyHead & { readonly type: "histogram"; readonly points: readonly HistogramPoint[] });
