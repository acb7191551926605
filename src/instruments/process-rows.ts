/**
 * Rows of the catalogue: the guards of labels, the location store, the life of the process.
 *
 * @module
 */
import * as label from "./labels.ts";
import type { MetricRow } from "./metric-row.ts";

/** Seconds. From one small transaction to a disk that hangs. */
const STORE_BUCKETS_S = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2] as const;

/** `sip_registrar_*` as far as the process goes. */
export const processRows = {
  labelLimit: {
    type: "gauge",
    name: "sip_registrar_label_limit",
    otelName: "sip.registrar.label_limit",
    unit: "{value}",
    help: "Most distinct values of a bounded label.",
    labels: [label.GUARDED_LABEL],
    thread: "engine",
  },
  labelValues: {
    type: "gauge",
    name: "sip_registrar_label_values",
    otelName: "sip.registrar.label_values",
    unit: "{value}",
    help: "Distinct values of a bounded label that are in use.",
    labels: [label.GUARDED_LABEL],
    thread: "engine",
  },
  labelOverflows: {
    type: "counter",
    name: "sip_registrar_label_overflows_total",
    otelName: "sip.registrar.label_overflows",
    unit: "{observation}",
    help: "Values folded into other because a label had reached its limit or does not know the value.",
    labels: [label.GUARDED_LABEL],
    thread: "engine",
  },
  storeOperations: {
    type: "counter",
    name: "sip_registrar_store_operations_total",
    otelName: "sip.registrar.store_operations",
    unit: "{operation}",
    help: "Operations on the location store, failed ones included.",
    labels: [label.BACKEND, label.STORE_OPERATION],
    thread: "main",
  },
  storeFailures: {
    type: "counter",
    name: "sip_registrar_store_failures_total",
    otelName: "sip.registrar.store_failures",
    unit: "{operation}",
    help: "Failed operations on the location store.",
    labels: [label.BACKEND, label.STORE_OPERATION],
    thread: "main",
  },
  storeOperationDuration: {
    type: "histogram",
    name: "sip_registrar_store_operation_duration_seconds",
    otelName: "sip.registrar.store_operation_duration",
    unit: "s",
    help: "Time of a successful operation on the location store.",
    labels: [label.BACKEND, label.STORE_OPERATION],
    buckets: STORE_BUCKETS_S,
    thread: "main",
  },
  configLastReloadSuccessful: {
    type: "gauge",
    name: "sip_registrar_config_last_reload_successful",
    otelName: "sip.registrar.config_last_reload_successful",
    unit: "{boolean}",
    help: "Whether the configuration was accepted when it was last loaded.",
    labels: [],
    thread: "main",
  },
  configLastReloadSuccessTime: {
    type: "gauge",
    name: "sip_registrar_config_last_reload_success_timestamp_seconds",
    otelName: "sip.registrar.config_last_reload_success_timestamp",
    unit: "s",
    help: "Unix time of the last configuration that was accepted.",
    labels: [],
    thread: "main",
  },
  startTime: {
    type: "gauge",
    name: "sip_registrar_start_time_seconds",
    otelName: "sip.registrar.start_time",
    unit: "s",
    help: "Unix time when the registrar became ready.",
    labels: [],
    thread: "main",
  },
  buildInfo: {
    type: "gauge",
    name: "sip_registrar_build_info",
    otelName: "sip.registrar.build_info",
    unit: "{build}",
    help: "What is running; always 1.",
    labels: label.BUILD_LABELS,
    thread: "main",
  },
} as const satisfies Record<string, MetricRow>;
