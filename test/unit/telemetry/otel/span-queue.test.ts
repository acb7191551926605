import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { clearAor } from "../../../../src/telemetry/otel/aor-name.ts";
import { spanDataOf } from "../../../../src/telemetry/otel/span-data.ts";
import { CountingExporter, RecordedIds, SpanQueue } from "../../../../src/telemetry/otel/span-queue.ts";
import { aProbeRecord } from "../../../fakes/span-records.ts";

const QUEUE_MAX = 8;

/** The real provider and the real processor, before an exporter that does as it is told. */
function open(outcome: "ok" | "failed" | "never" = "ok") {
  const exported: ReadableSpan[] = [];
  const lines: string[] = [];
  const inner: SpanExporter = {
    export(spans, done) {
      if (outcome === "never") return;
      if (outcome === "ok") exported.push(...spans);
      done(outcome === "ok" ? { code: 0 } : { code: 1, error: new Error("collector is away") });
    },
    shutdown: async () => undefined,
  };
  const exporter = new CountingExporter(inner, (spans) => lines.push(`export_failed ${spans}`));
  const ids = new RecordedIds();
  const limits = { maxQueueSize: QUEUE_MAX, maxExportBatchSize: QUEUE_MAX, scheduledDelayMillis: 3_600_000 };
  const processor = new BatchSpanProcessor({ exporter, ...limits });
  const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [processor] });
  const queue = new SpanQueue({
    tracer: provider.getTracer("test"),
    ids,
    exporter,
    queueMax: QUEUE_MAX,
    nameAor: clearAor,
    observer: {
      accepted: ({ spanId }) => void lines.push(`accepted ${spanId}`),
      lost: (reason, spans) => void lines.push(`${reason} ${spans}`),
    },
  });
  return { queue, provider, exported, lines };
}

const numbered = (n: number) => aProbeRecord({ spanId: n.toString(16).padStart(16, "0") });

describe("SpanQueue", () => {
  test("exports a span with the ids, the times and the link that were recorded", async () => {
    const { queue, provider, exported } = open();
    const registration = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
    const record = aProbeRecord({ registration, status: null, reason: "timeout" });
    expect(queue.accept(record)).toBe(true);
    await provider.forceFlush();
    const [span] = exported;
    expect(span?.spanContext()).toMatchObject({ traceId: record.traceId, spanId: record.spanId, traceFlags: 1 });
    expect(span?.parentSpanContext).toBeUndefined();
    expect([span?.startTime, span?.endTime]).toEqual([
      [1_800_000_000, 0],
      [1_800_000_000, 23_500_000],
    ]);
    expect(span?.links.map(({ context }) => context)).toEqual([expect.objectContaining(registration)]);
    expect(span?.attributes["error.type"]).toBe("timeout");
  });

  test("puts a child below its parent, in the parent's trace", async () => {
    const { queue, provider, exported } = open();
    const parent = aProbeRecord();
    queue.acceptChild(parent, "3".repeat(16), spanDataOf(aProbeRecord(), clearAor));
    await provider.forceFlush();
    expect(exported[0]?.spanContext()).toMatchObject({ traceId: parent.traceId, spanId: "3".repeat(16) });
    expect(exported[0]?.parentSpanContext?.spanId).toBe(parent.spanId);
  });

  test("a collector that never answers costs one queue; what does not fit is counted, exactly", () => {
    const { queue, lines } = open("never");
    for (let n = 1; n <= 40; n++) queue.accept(numbered(n));
    // One batch is with the exporter, one queue is full behind it.
    expect(lines.filter((line) => line.startsWith("accepted"))).toHaveLength(2 * QUEUE_MAX);
    expect(lines.filter((line) => line === "queue_full 1")).toHaveLength(40 - 2 * QUEUE_MAX);
    expect(queue.size).toBe(QUEUE_MAX);
  });

  test("every accepted span reaches the exporter: the queue refuses before the processor would drop", async () => {
    const { queue, provider, exported, lines } = open();
    for (let n = 1; n <= 40; n++) {
      queue.accept(numbered(n));
      if (n % 13 === 0) await provider.forceFlush();
    }
    await provider.forceFlush();
    const accepted = lines.filter((line) => line.startsWith("accepted")).map((line) => line.split(" ")[1]);
    expect(exported.map((span) => span.spanContext().spanId)).toEqual(accepted);
    expect(queue.size).toBe(0);
  });

  test("a collector that refuses costs what was sent, counted", async () => {
    const { queue, provider, lines } = open("failed");
    for (let n = 1; n <= 3; n++) queue.accept(numbered(n));
    await provider.forceFlush().catch(() => undefined);
    expect(lines.at(-1)).toBe("export_failed 3");
    expect(queue.accept(numbered(4))).toBe(true);
  });
});
