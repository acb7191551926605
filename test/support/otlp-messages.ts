/**
 * The messages of OTLP 1.x (opentelemetry-proto, packages `collector.*.v1`), as far as tests read them.
 *
 * Field names and numbers are those of the official definitions; whatever is not listed here is skipped by the decoder.
 *
 * @module
 */
import protobuf from "protobufjs";

const DEFINITIONS = `
syntax = "proto3";
package otlp;

message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }

message TraceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  uint32 dropped_attributes_count = 10; repeated Link links = 13; Status status = 15;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }

message MetricsRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; }
}
message Gauge { repeated NumberPoint data_points = 1; }
message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialHistogram { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2; }
message NumberPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
}
message HistogramPoint {
  repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7;
}
message ExponentialPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8;
}
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }

message LogsRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message LogRecord {
  fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10; string event_name = 12;
}
`;

const { root } = protobuf.parse(DEFINITIONS, { keepCase: false });

/** Attributes of a resource, a span or a point. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span as it was received. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 2 = SERVER, 3 = CLIENT. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 0 = unset, 2 = error. */
  readonly statusCode: number;
  readonly resource: Attributes;
}

/** A point of a metric as it was received. */
export interface OtlpPoint {
  readonly attributes: Attributes;
  readonly startMs: number;
  /** Of a gauge or a sum. */
  readonly value: number | null;
  /** Of a histogram. */
  readonly count: number | null;
  readonly sum: number | null;
  /** Per bucket, not cumulative. */
  readonly counts: readonly number[];
  readonly bounds: readonly number[];
  /** Of an exponential histogram. */
  readonly scale: number | null;
  readonly zeroCount: number | null;
  readonly offset: number | null;
}

/** A metric as it was received. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "histogram" | "exponentialHistogram";
  readonly isMonotonic: boolean;
  /** 2 = cumulative; 0 for a gauge. */
  readonly temporality: number;
  readonly scope: string;
  readonly points: readonly OtlpPoint[];
}

/** A log record as it was received. */
export interface OtlpLog {
  readonly event: string;
  readonly severity: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

// biome-ignore lint/suspicious/noExplicitAny: decoded messages; the functions below give them their types
type Plain = any;

function decode(message: string, octets: Uint8Array): Plain {
  const type = root.lookupType(`otlp.${message}`);
  return type.toObject(type.decode(octets), { longs: Number, bytes: Array, arrays: true, defaults: true });
}

/** @throws {Error} when the octets are no such request */
export function readSpans(octets: Uint8Array): readonly OtlpSpan[] {
  return decode("TraceRequest", octets).resourceSpans.flatMap((resourceSpans: Plain) =>
    resourceSpans.scopeSpans.flatMap((scopeSpans: Plain) =>
      scopeSpans.spans.map((span: Plain) => spanOf(span, attributesOf(resourceSpans.resource?.attributes))),
    ),
  );
}

/** @throws {Error} when the octets are no such request */
export function readMetrics(octets: Uint8Array): readonly OtlpMetric[] {
  return decode("MetricsRequest", octets).resourceMetrics.flatMap((resourceMetrics: Plain) =>
    resourceMetrics.scopeMetrics.flatMap((scopeMetrics: Plain) =>
      scopeMetrics.metrics.map((metric: Plain) => metricOf(metric, scopeMetrics.scope?.name ?? "")),
    ),
  );
}

/** @throws {Error} when the octets are no such request */
export function readLogs(octets: Uint8Array): readonly OtlpLog[] {
  return decode("LogsRequest", octets).resourceLogs.flatMap((resourceLogs: Plain) =>
    resourceLogs.scopeLogs.flatMap((scopeLogs: Plain) =>
      scopeLogs.logRecords.map((record: Plain) => ({
        event: String(record.eventName),
        severity: String(record.severityText),
        traceId: hex(record.traceId),
        spanId: hex(record.spanId),
        attributes: attributesOf(record.attributes),
      })),
    ),
  );
}

function spanOf(span: Plain, resource: Attributes): OtlpSpan {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: hex(span.parentSpanId),
    name: String(span.name),
    kind: Number(span.kind),
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    attributes: attributesOf(span.attributes),
    links: span.links.map((link: Plain) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
    statusCode: Number(span.status?.code ?? 0),
    resource,
  };
}

function metricOf(metric: Plain, scope: string): OtlpMetric {
  const kind = (["gauge", "sum", "histogram", "exponentialHistogram"] as const).find((name) => metric[name] != null);
  if (kind === undefined) throw new Error(`metric ${metric.name} has no data`);
  const data = metric[kind];
  return {
    name: String(metric.name),
    unit: String(metric.unit),
    kind,
    isMonotonic: Boolean(data.isMonotonic),
    temporality: Number(data.aggregationTemporality ?? 0),
    scope,
    points: data.dataPoints.map(pointOf),
  };
}

function pointOf(point: Plain): OtlpPoint {
  const number = (name: string): number | null => (point[name] == null ? null : Number(point[name]));
  const buckets = point.positive;
  return {
    attributes: attributesOf(point.attributes),
    startMs: Number(point.startTimeUnixNano) / 1e6,
    value: number("asDouble") ?? number("asInt"),
    count: number("count"),
    sum: number("sum"),
    counts: [...((buckets?.bucketCounts ?? point.bucketCounts ?? []) as readonly number[])],
    bounds: [...((point.explicitBounds ?? []) as readonly number[])],
    scale: number("scale"),
    zeroCount: number("zeroCount"),
    offset: buckets == null ? null : Number(buckets.offset),
  };
}

function attributesOf(list: Plain | undefined): Attributes {
  return Object.fromEntries((list ?? []).map(({ key, value }: Plain) => [String(key), anyValue(value)]));
}

function anyValue(value: Plain): string | number | boolean {
  const known = value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue;
  return known ?? "";
}

const hex = (octets: Plain | undefined): string =>
  Buffer.from([...((octets ?? []) as readonly number[])]).toString("hex");
