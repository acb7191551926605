/**
 * What became of a traced registration in the store: one span below that of the REGISTER.
 *
 *      REGISTER span --> [ waiting, by ruid ] --a transaction has stored it--> child span "flush location"
 *
 * The trace context goes with the binding as far as the store and no further: SQL carries none.
 *
 * @module
 */
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { type Random, randomHex } from "../../base/random.ts";
import { msToHrTime } from "../../base/units.ts";
import type { SpanIds, SpanRecord } from "../../instruments/span-records.ts";
import type { StoreObserver } from "../../storage/store.ts";
import type { Persistence } from "../../storage/write-back.ts";
import type { SpanData } from "./span-data.ts";
import type { SpanQueue } from "./span-queue.ts";

/** Registrations that wait for their transaction; while the store fails, the oldest goes without. */
const WAITING_MAX = 1_000;

/** What the spans of the store depend on. */
export interface StoreSpanParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly queue: Pick<SpanQueue, "acceptChild">;
  /** Told everything this observer is told. */
  readonly metrics: StoreObserver;
  /** Whether a binding is stored as it is now. */
  readonly persistence: (ruid: string) => Persistence;
}

/** See the module header. */
export class StoreSpans implements StoreObserver {
  readonly #parts: StoreSpanParts;
  readonly #waiting = new Map<string, SpanIds>();

  constructor(parts: StoreSpanParts) {
    this.#parts = parts;
  }

  /** Takes note of a registration whose span was accepted. */
  expect(record: SpanRecord): void {
    if (record.kind !== "register") return;
    for (const ruid of record.ruids) {
      this.#waiting.delete(ruid);
      this.#waiting.set(ruid, { traceId: record.traceId, spanId: record.spanId });
    }
    while (this.#waiting.size > WAITING_MAX) this.#waiting.delete(this.#waiting.keys().next().value as string);
  }

  operationDone(...args: Parameters<StoreObserver["operationDone"]>): void {
    const [backend, operation, durationMs, rows] = args;
    this.#parts.metrics.operationDone(...args);
    if (operation !== "flush" || this.#waiting.size === 0) return;
    const { clock, random, queue, persistence } = this.#parts;
    const nowMs = clock.wallMs();
    const data: SpanData = {
      name: "flush location",
      kind: SpanKind.CLIENT,
      startTime: msToHrTime(nowMs - durationMs),
      endTime: msToHrTime(nowMs),
      attributes: {
        "db.system.name": backend,
        "db.operation.name": operation,
        "db.collection.name": "location",
        "db.operation.batch.size": rows,
      },
      links: [],
      status: { code: SpanStatusCode.UNSET },
    };
    for (const [ruid, ids] of this.#waiting) {
      if (persistence(ruid) !== "synced") continue;
      this.#waiting.delete(ruid);
      queue.acceptChild(ids, randomHex(random, 2), data);
    }
  }

  operationFailed(...args: Parameters<StoreObserver["operationFailed"]>): void {
    this.#parts.metrics.operationFailed(...args);
  }
}
