/**
 * The road of a span out of the process, with every loss counted.
 *
 *      SpanRecord --accept()--> Tracer (ids as recorded) --> BatchSpanProcessor --> CountingExporter --> OTLP exporter
 *                    |  the queue is full: counted                                        | failed: counted
 *
 * The ids of a span are decided in the engine. The API cannot set them; an `IdGenerator` can: a `TracerProvider` asks it
 * for a span id and then for a trace id, in the same call that starts the span. So the next ids are put there first,
 * and everything else (limits, resource, batching) is the SDK's. The sampling decision is made, too: the provider
 * samples all.
 *
 * The processor does not tell what its full queue drops. Its queue holds what it was given and has not handed to its
 * exporter; both are seen here, so the queue is refused one span before the processor would drop one.
 *
 * @module
 */
import { ROOT_CONTEXT, type Tracer, trace } from "@opentelemetry/api";
import type { IdGenerator, ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { SpanIds, SpanRecord } from "../../instruments/span-records.ts";
import { contextOf, type NameAor, type SpanData, spanDataOf } from "./span-data.ts";

/** Why an accepted span did not reach the collector. */
export type SpanLoss = "queue_full" | "export_failed";

/** Told about every span. */
export interface SpanQueueObserver {
  accepted(record: SpanRecord): void;
  lost(reason: SpanLoss, spans: number): void;
}

/** Gives a span the ids that were recorded for it. */
export class RecordedIds implements IdGenerator {
  #next: SpanIds = { traceId: "", spanId: "" };

  /** Ids of the next span that is started. */
  expect(ids: SpanIds): void {
    this.#next = ids;
  }

  generateTraceId(): string {
    return this.#next.traceId;
  }

  generateSpanId(): string {
    return this.#next.spanId;
  }
}

/** Hands batches on, and knows how many spans it took and how many were lost. */
export class CountingExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #onLost: (spans: number) => void;
  #taken = 0;

  constructor(inner: SpanExporter, onLost: (spans: number) => void) {
    this.#inner = inner;
    this.#onLost = onLost;
  }

  /** Spans taken from the queue since the start. */
  get taken(): number {
    return this.#taken;
  }

  export(spans: ReadableSpan[], resultCallback: Parameters<SpanExporter["export"]>[1]): void {
    this.#taken += spans.length;
    this.#inner.export(spans, (result) => {
      if (result.code !== EXPORTED) this.#onLost(spans.length);
      resultCallback(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }
}

/** `ExportResultCode.SUCCESS`. */
const EXPORTED = 0;

/** What a queue is made from. */
export interface SpanQueueParts {
  readonly tracer: Tracer;
  /** The id generator of the tracer's provider. */
  readonly ids: RecordedIds;
  /** The exporter behind the processor of the tracer's provider. */
  readonly exporter: Pick<CountingExporter, "taken">;
  /** Size of the processor's queue. */
  readonly queueMax: number;
  readonly nameAor: NameAor;
  readonly observer: SpanQueueObserver;
}

/** Turns records into spans as long as the export queue has room. */
export class SpanQueue {
  readonly #parts: SpanQueueParts;
  #given = 0;

  constructor(parts: SpanQueueParts) {
    this.#parts = parts;
  }

  /** Spans that wait for export. */
  get size(): number {
    return this.#given - this.#parts.exporter.taken;
  }

  /** @returns whether the queue took it */
  accept(record: SpanRecord): boolean {
    const { nameAor, observer } = this.#parts;
    const isTaken = this.#take(record, spanDataOf(record, nameAor), null);
    if (isTaken) observer.accepted(record);
    return isTaken;
  }

  /** Adds a span below another one. @returns whether the queue took it */
  acceptChild(parent: SpanIds, spanId: string, data: SpanData): boolean {
    return this.#take({ traceId: parent.traceId, spanId }, data, parent);
  }

  #take(own: SpanIds, data: SpanData, parent: SpanIds | null): boolean {
    const { tracer, ids, queueMax, observer } = this.#parts;
    if (this.size >= queueMax) {
      observer.lost("queue_full", 1);
      return false;
    }
    const { name, kind, startTime, endTime, attributes, links, status } = data;
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(parent));
    ids.expect(own);
    const span = tracer.startSpan(name, { kind, startTime, attributes, links }, context);
    span.setStatus(status);
    this.#given += 1;
    span.end(endTime);
    return true;
  }
}
