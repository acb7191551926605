/**
 * A real Prometheus reads one population in each encoding it can ask for: same figures, native histograms, exemplars.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHttp } from "../../src/http/server.ts";
import { createWebApp } from "../../src/http/web.ts";
import type { ExemplarSource } from "../../src/telemetry/exposition/exemplar-source.ts";
import { openTelemetry } from "../../src/telemetry/registry.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { countedPopulation, POPULATION } from "../fakes/round-trips.ts";
import { describeReal } from "../support/real.ts";
import { type RunningPrometheus, startPrometheus } from "./support/prometheus.ts";
import { IN_MEMORY, type RunningDaemon, startDaemon } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;
const RTT = "sip_keepalive_rtt_seconds";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
/** Seconds; in the bucket up to 0.05. */
const TRACED_S = 0.0421;
const TRACED_BUCKET = 5;
const QUANTILES = [0.5, 0.95, 0.99, 0.999] as const;
/** Of the answer that a classic histogram can give, in seconds: the bucket of the true p95. */
const CLASSIC_P95_S = { min: 0.1, max: 0.15 } as const;

const OPEN_METRICS = "application/openmetrics-text";
const PROTOBUF = "application/vnd.google.protobuf";

/** One exemplar, observed now: Prometheus stores none that is too old. */
const oneExemplar = (timestampS: number): ExemplarSource => ({
  of: (family, _labels, bucket) => {
    if (family !== RTT || bucket !== TRACED_BUCKET) return null;
    return { labels: [["trace_id", TRACE_ID]], value: TRACED_S, timestampS };
  },
});

/** The listener of the daemon over a population whose truth is known; remembers in which types it answered. */
async function servePopulation() {
  const { snapshot, quantileS } = countedPopulation();
  const timestampS = Math.floor(Date.now() / 1_000);
  const clock = new ManualClock();
  const telemetry = openTelemetry({
    version: "0.1.0",
    revision: "abc123",
    nodeVersion: "v24.0.0",
    clock,
    storeBackend: "sqlite",
    exemplars: oneExemplar(timestampS),
  });
  const types: string[] = [];
  const app = createWebApp({
    version: "0.1.0",
    metrics: {
      render: async (request) => {
        const answer = await telemetry.render(snapshot, request);
        types.push(`${answer.contentType.split(";")[0]} ${answer.contentEncoding}`);
        return answer;
      },
    },
    notReadyBecause: () => null,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const http = await openHttp({ app, listen: { host: "127.0.0.1", port: 0 } });
  return { http, types, quantileS, timestampS };
}

/** The only value of an expression that gives one. */
async function onlyValue(prometheus: RunningPrometheus, expr: string): Promise<number> {
  const samples = await prometheus.query(expr);
  expect(samples, expr).toHaveLength(1);
  return samples[0]?.value ?? Number.NaN;
}

describeReal("prometheus", "one population through a real Prometheus", (paths) => {
  describe.each([
    { features: [], type: OPEN_METRICS, isNative: false, hasExemplars: false },
    { features: ["exemplar-storage"], type: OPEN_METRICS, isNative: false, hasExemplars: true },
    { features: ["native-histograms", "exemplar-storage"], type: PROTOBUF, isNative: true, hasExemplars: true },
  ])("with features $features", ({ features, type, isNative, hasExemplars }) => {
    let source: Awaited<ReturnType<typeof servePopulation>>;
    let prometheus: RunningPrometheus;
    const value = (expr: string) => onlyValue(prometheus, expr);

    beforeAll(async () => {
      source = await servePopulation();
      prometheus = await startPrometheus(paths.prometheus, source.http.url, features);
      await until("a scrape", async () => (await prometheus.query("up == 1")).length === 1, { withinMs: 20_000 });
    }, TIMEOUT_MS);

    afterAll(async () => {
      await prometheus?.[Symbol.asyncDispose]();
      await source?.http.close();
    });

    test(`asks for ${type}, compressed`, () => {
      expect(new Set(source.types)).toEqual(new Set([`${type} gzip`]));
    });

    test("has counters and gauges under the names of the catalogue, whatever the encoding", async () => {
      expect(await value("sip_keepalive_responses_total")).toBe(POPULATION);
      expect(await value("sip_registrar_build_info")).toBe(1);
      expect(await value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    });

    test("has every round trip in the histogram", async () => {
      const count = isNative ? `histogram_count(${RTT})` : `${RTT}_count`;
      const sum = isNative ? `histogram_sum(${RTT})` : `${RTT}_sum`;
      expect(await value(count)).toBe(POPULATION);
      expect(await value(`${sum} / ${count}`)).toBeCloseTo(source.quantileS(0.5) * Math.exp(0.8 ** 2 / 2), 2);
    });

    if (isNative) {
      test.each(QUANTILES)("finds quantile %d within 2 %% of the truth", async (q) => {
        const quantile = await value(`histogram_quantile(${q}, ${RTT})`);
        expect(Math.abs(quantile / source.quantileS(q) - 1)).toBeLessThan(0.02);
      });
    } else {
      test("finds the p95 within its classic bucket", async () => {
        const quantile = await value(`histogram_quantile(0.95, ${RTT}_bucket)`);
        expect(source.quantileS(0.95)).toBeGreaterThan(CLASSIC_P95_S.min);
        expect(source.quantileS(0.95)).toBeLessThanOrEqual(CLASSIC_P95_S.max);
        expect(quantile).toBeGreaterThan(CLASSIC_P95_S.min);
        expect(quantile).toBeLessThanOrEqual(CLASSIC_P95_S.max);
      });
    }

    test("one query finds the p95 in both modes", async () => {
      const quantile = await value(
        `histogram_quantile(0.95, sum by (le) (${RTT}_bucket)) or histogram_quantile(0.95, sum(${RTT}))`,
      );
      expect(quantile).toBeGreaterThan(CLASSIC_P95_S.min);
      expect(quantile).toBeLessThanOrEqual(CLASSIC_P95_S.max);
    });

    test(hasExemplars ? "gives the exemplar back" : "keeps no exemplars", async () => {
      // Of a native histogram they belong to the family's name, of a classic one to the bucket.
      const stored = await prometheus.exemplars(isNative ? RTT : `${RTT}_bucket`);
      const exemplar = { labels: { trace_id: TRACE_ID }, value: TRACED_S, timestampS: source.timestampS };
      expect(stored).toEqual(hasExemplars ? [exemplar] : []);
    });
  });
});

describeReal("prometheus", "native histograms of a daemon that runs", (paths) => {
  let daemon: RunningDaemon;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    daemon = await startDaemon([...IN_MEMORY, "--simulate", "50", "--keepalive.interval", "1s"]);
    prometheus = await startPrometheus(paths.prometheus, daemon.web, ["native-histograms", "exemplar-storage"]);
    const isScraped = async () => (await prometheus.query("sum_over_time(up[5m]) >= 8")).length === 1;
    await until("8 scrapes", isScraped, { withinMs: 30_000 });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  test("no scrape failed", async () => {
    expect(await onlyValue(prometheus, "min_over_time(up[5m])")).toBe(1);
  });

  test("at every scrape the native histogram has as many round trips as there are responses", async () => {
    const difference = `histogram_count(sum(${RTT})) - sum(sip_keepalive_responses_total)`;
    expect(await onlyValue(prometheus, `max_over_time((${difference})[1m:1s])`)).toBe(0);
    expect(await onlyValue(prometheus, `min_over_time((${difference})[1m:1s])`)).toBe(0);
    expect(await onlyValue(prometheus, `histogram_count(sum(${RTT}))`)).toBeGreaterThan(100);
  });

  test("the rate of it gives a quantile that is one of the phones'", async () => {
    const quantileS = await onlyValue(prometheus, `histogram_quantile(0.5, sum(rate(${RTT}[30s])))`);
    expect(quantileS).toBeGreaterThan(0.001);
    expect(quantileS).toBeLessThan(1);
  });
});
