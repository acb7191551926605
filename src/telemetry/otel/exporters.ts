/**
 * The OTLP exporters; only the packages of what is configured are loaded.
 *
 * Endpoint, headers, compression and certificates are read from the environment by the exporters themselves.
 *
 * @module
 */
import type { MeterProvider } from "@opentelemetry/api";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { SignalExport } from "./environment.ts";

/** Spans over http/protobuf or grpc. */
export async function openSpanExporter(signal: SignalExport, self: MeterProvider): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    signal.protocol === "grpc"
      ? await import("@opentelemetry/exporter-trace-otlp-grpc")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(optionsOf(signal, self));
}

/** Metrics over http/protobuf or grpc. */
export async function openMetricExporter({ protocol, timeoutMs }: SignalExport): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    protocol === "grpc"
      ? await import("@opentelemetry/exporter-metrics-otlp-grpc")
      : await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter({ timeoutMillis: timeoutMs });
}

/** Log records over http/protobuf or grpc. */
export async function openLogExporter(signal: SignalExport, self: MeterProvider): Promise<LogRecordExporter> {
  const { OTLPLogExporter } =
    signal.protocol === "grpc"
      ? await import("@opentelemetry/exporter-logs-otlp-grpc")
      : await import("@opentelemetry/exporter-logs-otlp-proto");
  return new OTLPLogExporter(optionsOf(signal, self));
}

function optionsOf({ timeoutMs }: SignalExport, selfObsMeterProvider: MeterProvider) {
  return { timeoutMillis: timeoutMs, selfObsMeterProvider };
}
