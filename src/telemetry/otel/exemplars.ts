/**
 * The trace behind a bucket: per series and bucket one span that the export queue has accepted.
 *
 * A slower request replaces a faster one of its bucket, but not more than once a second; after a minute any newer one
 * does, so that a reader never follows a trace that is long gone.
 *
 * @module
 */
import { msToS, sToMs } from "../../base/units.ts";
import { metricRow } from "../../instruments/catalogue.ts";
import type { SpanRecord } from "../../instruments/span-records.ts";
import type { ExemplarSource } from "../exposition/exemplar-source.ts";
import type { Exemplar, Labels } from "../exposition/model.ts";

/** After this, the slowest is old and makes way. */
const KEPT_MS = sToMs(60);
/** Between two exemplars of one bucket. */
const PAUSE_MS = sToMs(1);
/** Buckets with an exemplar. All series of the three families, with every label at its default limit, have fewer. */
const EXEMPLARS_MAX = 10_000;

/** Families with exemplars. */
const RTT = metricRow("keepaliveRtt");
const FAILURES = metricRow("keepaliveFailures");
const REGISTER_DURATION = metricRow("registrarRequestDuration");
const FAMILIES: ReadonlySet<string> = new Set([RTT.name, FAILURES.name, REGISTER_DURATION.name]);

interface Kept {
  readonly exemplar: Exemplar;
  readonly atMs: number;
}

/** Where the observation of a record was counted. */
interface Place {
  readonly family: string;
  /** In the order of the catalogue row. */
  readonly labels: readonly string[];
  readonly bucket: number;
  readonly value: number;
}

/** See the module header. */
export class ExemplarStore implements ExemplarSource {
  readonly #kept = new Map<string, Kept>();
  readonly #onKept: () => void;

  /** @param onKept called for every exemplar that was put behind a bucket */
  constructor(onKept: () => void = () => undefined) {
    this.#onKept = onKept;
  }

  /** Considers a span that was accepted for export, at `nowMs` of the monotonic clock. */
  offer(record: SpanRecord, nowMs: number): void {
    const { family, labels, bucket, value } = placeOf(record);
    const key = keyOf(family, labels, bucket);
    const kept = this.#kept.get(key);
    if (kept === undefined ? this.#kept.size >= EXEMPLARS_MAX : !isDue(kept, value, nowMs)) return;
    const exemplar: Exemplar = {
      labels: [
        ["trace_id", record.traceId],
        ["span_id", record.spanId],
      ],
      value,
      timestampS: msToS(record.startWallMs + record.durationMs),
    };
    this.#kept.set(key, { exemplar, atMs: nowMs });
    this.#onKept();
  }

  of(familyName: string, labels: Labels, bucketIndex: number): Exemplar | null {
    if (!FAMILIES.has(familyName)) return null;
    const values = labels.map(([, value]) => value);
    return this.#kept.get(keyOf(familyName, values, bucketIndex))?.exemplar ?? null;
  }
}

function isDue(kept: Kept, value: number, nowMs: number): boolean {
  const ageMs = nowMs - kept.atMs;
  return ageMs >= KEPT_MS || (ageMs >= PAUSE_MS && value > kept.exemplar.value);
}

function placeOf(record: SpanRecord): Place {
  const { domain, transport, method } = record;
  const valueS = msToS(record.durationMs);
  if (record.kind === "register") {
    const bucket = bucketOf(REGISTER_DURATION.buckets ?? [], valueS);
    return { family: REGISTER_DURATION.name, labels: [domain, transport], bucket, value: valueS };
  }
  const labels = [domain, transport, method];
  if (record.reason !== null) return { family: FAILURES.name, labels: [...labels, record.reason], bucket: 0, value: 1 };
  return { family: RTT.name, labels, bucket: bucketOf(RTT.buckets ?? [], valueS), value: valueS };
}

/** Index of the bucket whose upper bound is the first not below the value; one more than the bounds for +Inf. */
function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index === -1 ? bounds.length : index;
}

const keyOf = (family: string, labels: readonly string[], bucket: number): string =>
  `${family}\n${labels.join("\n")}\n${bucket}`;
