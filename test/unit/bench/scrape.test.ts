import { expect, test } from "vitest";
import { ENCODINGS, figuresOf } from "../../../bench/measure-scrape.ts";
import { openFullRegistry, seriesIn } from "../../../bench/series-budget.ts";
import { aCounter, aHistogramFamily, aHistogramPoint, anExemplar, aPoint } from "../../fakes/exposition.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { parseOpenMetrics } from "../../support/openmetrics.ts";
import { decodeProtobuf } from "../../support/prometheus-protobuf.ts";

const BUDGET = 1_000;
/** A domain brings no more than this. */
const DOMAIN_SERIES_MAX = 300;

async function bodyOf(encoding: keyof typeof ENCODINGS, seriesMin: number) {
  const registry = await openFullRegistry(new ManualClock(), seriesMin);
  const request = { accept: ENCODINGS[encoding], acceptEncoding: undefined, names: null };
  return { registry, ...(await registry.telemetry.render(registry.read(registry.publish()), request)) };
}

test("a histogram is as many series as its text has lines", () => {
  // Four buckets, sum and count; and one counter with two.
  expect(seriesIn([aHistogramFamily([aHistogramPoint()]), aCounter([aPoint(1), aPoint(2)])])).toBe(8);
});

test("the registry has the series that were asked for, at most one domain more, and shows all of them", async () => {
  const { registry, body } = await bodyOf("text", BUDGET);
  expect(registry.series).toBeGreaterThanOrEqual(BUDGET);
  expect(registry.series).toBeLessThan(BUDGET + DOMAIN_SERIES_MAX);
  const engineLines = /^sip_/gm;
  const lines = body.toString().match(engineLines)?.length ?? 0;
  expect(lines).toBeGreaterThanOrEqual(BUDGET - DOMAIN_SERIES_MAX);
  // What the process tells of itself comes and goes; the rest is ours and stays.
  expect(lines).toBeLessThanOrEqual(registry.series);
  expect(body.toString()).not.toContain('"other"');
});

test("each encoding is the one it is called, with the exemplars and exponential buckets a reader would find", async () => {
  const openMetrics = await bodyOf("openMetrics", BUDGET);
  expect(openMetrics.contentType).toContain("openmetrics");
  const rtt = parseOpenMetrics(openMetrics.body.toString()).find(({ name }) => name === "sip_keepalive_rtt_seconds");
  expect(rtt?.samples.filter(({ exemplar }) => exemplar !== null).length).toBeGreaterThan(10);
  const protobuf = await bodyOf("protobuf", BUDGET);
  const family = decodeProtobuf(protobuf.body).find(({ name }) => name === "sip_keepalive_rtt_seconds");
  expect(family?.metric?.[0]?.histogram?.positiveDelta?.length).toBeGreaterThan(50);
});

test("the figures of an encoding are medians, its compression apart", () => {
  const renders = [3, 9, 4].map((renderMs, i) => ({ publishMs: 0, renderMs, gzipMs: renderMs / 2, octets: 100 + i }));
  expect(figuresOf("text", renders)).toEqual({ textMs: 4, textGzipMs: 2, textOctets: 101 });
  expect(figuresOf("text", [])).toEqual({ textMs: null, textGzipMs: null, textOctets: null });
});

test("an exemplar of the registry is one a reader takes", async () => {
  const { registry } = await bodyOf("text", 1);
  const families = await registry.telemetry.collect(registry.read(registry.publish()));
  const rtt = families.find(({ name }) => name === "sip_keepalive_rtt_seconds");
  const found = rtt?.type === "histogram" ? rtt.points.flatMap(({ exemplars }) => exemplars) : [];
  const first = found.find((exemplar) => exemplar !== null);
  expect(first?.labels.map(([name, value]) => [name, value.length])).toEqual(
    anExemplar().labels.map(([name, value]) => [name, value.length]),
  );
});
