import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metricRows, RTT_BUCKETS_S } from "../../../src/instruments/catalogue.ts";
import { createSharedBuffer, type NewSeries } from "../../../src/instruments/exchange.ts";
import { openInstruments } from "../../../src/instruments/instruments.ts";
import { NATIVE_SECONDS } from "../../../src/instruments/metric-row.ts";
import { nativeWidth } from "../../../src/instruments/native-buckets.ts";
import type { LabelLimits } from "../../../src/instruments/series-table.ts";
import { SnapshotReader } from "../../../src/instruments/snapshot.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { aSeries } from "../../fakes/series.ts";

function open(options: { cells?: number; limits?: LabelLimits } = {}) {
  const sharedBuffer = createSharedBuffer(options.cells ?? 8_192);
  const reader = new SnapshotReader(sharedBuffer);
  const announced: NewSeries[] = [];
  const clock = new ManualClock();
  const instruments = openInstruments({
    clock,
    sharedBuffer,
    limits: options.limits ?? {},
    onSeries: (series) => {
      announced.push(series);
      reader.add(series);
    },
  });
  const snapshot = () => reader.read(instruments.publish())!;
  const overflows = (label: string) => instruments.value(instruments.cell("labelOverflows", label));
  return { clock, instruments, announced, snapshot, overflows };
}

/** Cells of one series of every metric. */
function engineCells(): number {
  return metricRows().reduce((sum, [, { thread, buckets = [], native }]) => {
    if (thread === "main") return sum;
    return sum + (native === undefined ? 1 : buckets.length + 2 + nativeWidth(native));
  }, 0);
}

const UDP = ["example.org", "udp", "OPTIONS"] as const;

describe("a series", () => {
  test("exists at 0 from the moment it is asked for, and is announced once", () => {
    const { clock, instruments, announced, snapshot } = open();
    const cell = instruments.cell("keepaliveRequests", ...UDP);
    expect(instruments.cell("keepaliveRequests", ...UDP)).toBe(cell);
    expect(announced.filter(({ key }) => key === "keepaliveRequests")).toEqual([
      { key: "keepaliveRequests", labels: UDP, cell, createdWallMs: clock.wallMs() },
    ]);
    expect(snapshot().values.get("keepaliveRequests")).toEqual([aSeries(UDP, 0)]);
  });

  test("knows when it began, whatever the clock does later", () => {
    const { clock, instruments, snapshot } = open();
    clock.advance(5_000);
    const startWallMs = clock.wallMs();
    instruments.add(instruments.cell("keepaliveRequests", ...UDP));
    clock.advance(1_000);
    instruments.observe(instruments.histogram("keepaliveRtt", ...UDP), 0.02);
    instruments.add(instruments.cell("keepaliveRequests", ...UDP));
    expect(snapshot().values.get("keepaliveRequests")?.[0]?.createdWallMs).toBe(startWallMs);
    expect(snapshot().histograms.get("keepaliveRtt")?.[0]?.createdWallMs).toBe(startWallMs + 1_000);
  });

  test("of one metric never shares a cell with another one", () => {
    const { instruments } = open();
    const cells = [
      instruments.cell("keepaliveRequests", ...UDP),
      instruments.cell("keepaliveRequests", "example.org", "tcp", "OPTIONS"),
      instruments.cell("keepaliveLateResponses", ...UDP),
      instruments.histogram("keepaliveRtt", ...UDP),
      instruments.histogram("keepaliveRtt", "example.org", "tcp", "OPTIONS"),
      instruments.histogram("keepaliveScheduleDelay"),
      instruments.cell("registrarAors"),
    ];
    cells.forEach((cell) => void instruments.add(cell, 0));
    expect(new Set(cells).size).toBe(cells.length);
    const [first, second] = [cells[3] as number, cells[4] as number];
    expect(Math.abs(first - second)).toBeGreaterThanOrEqual(RTT_BUCKETS_S.length + 2);
  });

  test("that fills every bucket it has leaves the cells of the next one alone", () => {
    const { instruments, snapshot } = open();
    const histogram = instruments.histogram("keepaliveRtt", ...UDP);
    const next = instruments.cell("keepaliveRequests", ...UDP);
    const { maxBuckets, schema } = NATIVE_SECONDS;
    for (let i = 1; i <= maxBuckets; i++) instruments.observe(histogram, 2 ** (i / 2 ** schema));
    expect(snapshot().histograms.get("keepaliveRtt")?.[0]?.native).toEqual({
      schema,
      zeroThreshold: NATIVE_SECONDS.zeroThreshold,
      zeroCount: 0,
      firstIndex: 1,
      counts: Array.from({ length: maxBuckets }, () => 1),
    });
    expect(instruments.value(next)).toBe(0);
  });

  test("counts and is set", () => {
    const { instruments } = open();
    const requests = instruments.cell("keepaliveRequests", ...UDP);
    instruments.add(requests);
    instruments.add(requests, 41);
    expect(instruments.value(requests)).toBe(42);
    const aors = instruments.cell("registrarAors");
    instruments.set(aors, 7);
    expect(instruments.value(aors)).toBe(7);
  });

  test.each([
    { labels: ["udp"], because: "too few" },
    { labels: ["example.org", "udp", "OPTIONS", "200"], because: "too many" },
  ])("with $because labels is a mistake in the program", ({ labels }) => {
    const { instruments } = open();
    expect(() => instruments.cell("keepaliveRequests", ...labels)).toThrow(TypeError);
  });

  test("of the main thread is not the engine's to count", () => {
    const { instruments } = open();
    expect(() => instruments.cell("startTime" as "registrarAors")).toThrow("startTime is not counted in the engine");
  });
});

describe("a label value", () => {
  test("unknown to a closed label becomes other and is counted, every time", () => {
    const { instruments, overflows, snapshot } = open();
    const cell = instruments.cell("transportConnections", "carrier-pigeon");
    instruments.cell("transportConnections", "smoke");
    expect(instruments.cell("transportConnections", "carrier-pigeon")).toBe(cell);
    expect(overflows("transport")).toBe(3);
    expect(snapshot().values.get("transportConnections")).toEqual([aSeries(["other"], 0)]);
  });

  test("beyond the limit of an open label becomes other, the others stay", () => {
    const { instruments, overflows, snapshot } = open({ limits: { domain: 2 } });
    for (const domain of ["a", "b", "c", "a", "other"])
      instruments.add(instruments.cell("registrarRequests", domain, "udp"));
    expect(overflows("domain")).toBe(1);
    expect(snapshot().values.get("registrarRequests")).toEqual([
      aSeries(["a", "udp"], 2),
      aSeries(["b", "udp"], 1),
      aSeries(["other", "udp"], 2),
    ]);
  });

  test("is limited per metric: what one metric used up is free in another", () => {
    const { instruments, overflows } = open({ limits: { domain: 1 } });
    instruments.cell("registrarRequests", "a", "udp");
    instruments.cell("registrarBindings", "b", "udp");
    expect(overflows("domain")).toBe(0);
  });

  test.each([
    { raw: "", clean: "other", because: "an empty label does not exist in Prometheus" },
    { raw: "a\nb\u0000c", clean: "a\ufffdb\ufffdc", because: "control characters could forge a line" },
    { raw: "x".repeat(500), clean: "x".repeat(128), because: "length is limited" },
    { raw: "a\ud800", clean: "a\ufffd", because: "half a surrogate pair is not UTF-8" },
  ])("$clean is what may be written: $because", ({ raw, clean }) => {
    const { instruments, announced } = open();
    const cell = instruments.cell("registrarRequests", raw, "udp");
    expect(announced.at(-1)).toMatchObject({ key: "registrarRequests", labels: [clean, "udp"], cell });
    expect(instruments.cell("registrarRequests", raw, "udp")).toBe(cell);
  });
});

describe("when the room of cells is used up", () => {
  /** Room for every metric once and then a little. */
  const cells = 40 + engineCells();
  const codes = Array.from({ length: 100 }, (_, i) => String(200 + i));

  test("a new series is the metric's overflow series, counted, and nothing throws", () => {
    const { instruments, overflows, snapshot } = open({ cells });
    for (const code of codes) instruments.add(instruments.cell("registrarResponses", "a", "udp", code));
    const series = snapshot().values.get("registrarResponses")!;
    expect(series.length).toBeLessThan(cells);
    expect(series.reduce((sum, { value }) => sum + value, 0)).toBe(100);
    expect(series.at(-1)).toEqual(aSeries(["other", "other", "other"], 100 - series.length + 1));
    expect(overflows("cells")).toBe(100 - series.length + 1);
  });

  test("a histogram overflows as a whole", () => {
    const { instruments, snapshot } = open({ cells });
    for (const code of codes) instruments.cell("registrarResponses", "a", "udp", code);
    instruments.observe(instruments.histogram("keepaliveRtt", "a", "udp", "OPTIONS"), 0.4);
    const [series] = snapshot().histograms.get("keepaliveRtt")!;
    expect(series).toMatchObject({ labels: ["other", "other", "other"], sum: 0.4 });
  });

  test("a histogram without room for its buckets does not take the cells of another series", () => {
    const { instruments, snapshot } = open({ cells: cells + nativeWidth(NATIVE_SECONDS) });
    const aors = instruments.cell("registrarAors");
    for (const domain of ["a", "b", "c"]) {
      const histogram = instruments.histogram("keepaliveRtt", domain, "udp", "OPTIONS");
      for (const seconds of [0.0001, 0.02, 3]) instruments.observe(histogram, seconds);
    }
    const series = snapshot().histograms.get("keepaliveRtt")!;
    expect(series.map(({ native }) => native?.counts.reduce((sum, count) => sum + count, 0))).toEqual([3, 6]);
    expect(instruments.value(aors)).toBe(0);
  });

  test("use and limit of the room can be seen", () => {
    const { instruments, snapshot } = open({ cells });
    const roomGauge = (key: string) =>
      snapshot()
        .values.get(key)
        ?.find(({ labels }) => labels[0] === "cells")?.value;
    const before = roomGauge("labelValues")!;
    instruments.cell("registrarRequests", "a", "udp");
    expect(roomGauge("labelValues")).toBe(before + 1);
    expect(roomGauge("labelLimit")).toBe(cells);
  });

  test("a buffer without room for every metric is refused at the start", () => {
    expect(() => open({ cells: 20 })).toThrow(RangeError);
  });
});

describe("a histogram", () => {
  const last = RTT_BUCKETS_S.length;
  test.each([
    { seconds: 0, bucket: 0, sum: 0, because: "0 is below every bound" },
    { seconds: -0.001, bucket: 0, sum: 0, because: "a negative duration counts as 0" },
    { seconds: 0.002, bucket: 0, sum: 0.002, because: "a bound belongs to the bucket below it" },
    { seconds: 0.0020001, bucket: 1, sum: 0.0020001, because: "just above a bound" },
    { seconds: 10, bucket: last - 1, sum: 10, because: "the last bound" },
    { seconds: 10.5, bucket: last, sum: 10.5, because: "above the last bound is +Inf" },
  ])("puts $seconds into bucket $bucket: $because", ({ seconds, bucket, sum }) => {
    const { instruments, snapshot } = open();
    instruments.observe(instruments.histogram("keepaliveRtt", ...UDP), seconds);
    const [series] = snapshot().histograms.get("keepaliveRtt")!;
    expect(series?.counts).toEqual(Array.from({ length: last + 1 }, (_, i) => (i === bucket ? 1 : 0)));
    expect(series?.sum).toBe(sum);
    expect(instruments.refusedObservations).toBe(0);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d and says so", (seconds) => {
    const { instruments, snapshot } = open();
    instruments.observe(instruments.histogram("keepaliveRtt", ...UDP), seconds);
    const [series] = snapshot().histograms.get("keepaliveRtt")!;
    expect(series?.counts.every((count) => count === 0)).toBe(true);
    expect(series?.sum).toBe(0);
    expect(series?.native).toMatchObject({ zeroCount: 0, counts: [] });
    expect(instruments.refusedObservations).toBe(1);
  });

  test("agrees with counting by hand, whatever is observed", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 50 }), (seconds) => {
        const { instruments, snapshot } = open();
        const histogram = instruments.histogram("keepaliveRtt", ...UDP);
        for (const one of seconds) instruments.observe(histogram, one);
        const [series] = snapshot().histograms.get("keepaliveRtt")!;
        let total = 0;
        const atOrBelow = series!.counts.map((count) => (total += count));
        const byHand = [...RTT_BUCKETS_S, Number.POSITIVE_INFINITY].map((le) => seconds.filter((s) => s <= le).length);
        expect(atOrBelow).toEqual(byHand);
        const { zeroCount, counts } = series!.native!;
        expect(counts.reduce((sum, count) => sum + count, zeroCount)).toBe(seconds.length);
        expect(series!.sum).toBeCloseTo(
          seconds.reduce((sum, s) => sum + s, 0),
          9,
        );
      }),
    );
  });
});
