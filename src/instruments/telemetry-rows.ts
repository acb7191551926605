/**
 * Rows of the catalogue: the objectives that alerts compare with, and what becomes of spans and exemplars.
 *
 * @module
 */
import * as label from "./labels.ts";
import type { MetricRow } from "./metric-row.ts";

/** `sip_registrar_slo_*` and `sip_telemetry_*`. */
export const telemetryRows = {
  sloObjective: {
    type: "gauge",
    name: "sip_registrar_slo_objective_ratio",
    otelName: "sip.registrar.slo_objective",
    unit: "1",
    help: "Configured service level objective, 0 to 1.",
    labels: [label.SLO, label.DOMAIN],
    thread: "main",
  },
  sloThreshold: {
    type: "gauge",
    name: "sip_registrar_slo_threshold_seconds",
    otelName: "sip.registrar.slo_threshold",
    unit: "s",
    help: "Configured threshold of an objective on round trips; always a bucket bound of the round-trip histogram.",
    labels: [label.SLO, label.DOMAIN],
    thread: "main",
  },
  telemetrySpansRecorded: {
    type: "counter",
    name: "sip_telemetry_spans_recorded_total",
    otelName: "sip.telemetry.spans_recorded",
    unit: "{span}",
    help: "Spans that the export queue has accepted.",
    labels: [label.SPAN_KIND],
    thread: "main",
  },
  telemetrySpansDropped: {
    type: "counter",
    name: "sip_telemetry_spans_dropped_total",
    otelName: "sip.telemetry.spans_dropped",
    unit: "{span}",
    help: "Spans that were wanted and were not exported, by reason.",
    labels: [label.SPAN_DROP_REASON],
    thread: "main",
  },
  telemetryExemplars: {
    type: "counter",
    name: "sip_telemetry_exemplars_total",
    otelName: "sip.telemetry.exemplars",
    unit: "{exemplar}",
    help: "Exemplars put behind a bucket, replaced ones included.",
    labels: [],
    thread: "main",
  },
} as const satisfies Record<string, MetricRow>;
