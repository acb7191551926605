/**
 * A daemon and a collector of the test's own, on the wire: what arrives, how it compares with a scrape, and what a collector
 * that misbehaves costs.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { prometheusName } from "../../src/telemetry/otel-name.ts";
import { type OtlpReceiver, openOtlpReceiver } from "../support/otlp-receiver.ts";
import { describeReal } from "../support/real.ts";
import { type TemporaryFolder, temporaryFolder } from "./support/folder.ts";
import { Samples } from "./support/metrics.ts";
import { startPrometheus } from "./support/prometheus.ts";
import { RawPhones, users } from "./support/raw-phones.ts";
import { IN_MEMORY, type RunningDaemon, startDaemon, storedIn } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 90_000;
/** Everything goes out soon. */
const SOON = { OTEL_BSP_SCHEDULE_DELAY: "200", OTEL_BLRP_SCHEDULE_DELAY: "200", OTEL_METRIC_EXPORT_INTERVAL: "1000" };
/** A probe a second, half a second to answer. */
const PROBED = ["--keepalive.interval", "1s", "--keepalive.jitter", "0", "--keepalive.probe_timeout", "500ms"];
const ALL = ["--telemetry.traces.sample_ratio", "1", "--telemetry.traces.max_per_second", "1000"];

const GOOD = users(6, "nimble");
const DEAD = users(2, "lost");
const SECRET = 'Authorization: Digest username="nimble00",realm="r",nonce="n0nce",uri="sip:r",response="5ec2e7"';

/** Names of a scrape that have samples, with the type of each. */
async function scrape(daemon: RunningDaemon, accept = "text/plain"): Promise<{ text: string; names: Set<string> }> {
  const text = await (await fetch(`${daemon.web}/metrics`, { headers: { accept } })).text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
  const hasSamples = ({ name, type }: { name: string; type: string }) =>
    new RegExp(`^${name}${type === "histogram" ? "_count" : ""}[{ ]`, "m").test(text);
  return { text, names: new Set(types.filter(hasSamples).map(({ name }) => name)) };
}

/** Name that a Collector would store a received metric under. */
function translated({ name, unit, kind, isMonotonic }: OtlpReceiver["metrics"][number]): string {
  const type = kind === "sum" && isMonotonic ? "counter" : kind === "gauge" || kind === "sum" ? "gauge" : "histogram";
  return prometheusName({ otelName: name, unit, type });
}

describe("a daemon that exports everything", () => {
  let folder: TemporaryFolder;
  let collector: OtlpReceiver;
  let daemon: RunningDaemon;
  let good: RawPhones;

  beforeAll(async () => {
    folder = temporaryFolder();
    collector = await openOtlpReceiver();
    const flags = [...storedIn(folder.file("location.db")), "--location.flush_interval", "100ms", ...PROBED, ...ALL];
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_SERVICE_NAME: "edge-1", ...SOON };
    daemon = await startDaemon([...flags, "--log.level", "debug", "--server.id", "7"], { env });
    good = await RawPhones.open();
    for (const user of GOOD) {
      await good.register(daemon.sipPort(), user, { headers: [SECRET] });
    }
    const dead = await RawPhones.open();
    for (const user of DEAD) await dead.register(daemon.sipPort(), user);
    await dead[Symbol.asyncDispose]();
    const isDead = () =>
      collector.spans.some(({ attributes }) => attributes["sip.keepalive.to_state"] === "unreachable");
    await until("span of a phone that became unreachable", isDead, { withinMs: 30_000 });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await good?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    await collector?.[Symbol.asyncDispose]();
    folder?.[Symbol.dispose]();
  });

  test("every probe span leads to the REGISTER that made its binding", () => {
    const registers = new Map(collector.spans.filter(({ kind }) => kind === 2).map((span) => [span.spanId, span]));
    const probes = collector.spans.filter(({ name }) => name === "OPTIONS keepalive");
    expect(registers.size).toBe(GOOD.length + DEAD.length);
    expect(probes.length).toBeGreaterThan(GOOD.length);
    for (const { links, attributes } of probes) {
      const register = registers.get(links[0]?.spanId ?? "");
      expect(register).toMatchObject({ name: "REGISTER", traceId: links[0]?.traceId });
      expect(register?.attributes).toMatchObject({
        "sip.ruid": attributes["sip.ruid"],
        "sip.aor": attributes["sip.aor"],
      });
    }
  });

  test("the transaction that stored a binding is a child of its REGISTER", async () => {
    const flushes = () => collector.spans.filter(({ name }) => name === "flush location");
    await until("span of every flush", () => flushes().length === GOOD.length + DEAD.length);
    const registers = collector.spans.filter(({ name }) => name === "REGISTER");
    const parents = new Set(flushes().map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`));
    expect(parents).toEqual(new Set(registers.map(({ traceId, spanId }) => `${traceId} ${spanId}`)));
  });

  test("spans say who sent them, and nothing of the machine", () => {
    const { resource } = collector.spans[0] as OtlpReceiver["spans"][number];
    expect(resource).toMatchObject({ "service.name": "edge-1", "service.instance.id": "7" });
    expect(Object.keys(resource).filter((name) => /^(process|host|os)\./.test(name))).toEqual([]);
  });

  test("an exemplar of a bucket leads to a span that arrived, with the time of the bucket", async () => {
    const { text } = await scrape(daemon, "application/openmetrics-text");
    const pattern = /^sip_keepalive_rtt_seconds_bucket\{le="([^"]+)".*# \{trace_id="(\w+)",span_id="(\w+)"\} (\S+)/gm;
    const exemplars = [...text.matchAll(pattern)];
    expect(exemplars.length).toBeGreaterThan(0);
    for (const [, le, traceId, spanId, value] of exemplars) {
      expect(Number(value)).toBeLessThanOrEqual(le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le));
      const span = await until("span", () => collector.spans.find((one) => one.spanId === spanId));
      expect(span.traceId).toBe(traceId);
      expect((span.endMs - span.startMs) / 1_000).toBeCloseTo(Number(value), 4);
    }
  });

  test("log records of failures and changes carry the ids of spans that arrived", async () => {
    const isThere = (event: string) => collector.logs.some((record) => record.event === event);
    await until("log records", () => isThere("probe failed") && isThere("contact state changed"));
    for (const { traceId, spanId } of collector.logs.slice(0, 10)) {
      // A span and its log record travel in two requests.
      const span = await until("span of the record", () => collector.spans.find((one) => one.spanId === spanId));
      expect(span.traceId).toBe(traceId);
    }
  });

  test("names of a Collector and of a scrape are the same, and turning OTLP on changed none", async () => {
    const plain = await startDaemon([...storedIn(folder.file("plain.db")), ...PROBED]);
    const phones = await RawPhones.open();
    await phones.register(plain.sipPort(), "nimble00");
    await until("names", async () => {
      await scrape(daemon); // The HTTP metric has a series from the first answer on.
      const { names } = await scrape(daemon);
      const received = new Set(collector.metrics.map(translated));
      expect(received).toEqual(names);
      return true;
    });
    const isOurs = (name: string) => !/^(otel|http)_/.test(name);
    const withOtlp = [...(await scrape(daemon)).names].filter(isOurs);
    await until("the same names without OTLP", async () => {
      const without = [...(await scrape(plain)).names];
      expect(withOtlp.filter((name) => name.startsWith("sip_")).sort()).toEqual(
        without.filter((name) => name.startsWith("sip_")).sort(),
      );
      expect(without.filter((name) => !isOurs(name))).toEqual([]);
      return true;
    });
    await phones[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
  }, 60_000);

  test("once the phones are gone, exponential histograms and counters have the figures of a scrape", async () => {
    for (const user of GOOD) await good.register(daemon.sipPort(), user, { expiresS: 0, cseq: 2 });
    await until("equal figures", async () => {
      const samples = new Samples((await scrape(daemon)).text);
      const metric = (name: string) => collector.metrics.find((one) => one.name === name);
      const [rtt] = metric("sip.keepalive.rtt")?.points ?? [];
      const labels = { domain: "example.org", transport: "udp", method: "OPTIONS" };
      expect(rtt).toMatchObject({ attributes: labels, count: samples.sum("sip_keepalive_rtt_seconds_count", labels) });
      expect(rtt?.sum).toBeCloseTo(samples.sum("sip_keepalive_rtt_seconds_sum", labels), 9);
      expect((rtt?.zeroCount ?? 0) + (rtt?.counts ?? []).reduce((sum, count) => sum + count, 0)).toBe(rtt?.count);
      expect(metric("sip.keepalive.rtt")?.kind).toBe("exponentialHistogram");
      const [requests] = metric("sip.registrar.requests")?.points ?? [];
      expect(requests?.value).toBe(samples.sum("sip_registrar_requests_total"));
      expect(metric("sip.registrar.requests")).toMatchObject({ kind: "sum", isMonotonic: true, temporality: 2 });
      return true;
    });
  });

  test("no octet that left names a user in the clear or repeats a credential, nor does the log", () => {
    const exported = collector.octets.toString("latin1");
    expect(exported).toContain("sip.aor"); // What is searched is what was sent.
    expect(exported.match(/nimble0\d|lost0\d|5ec2e7|n0nce|response=/)).toBeNull();
    const lines = daemon.log().filter((line) => "trace_id" in line);
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toMatch(/nimble0\d|lost0\d/);
    expect(JSON.stringify(daemon.log())).not.toMatch(/5ec2e7|n0nce|response=/);
  });
});

test(
  "over grpc the same three signals arrive",
  async () => {
    await using collector = await openOtlpReceiver("grpc");
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", ...SOON };
    await using daemon = await startDaemon([...IN_MEMORY, ...PROBED, ...ALL], { env });
    await using phones = await RawPhones.open();
    await phones.register(daemon.sipPort(), "nimble00");
    await until("spans, metrics and logs", () => {
      const hasRtt = collector.metrics.some(({ name }) => name === "sip.keepalive.rtt");
      return hasRtt && collector.spans.some(({ kind }) => kind === 3) && collector.logs.length > 0;
    });
  },
  TIMEOUT_MS,
);

test(
  "the last spans and the last metrics leave before the process ends",
  async () => {
    await using collector = await openOtlpReceiver();
    const late = { OTEL_BSP_SCHEDULE_DELAY: "60000", OTEL_METRIC_EXPORT_INTERVAL: "60000" };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...late };
    const daemon = await startDaemon([...IN_MEMORY, ...ALL], { env });
    await using phones = await RawPhones.open();
    await phones.register(daemon.sipPort(), "nimble00");
    await daemon[Symbol.asyncDispose]();
    expect(collector.spans.map(({ name }) => name)).toContain("REGISTER");
    // While the engine still answered: afterwards only what the SDK counts itself could be sent.
    expect(collector.octets.includes("sip.registrar.requests")).toBe(true);
  },
  TIMEOUT_MS,
);

describeReal("prometheus", "Prometheus between a bucket and its trace", (paths) => {
  test(
    "exemplars that Prometheus stored lead to spans that the collector has",
    async () => {
      await using collector = await openOtlpReceiver();
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...SOON };
      await using daemon = await startDaemon([...IN_MEMORY, ...PROBED, ...ALL], { env });
      await using phones = await RawPhones.open();
      await phones.registerAll(daemon.sipPort(), GOOD);
      await using prometheus = await startPrometheus(paths.prometheus, daemon.web, ["exemplar-storage"]);
      const stored = await until("stored exemplars", async () => {
        const found = await prometheus.exemplars("sip_keepalive_rtt_seconds_bucket");
        return found.length > 0 ? found : null;
      });
      for (const { labels } of stored) {
        const isHere = () => collector.spans.find(({ spanId }) => spanId === labels["span_id"]);
        expect((await until("span of the exemplar", isHere)).traceId).toBe(labels["trace_id"]);
      }
    },
    TIMEOUT_MS,
  );
});

describe("a collector that misbehaves", () => {
  /** Small queues and short patience, so that every bound is reached within seconds. */
  const SMALL = {
    ...SOON,
    OTEL_BSP_MAX_QUEUE_SIZE: "10",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "5",
    OTEL_EXPORTER_OTLP_TIMEOUT: "700",
  };

  test.each([
    { behaviour: "refusing", lost: "export_failed", because: "503 is tried again for a while, then given up" },
    { behaviour: "silent", lost: "export_failed", because: "a request without an answer is given up" },
    { behaviour: "away", lost: "export_failed", because: "nobody listens" },
  ] as const)(
    "$behaviour: phones and scrapes notice nothing, losses are counted: $because",
    async ({ behaviour, lost }) => {
      const collector = await openOtlpReceiver();
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...SMALL };
      if (behaviour === "away") await collector[Symbol.asyncDispose]();
      else collector.behaviour = behaviour;
      const daemon = await startDaemon([...IN_MEMORY, ...PROBED, ...ALL], { env });
      const phones = await RawPhones.open();
      await phones.registerAll(daemon.sipPort(), users(40));
      const dropped = await until("counted losses of both kinds", async () => {
        const startMs = systemClock.monotonicMs();
        const samples = await daemon.metrics();
        expect(systemClock.monotonicMs() - startMs).toBeLessThan(1_000);
        const by = (reason: string) => samples.sum("sip_telemetry_spans_dropped_total", { reason });
        return by(lost) > 0 && by("queue_full") > 0 ? samples : null;
      });
      expect(dropped.sum("sip_keepalive_failures_total")).toBe(0);
      expect(dropped.sum("otel_sdk_processor_span_queue_size")).toBeLessThanOrEqual(10);
      await phones[Symbol.asyncDispose]();
      const stoppedMs = systemClock.monotonicMs();
      await daemon[Symbol.asyncDispose]();
      expect(systemClock.monotonicMs() - stoppedMs).toBeLessThan(8_000);
      expect(daemon.log("telemetry export failed").length).toBeGreaterThan(0);
      expect(daemon.log("telemetry export failed").length).toBeLessThan(20);
      expect(daemon.log("sipulse stopped")).toHaveLength(1);
      if (behaviour !== "away") await collector[Symbol.asyncDispose]();
    },
    TIMEOUT_MS,
  );
});
