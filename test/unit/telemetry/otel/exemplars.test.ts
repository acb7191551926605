import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RTT_BUCKETS_S } from "../../../../src/instruments/catalogue.ts";
import { ExemplarStore } from "../../../../src/telemetry/otel/exemplars.ts";
import { aProbeRecord, aRegisterRecord } from "../../../fakes/span-records.ts";

const RTT = "sip_keepalive_rtt_seconds";
const LABELS = [
  ["domain", "example.org"],
  ["transport", "udp"],
  ["method", "OPTIONS"],
] as const;
/** Of 0.02 < x <= 0.03. */
const BUCKET = RTT_BUCKETS_S.indexOf(0.03);

const probe = (durationMs: number, spanId: string) => aProbeRecord({ durationMs, spanId });
const spanBehind = (store: ExemplarStore, bucket = BUCKET) =>
  store.of(RTT, LABELS, bucket)?.labels.find(([name]) => name === "span_id")?.[1] ?? null;

describe("where an exemplar stands", () => {
  test("an answer stands behind its bucket, with trace, value in seconds and the time it came", () => {
    const store = new ExemplarStore();
    store.offer(probe(23.5, "a"), 0);
    expect(store.of(RTT, LABELS, BUCKET)).toEqual({
      labels: [
        ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
        ["span_id", "a"],
      ],
      value: 0.0235,
      timestampS: 1_800_000_000.0235,
    });
    expect(store.of(RTT, LABELS, BUCKET + 1)).toBeNull();
  });

  test.each([
    { durationMs: 30, bucket: BUCKET, because: "an upper bound belongs to its bucket" },
    { durationMs: 30.001, bucket: BUCKET + 1, because: "just above" },
    { durationMs: 0, bucket: 0, because: "the first one" },
    { durationMs: 11_000, bucket: RTT_BUCKETS_S.length, because: "+Inf" },
  ])("$durationMs ms -> bucket $bucket: $because", ({ durationMs, bucket }) => {
    const store = new ExemplarStore();
    store.offer(probe(durationMs, "a"), 0);
    expect(spanBehind(store, bucket)).toBe("a");
  });

  test("a lost probe stands behind the counter of its reason, and behind no bucket", () => {
    const store = new ExemplarStore();
    store.offer(aProbeRecord({ reason: "timeout", status: null, durationMs: 4_000 }), 0);
    const labels = [...LABELS, ["reason", "timeout"]] as const;
    expect(store.of("sip_keepalive_failures_total", labels, 0)?.value).toBe(1);
    expect(RTT_BUCKETS_S.map((_, bucket) => store.of(RTT, LABELS, bucket)).filter(Boolean)).toEqual([]);
  });

  test("a REGISTER stands behind the time it took", () => {
    const store = new ExemplarStore();
    store.offer(aRegisterRecord({ durationMs: 0.0001 }), 0);
    expect(store.of("sip_registrar_request_duration_seconds", LABELS.slice(0, 2), 0)).not.toBeNull();
  });

  test("other families and other series have none", () => {
    const store = new ExemplarStore();
    store.offer(probe(23.5, "a"), 0);
    expect(store.of("sip_keepalive_requests_total", LABELS, BUCKET)).toBeNull();
    expect(store.of(RTT, [["domain", "other"], ...LABELS.slice(1)], BUCKET)).toBeNull();
  });
});

describe("which exemplar stands there", () => {
  test.each([
    { atMs: 500, durationMs: 29, shown: "first", because: "the bucket had one less than a second ago" },
    { atMs: 1_000, durationMs: 29, shown: "second", because: "it is slower" },
    { atMs: 1_000, durationMs: 22, shown: "first", because: "it is faster" },
    { atMs: 59_999, durationMs: 22, shown: "first", because: "the slowest of the last minute stays" },
    { atMs: 60_000, durationMs: 22, shown: "second", because: "after a minute a newer one is better" },
  ])("after $atMs ms one of $durationMs ms -> $shown: $because", ({ atMs, durationMs, shown }) => {
    const store = new ExemplarStore();
    store.offer(probe(25, "first"), 0);
    store.offer(probe(durationMs, "second"), atMs);
    expect(spanBehind(store)).toBe(shown);
  });

  test("every exemplar that was put there is told, and no other", () => {
    let kept = 0;
    const store = new ExemplarStore(() => {
      kept += 1;
    });
    for (const [atMs, durationMs] of [
      [0, 25],
      [10, 29],
      [2_000, 29],
      [4_000, 26],
    ] as const) {
      store.offer(probe(durationMs, "x"), atMs);
    }
    expect(kept).toBe(2);
  });

  test("any load: a bucket changes at most once a second, and its exemplar lies within it", () => {
    const loads = fc.array(
      fc.record({ pauseMs: fc.nat(700), durationMs: fc.double({ min: 0, max: 12_000, noNaN: true }) }),
    );
    fc.assert(
      fc.property(loads, (load) => {
        const store = new ExemplarStore();
        const changedAtMs = new Map<number, number>();
        let nowMs = 0;
        load.forEach(({ pauseMs, durationMs }, i) => {
          nowMs += pauseMs;
          const before = [...RTT_BUCKETS_S, 0].map((_, bucket) => spanBehind(store, bucket));
          store.offer(probe(durationMs, String(i)), nowMs);
          before.forEach((span, bucket) => {
            if (spanBehind(store, bucket) === span) return;
            expect(nowMs - (changedAtMs.get(bucket) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1_000);
            changedAtMs.set(bucket, nowMs);
            const value = store.of(RTT, LABELS, bucket)?.value as number;
            expect(value).toBeLessThanOrEqual(RTT_BUCKETS_S[bucket] ?? Number.POSITIVE_INFINITY);
            expect(value).toBeGreaterThan(RTT_BUCKETS_S[bucket - 1] ?? -1);
          });
        });
      }),
    );
  });
});
