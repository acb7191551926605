/**
 * OpenTelemetry on the main thread: what it sends, what it is asked for, and how it ends.
 *
 *      engine --SpanBatch--> SpanQueue --> BatchSpanProcessor --> OTLP traces
 *                               |--> exemplars, log records ----> OTLP logs
 *      collect() --> MetricProducer --> PeriodicExportingMetricReader --> OTLP metrics
 *      HTTP server, SDK --> MeterProvider --> PrometheusExporter (asked, serves nothing) --> families
 *
 * Imported only when an endpoint is configured. The SDK is started by hand, with nothing instrumented by itself: the
 * provider of metrics comes first, because processors and exporters report on themselves through it; `NodeSDK` owns the
 * rest. A collector that is away costs what its queues hold; whatever is lost is counted.
 *
 * @module
 */
import { context, DiagLogLevel, diag, logs, propagation, trace } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import type { Resource } from "@opentelemetry/resources";
import { BatchLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOnSampler, BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { sToMs } from "../../base/units.ts";
import type { SpanBatch, SpanRecord } from "../../instruments/span-records.ts";
import type { ExpositionFamily } from "../exposition/model.ts";
import type { SpanMetrics } from "../main-metrics.ts";
import { clearAor, hashedAor } from "./aor-name.ts";
import { bornFamilies } from "./born-families.ts";
import { diagLog } from "./diag-log.ts";
import type { BatchLimits, OtelEnvironment } from "./environment.ts";
import type { ExemplarStore } from "./exemplars.ts";
import { openLogExporter, openMetricExporter, openSpanExporter } from "./exporters.ts";
import { httpObserver, type ObserveHttp } from "./http-metrics.ts";
import { openMetricProducer } from "./metric-producer.ts";
import { type Identity, resourceOf } from "./resource.ts";
import type { NameAor } from "./span-data.ts";
import { logSpan } from "./span-log.ts";
import { CountingExporter, RecordedIds, SpanQueue } from "./span-queue.ts";

/** Longest time the last metrics may take, and then everything else; together what a shutdown has for telemetry. */
const LAST_METRICS_MS = sToMs(2);
const LAST_SPANS_MS = sToMs(3);

/** Name of our instrumentation scope. */
const SCOPE = "sipulse";

/** What OpenTelemetry is opened with. */
export interface OtelParts {
  readonly environment: OtelEnvironment;
  readonly identity: Omit<Identity, "serviceName">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether spans and log records show AoRs as they are. */
  readonly hasClearAor: boolean;
  /** Every family as of now, those of `Otel.families` included. */
  readonly collect: () => Promise<readonly ExpositionFamily[]>;
  readonly metrics: SpanMetrics;
  readonly exemplars: ExemplarStore;
}

/** OpenTelemetry, running. */
export interface Otel extends AsyncDisposable {
  /** Exports what the engine recorded. @param onTraced told about every record whose span was accepted */
  accept(batch: SpanBatch, onTraced: (record: SpanRecord) => void): void;
  /** What OpenTelemetry's own instruments count; never rejects. */
  families(): Promise<readonly ExpositionFamily[]>;
  readonly observeHttp: ObserveHttp;
  /** `null` when no traces are exported. */
  readonly spans: SpanQueue | null;
  /** Exports the metrics once more and then no more of ours; while the engine still answers. */
  lastMetrics(): Promise<void>;
}

/** Starts what the environment asks for. */
export async function openOtel(parts: OtelParts): Promise<Otel> {
  const { environment, identity, log, clock } = parts;
  const resource = resourceOf({ ...identity, serviceName: environment.serviceName });
  for (const problem of environment.problems) log.warn("telemetry setting ignored", { problem });
  const metrics = await openMetrics(parts, resource);
  const traces = await openTraces(parts, metrics.provider);
  const records = await openLogs(parts, metrics.provider);
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [],
    textMapPropagator: null,
    sampler: new AlwaysOnSampler(),
    idGenerator: traces.ids,
    spanProcessors: traces.processors,
    logRecordProcessors: records,
  });
  // After the constructor, which may have set one that writes to the console.
  diag.setLogger(diagLog(log, clock), { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  sdk.start();
  const nameAor = parts.hasClearAor ? clearAor : hashedAor(parts.random);
  const { ids, exporter } = traces;
  const spans = exporter === null ? null : spanQueue(parts, { ids, exporter, nameAor });
  const logger = environment.signals.logs === null ? null : logs.getLogger(SCOPE, identity.version);
  const logParts = { log, logger, nameAor };
  return {
    spans,
    accept(batch, onTraced) {
      if (batch.capped > 0) parts.metrics.dropped("rate_limit", batch.capped);
      for (const record of batch.records) {
        const isTraced = spans?.accept(record) ?? false;
        if (isTraced) onTraced(record);
        logSpan(record, isTraced, logParts);
      }
    },
    families: metrics.families,
    observeHttp: httpObserver(metrics.provider.getMeter(SCOPE, identity.version), clock),
    lastMetrics: metrics.last,
    async [Symbol.asyncDispose]() {
      const ends = Promise.allSettled([sdk.shutdown(), metrics.provider.shutdown()]);
      const isOver = await isInTime(clock, LAST_SPANS_MS, ends);
      if (!isOver) log.warn("telemetry left behind", { spans: spans?.size ?? 0 });
      for (const api of [trace, logs, context, propagation, diag]) api.disable();
    },
  };
}

/** The queue in front of the tracer that `NodeSDK` has registered. */
function spanQueue(
  parts: OtelParts,
  { ids, exporter, nameAor }: { ids: RecordedIds; exporter: CountingExporter; nameAor: NameAor },
): SpanQueue {
  const { environment, identity, clock, metrics, exemplars } = parts;
  return new SpanQueue({
    tracer: trace.getTracer(SCOPE, identity.version),
    ids,
    exporter,
    queueMax: environment.spanBatches.queueMax,
    nameAor,
    observer: {
      accepted: (record: SpanRecord) => {
        metrics.recorded(record.kind === "probe" ? "client" : "server");
        exemplars.offer(record, clock.monotonicMs());
      },
      lost: (reason, count) => metrics.dropped(reason, count),
    },
  });
}

async function openMetrics(parts: OtelParts, resource: Resource) {
  const { environment, identity, clock, collect } = parts;
  const born = new Set<string>();
  let isOver = false;
  const pull = new PrometheusExporter({ preventServerStart: true });
  const readers: IMetricReader[] = [pull];
  const signal = environment.signals.metrics;
  if (signal !== null) {
    const producer = openMetricProducer({
      clock,
      collect: async () => (isOver ? [] : collect()),
      isBornInOtel: (name) => born.has(name),
      version: identity.version,
    });
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: await openMetricExporter(signal),
        exportIntervalMillis: environment.metricIntervalMs,
        exportTimeoutMillis: environment.metricTimeoutMs,
        metricProducers: [producer],
      }),
    );
  }
  const provider = new MeterProvider({ resource, readers, sdkMetricsEnabled: true });
  return {
    provider,
    async families(): Promise<readonly ExpositionFamily[]> {
      const collected = await pull.collect().catch(() => null);
      const families = collected === null ? [] : bornFamilies(collected.resourceMetrics);
      for (const { name } of families) born.add(name);
      return families;
    },
    async last(): Promise<void> {
      if (signal !== null)
        await isInTime(
          clock,
          LAST_METRICS_MS,
          provider.forceFlush().catch(() => undefined),
        );
      isOver = true;
    },
  };
}

async function openTraces({ environment, metrics }: OtelParts, self: MeterProvider) {
  const ids = new RecordedIds();
  const signal = environment.signals.traces;
  if (signal === null) return { ids, processors: [], exporter: null };
  const onLost = (spans: number): void => metrics.dropped("export_failed", spans);
  const exporter = new CountingExporter(await openSpanExporter(signal, self), onLost);
  // An options object: the processor of this major silently exports nothing when it is handed the exporter itself.
  const processor = new BatchSpanProcessor({
    exporter,
    selfObsMeterProvider: self,
    ...batching(environment.spanBatches),
  });
  return { ids, processors: [processor], exporter };
}

async function openLogs({ environment }: OtelParts, self: MeterProvider) {
  const signal = environment.signals.logs;
  if (signal === null) return [];
  const exporter = await openLogExporter(signal, self);
  return [new BatchLogRecordProcessor({ exporter, selfObsMeterProvider: self, ...batching(environment.logBatches) })];
}

function batching({ queueMax, batchMax, delayMs, timeoutMs }: BatchLimits) {
  return {
    maxQueueSize: queueMax,
    maxExportBatchSize: batchMax,
    scheduledDelayMillis: delayMs,
    exportTimeoutMillis: timeoutMs,
  };
}

/** Whether `work` ended within `limitMs`. */
async function isInTime(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = clock.after(limitMs, () => late.resolve(false));
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    cancel();
  }
}
