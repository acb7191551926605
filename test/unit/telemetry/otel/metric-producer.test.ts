import { DataPointType } from "@opentelemetry/sdk-metrics";
import { describe, expect, test } from "vitest";
import { metricRows } from "../../../../src/instruments/catalogue.ts";
import type { ExpositionFamily, HistogramPoint } from "../../../../src/telemetry/exposition/model.ts";
import { metricOf, openMetricProducer, otlpNameOf } from "../../../../src/telemetry/otel/metric-producer.ts";
import { prometheusName } from "../../../../src/telemetry/otel-name.ts";
import { openTelemetry } from "../../../../src/telemetry/registry.ts";
import { fixedSnapshot } from "../../../fakes/fixed-snapshot.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

const TIMES = { startTime: [100, 0], endTime: [200, 0] } as const;
const times = { startTime: [...TIMES.startTime], endTime: [...TIMES.endTime] } as Parameters<typeof metricOf>[1];

const HISTOGRAM: HistogramPoint = {
  labels: [["domain", "example.org"]],
  bounds: [0.1, 1],
  counts: [3, 2, 1],
  sum: 4.5,
  createdS: 150.5,
  exemplars: [null, null, null],
  native: { schema: 3, zeroThreshold: 1e-6, zeroCount: 1, firstIndex: -10, counts: [2, 0, 3] },
};

function histograms(...points: HistogramPoint[]): ExpositionFamily {
  return { type: "histogram", name: "sip_keepalive_rtt_seconds", help: "h", unit: "seconds", points };
}

describe("a family becomes", () => {
  test("an exponential histogram: the same buckets, counted from their lower bounds", () => {
    expect(metricOf(histograms(HISTOGRAM), times)).toMatchObject({
      descriptor: { name: "sip.keepalive.rtt", unit: "s", description: "h" },
      aggregationTemporality: 1,
      dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
      dataPoints: [
        {
          attributes: { domain: "example.org" },
          startTime: [150, 500_000_000],
          endTime: [200, 0],
          value: { count: 6, sum: 4.5, scale: 3, zeroCount: 1, positive: { offset: -11, bucketCounts: [2, 0, 3] } },
        },
      ],
    });
  });

  test("a classic histogram when one of its series has no exponential buckets", () => {
    const metric = metricOf(histograms(HISTOGRAM, { ...HISTOGRAM, native: null }), times);
    expect(metric).toMatchObject({
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [{ value: { count: 6, buckets: { boundaries: [0.1, 1], counts: [3, 2, 1] } } }, {}],
    });
  });

  test("a monotonic cumulative sum when it is a counter, since the process when nobody knows better", () => {
    const points = [{ labels: [], value: 7, createdS: null, exemplar: null }];
    const metric = metricOf({ type: "counter", name: "sip_x_total", help: "", unit: "", points }, times);
    expect(metric).toMatchObject({
      descriptor: { name: "sip.x" },
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [{ value: 7, startTime: [100, 0] }],
    });
  });

  test("a gauge when it is one", () => {
    const points = [{ labels: [], value: -1, createdS: null, exemplar: null }];
    const metric = metricOf({ type: "gauge", name: "sip_keepalive_in_flight", help: "", unit: "", points }, times);
    expect(metric).toMatchObject({ dataPointType: DataPointType.GAUGE, dataPoints: [{ value: -1 }] });
  });
});

describe("names", () => {
  test("of the catalogue go out as the catalogue has them", () => {
    for (const [, row] of metricRows()) expect(otlpNameOf(row)).toEqual({ name: row.otelName, unit: row.unit });
  });

  test.each([
    { type: "counter", name: "process_cpu_user_seconds_total", otlp: { name: "process.cpu.user", unit: "s" } },
    { type: "gauge", name: "process_resident_memory_bytes", otlp: { name: "process.resident.memory", unit: "By" } },
    { type: "gauge", name: "nodejs_heap_size_total_bytes", otlp: { name: "nodejs.heap.size.total", unit: "By" } },
    { type: "gauge", name: "process_open_fds", otlp: { name: "process.open.fds", unit: "" } },
    { type: "histogram", name: "nodejs_gc_duration_seconds", otlp: { name: "nodejs.gc.duration", unit: "s" } },
  ] as const)("$name goes out as $otlp.name", ({ type, name, otlp }) => {
    expect(otlpNameOf({ type, name })).toEqual(otlp);
  });

  test("all come back from a Collector as they are scraped, those of the process included", async () => {
    const telemetry = openTelemetry({
      ...{ version: "1", revision: "r", nodeVersion: "v24" },
      ...{ clock: new ManualClock(), storeBackend: "sqlite" },
    });
    const families = await telemetry.collect(fixedSnapshot());
    expect(families.length).toBeGreaterThan(50);
    const back = families.map(({ name, type }) => {
      const { name: otelName, unit } = otlpNameOf({ name, type });
      return prometheusName({ otelName, unit, type });
    });
    expect(back).toEqual(families.map(({ name }) => name));
  });
});

describe("the producer", () => {
  const family: ExpositionFamily = {
    ...{ type: "gauge", name: "sip_registrar_aors", help: "", unit: "" },
    points: [{ labels: [], value: 3, createdS: null, exemplar: null }],
  };
  const producer = (collect: () => Promise<readonly ExpositionFamily[]>) =>
    openMetricProducer({ clock: new ManualClock(), collect, isBornInOtel: (name) => name === "otel_x", version: "1" });

  test("leaves out what OpenTelemetry counts itself, and what has no series yet", async () => {
    const families = [family, { ...family, name: "otel_x" }, { ...family, name: "sip_empty", points: [] }];
    const { resourceMetrics, errors } = await producer(async () => families).collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    expect(metrics.map(({ descriptor }) => descriptor.name)).toEqual(["sip.registrar.aors"]);
    expect(errors).toEqual([]);
  });

  test("reports an engine that is gone and sends nothing, rather than a gap that looks like zero", async () => {
    const { resourceMetrics, errors } = await producer(() => Promise.reject(new Error("gone"))).collect();
    expect(resourceMetrics.scopeMetrics).toEqual([]);
    expect(errors).toEqual([expect.objectContaining({ message: "gone" })]);
  });
});
