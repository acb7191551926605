/**
 * One population of round trips, seen through every encoding of a whole registry.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { metricRow, RTT_BUCKETS_S } from "../../../src/instruments/catalogue.ts";
import { nativeQuantile } from "../../../src/instruments/native-quantile.ts";
import type { MetricSnapshot } from "../../../src/instruments/snapshot.ts";
import type { ExemplarSource } from "../../../src/telemetry/exposition/exemplar-source.ts";
import type { ExpositionFamily, Labels } from "../../../src/telemetry/exposition/model.ts";
import { openTelemetry, type Telemetry, type TelemetryOptions } from "../../../src/telemetry/registry.ts";
import { aCounter, aGauge, anExemplar, aPoint } from "../../fakes/exposition.ts";
import { openReadable } from "../../fakes/fixed-snapshot.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { countedPopulation, POPULATION } from "../../fakes/round-trips.ts";
import { parseOpenMetrics } from "../../support/openmetrics.ts";
import { bucketCounts, decodeProtobuf, type ProtoHistogram } from "../../support/prometheus-protobuf.ts";
import { parseText } from "../../support/prometheus-text.ts";
import { numberOf, type SampleLine } from "../../support/sample-line.ts";

const RTT = "sip_keepalive_rtt_seconds";
const OPEN = "application/openmetrics-text;version=1.0.0";
const PROTO = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const ACCEPTS = [undefined, OPEN, PROTO];

function open(options: Partial<TelemetryOptions> = {}): Telemetry {
  return openTelemetry({
    version: "0.1.0",
    revision: "abc123",
    nodeVersion: "v24.0.0",
    clock: new ManualClock(),
    storeBackend: "sqlite",
    hasProcessMetrics: false,
    ...options,
  });
}

async function fetchAs(
  telemetry: Telemetry,
  accept: string | undefined,
  more: { snapshot?: MetricSnapshot; names?: string[] } = {},
): Promise<Buffer> {
  const names = more.names === undefined ? null : new Set(more.names);
  const snapshot = more.snapshot ?? { values: new Map(), histograms: new Map() };
  return (await telemetry.render(snapshot, { accept, acceptEncoding: undefined, names })).body;
}

/** A classic histogram as a scraper holds it. */
interface Classic {
  readonly count: number;
  readonly sum: number;
  /** Cumulative, by bound. */
  readonly buckets: readonly (readonly [boundS: number, count: number])[];
}

function classicOf(families: readonly { readonly samples: readonly SampleLine[] }[]): Classic {
  const samples = families.flatMap((family) => family.samples).filter(({ name }) => name.startsWith(`${RTT}_`));
  const of = (suffix: string) => samples.filter(({ name }) => name === RTT + suffix);
  return {
    count: Number(of("_count")[0]?.value),
    sum: Number(of("_sum")[0]?.value),
    buckets: of("_bucket").map(({ labels, value }) => {
      return [numberOf(labels.find(([name]) => name === "le")?.[1] ?? ""), Number(value)] as const;
    }),
  };
}

function histogramIn(body: Buffer): ProtoHistogram {
  const histogram = decodeProtobuf(body).find(({ name }) => name === RTT)?.metric[0]?.histogram;
  if (histogram == null) throw new Error(`no ${RTT} in the body`);
  return histogram;
}

describe("one population", () => {
  const { sortedS, quantileS, snapshot } = countedPopulation();
  const telemetry = open();
  const classics = async (): Promise<readonly Classic[]> => {
    const [text, openMetrics, proto] = await Promise.all(
      ACCEPTS.map((accept) => fetchAs(telemetry, accept, { snapshot })),
    );
    const { sampleCount, sampleSum, bucket } = histogramIn(proto as Buffer);
    return [
      classicOf(parseText(String(text))),
      classicOf(parseOpenMetrics(String(openMetrics))),
      {
        count: sampleCount,
        sum: sampleSum,
        buckets: bucket.map(({ upperBound, cumulativeCount }) => [upperBound, cumulativeCount] as const),
      },
    ];
  };

  test("has the same count, sum and buckets in every encoding, and they are the true ones", async () => {
    const truth = {
      count: sortedS.length,
      sum: expect.closeTo(
        sortedS.reduce((sum, value) => sum + value, 0),
        6,
      ),
      buckets: [...RTT_BUCKETS_S, Number.POSITIVE_INFINITY].map((bound) => {
        return [bound, sortedS.filter((value) => value <= bound).length];
      }),
    };
    const [text, openMetrics, proto] = await classics();
    expect(text).toEqual(truth);
    expect(openMetrics).toEqual(text);
    expect(proto).toEqual(text);
  });

  test.each([0.5, 0.95, 0.99, 0.999])(
    "has a native quantile %d within 2 %% of the truth, from as many samples",
    async (q) => {
      const histogram = histogramIn(await fetchAs(telemetry, PROTO, { snapshot }));
      const { schema, zeroThreshold, zeroCount, sampleCount } = histogram;
      const byIndex = bucketCounts(histogram);
      const firstIndex = Math.min(...byIndex.keys());
      const counts = Array.from(
        { length: Math.max(...byIndex.keys()) - firstIndex + 1 },
        (_, i) => byIndex.get(firstIndex + i) ?? 0,
      );
      expect(counts.reduce((sum, count) => sum + count, zeroCount)).toBe(sampleCount);
      const quantile = nativeQuantile({ schema, zeroThreshold, zeroCount, firstIndex, counts }, q) ?? Number.NaN;
      expect(Math.abs(quantile / quantileS(q) - 1)).toBeLessThan(0.02);
    },
  );

  test("keeps the sum of the contract in every encoding", async () => {
    for (const { count } of await classics()) expect(count).toBe(POPULATION);
    const rows = decodeProtobuf(await fetchAs(telemetry, PROTO, { snapshot }));
    const responses = rows.find(({ name }) => name === metricRow("keepaliveResponses").name)?.metric ?? [];
    expect(responses.map(({ counter }) => counter?.value)).toEqual([POPULATION]);
  });
});

describe("a registry with everything in it", () => {
  const telemetry = open({ hasProcessMetrics: true });
  telemetry.ready();

  test("passes a strict reader of OpenMetrics, process metrics included", async () => {
    const families = parseOpenMetrics(
      String(await fetchAs(telemetry, OPEN, { snapshot: countedPopulation().snapshot })),
    );
    const named = (wanted: string) => families.find(({ name }) => name === wanted);
    expect(named(RTT)).toMatchObject({ type: "histogram", unit: "seconds" });
    expect(named("process_cpu_seconds")).toMatchObject({ type: "counter", unit: "seconds" });
    expect(named("process_resident_memory_bytes")).toMatchObject({ type: "gauge", unit: "bytes" });
    expect(named("sip_registrar_label_overflows")?.samples.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["sip_registrar_label_overflows_total", "sip_registrar_label_overflows_created"]),
    );
  });

  test("has the same families with the same series in every encoding", async () => {
    const snapshot = countedPopulation().snapshot;
    const [text, openMetrics, proto] = await Promise.all(
      ACCEPTS.map((accept) => fetchAs(telemetry, accept, { snapshot })),
    );
    const inText = parseText(String(text)).map(({ name, type }) => ({ name, type }));
    const inOpen = parseOpenMetrics(String(openMetrics)).map(({ name, type }) => {
      return { name: type === "counter" ? `${name}_total` : name, type };
    });
    const inProto = decodeProtobuf(proto as Buffer).map(({ name, type }) => ({ name, type: type.toLowerCase() }));
    expect(inOpen).toEqual(inText);
    expect(inProto).toEqual(inText);
    expect(new Set(inText.map(({ name }) => name)).size).toBe(inText.length);
  });

  test("fetching any encoding before another, or meanwhile, changes nothing in it", async () => {
    const { snapshot } = countedPopulation();
    const quiet = open();
    const alone = await Promise.all(ACCEPTS.map((accept) => fetchAs(open(), accept, { snapshot })));
    for (const first of ACCEPTS) {
      const [, ...bodies] = await Promise.all(
        [first, ...ACCEPTS].map((accept) => fetchAs(quiet, accept, { snapshot })),
      );
      expect(bodies).toEqual(alone);
    }
  });
});

describe("names in a request", () => {
  const { snapshot } = countedPopulation();
  const telemetry = open();
  const namesIn = async (names: string[]) => {
    return parseOpenMetrics(String(await fetchAs(telemetry, OPEN, { snapshot, names }))).map(({ name }) => name);
  };

  test.each([
    { names: [RTT], shown: [RTT], because: "a histogram goes by the name of its family" },
    { names: [`${RTT}_bucket`], shown: [], because: "its parts are no metrics" },
    { names: ["sip_keepalive_requests_total"], shown: ["sip_keepalive_requests"], because: "a counter with _total" },
    {
      names: ["sip_keepalive_in_flight", "sip_nosuch"],
      shown: ["sip_keepalive_in_flight"],
      because: "unknown ones are nothing",
    },
    { names: ["sip_nosuch"], shown: [], because: "nothing is a valid answer" },
    { names: [""], shown: [], because: "an empty name is nobody's" },
    { names: ["sip_registrar_build_info"], shown: ["sip_registrar_build_info"], because: "the main thread's too" },
  ])("$names shows $shown: $because", async ({ names, shown }) => {
    expect(await namesIn(names)).toEqual(shown);
  });
});

describe("what others hand in", () => {
  test("an exemplar stands behind the bucket and the counter it was asked for", async () => {
    const asked: string[] = [];
    const exemplars: ExemplarSource = {
      of: (family: string, labels: Labels, bucket: number) => {
        if (family === RTT) asked.push(`${labels.map(([, value]) => value).join(" ")} ${bucket}`);
        return family === RTT && bucket === 5 ? anExemplar({ value: 0.04 }) : null;
      },
    };
    const telemetry = open({ exemplars });
    const { snapshot } = countedPopulation();
    const lines = parseOpenMetrics(String(await fetchAs(telemetry, OPEN, { snapshot }))).flatMap(
      ({ samples }) => samples,
    );
    const traced = lines.filter(({ exemplar }) => exemplar !== null);
    expect(traced.map(({ name, labels, exemplar }) => [name, labels[0], exemplar?.value])).toEqual([
      [`${RTT}_bucket`, ["le", "0.05"], "0.04"],
    ]);
    expect(asked).toEqual(Array.from({ length: RTT_BUCKETS_S.length + 1 }, (_, i) => `example.org udp OPTIONS ${i}`));
    expect(histogramIn(await fetchAs(telemetry, PROTO, { snapshot })).bucket[5]?.exemplar).toMatchObject({
      value: 0.04,
    });
  });

  test("OpenTelemetry's own metrics come last, and take neither our names nor one that exists", async () => {
    const others: readonly ExpositionFamily[] = [
      aCounter([aPoint(1)], "otel_sdk_things_total"),
      aCounter([aPoint(1)], "sip_keepalive_requests_total"),
      aGauge([aPoint(1)], "sip_of_otel"),
      aGauge([aPoint(1)], "process_open_fds"),
    ];
    const telemetry = open({ hasProcessMetrics: true, otelFamilies: async () => others });
    const { snapshot } = countedPopulation();
    const families = await telemetry.collect(snapshot);
    expect(families.at(-1)?.name).toBe("otel_sdk_things_total");
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain("sip_of_otel");
    expect(await telemetry.collect(snapshot, new Set(["otel_sdk_things_total"]))).toHaveLength(1);
  });

  test("objectives are published for the domains of the snapshot", async () => {
    const { instruments, snapshot } = openReadable();
    instruments.set(instruments.cell("keepaliveContacts", "example.org", "udp", "reachable"), 1);
    const objective = { domain: null, objectiveRatio: 0.999 };
    const telemetry = open({ slo: { reachability: [objective], rtt: [{ ...objective, thresholdMs: 300 }] } });
    const body = String(await fetchAs(telemetry, undefined, { snapshot: snapshot() }));
    expect(body).toContain('sip_registrar_slo_objective_ratio{slo="reachability",domain="example.org"} 0.999\n');
    expect(body).toContain('sip_registrar_slo_threshold_seconds{slo="rtt",domain="example.org"} 0.3\n');
  });
});
