import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../../../src/base/clock.ts";
import { closeApp, openApp, route } from "../../../../src/http/app.ts";
import { encodeText } from "../../../../src/telemetry/exposition/text.ts";
import { bornFamilies } from "../../../../src/telemetry/otel/born-families.ts";
import { httpObserver } from "../../../../src/telemetry/otel/http-metrics.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The real provider, read through the real exporter, which serves nothing. */
function open() {
  const pull = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [pull] });
  closers.push(() => provider.shutdown());
  return { provider, families: async () => bornFamilies((await pull.collect()).resourceMetrics) };
}

test("counters, gauges and histograms keep their figures, and get the names a Collector would give them", async () => {
  const { provider, families } = open();
  const meter = provider.getMeter("test");
  meter.createCounter("queue.taken", { unit: "{item}", description: "Taken." }).add(3, { "queue.name": "a" });
  meter.createUpDownCounter("queue.size", { unit: "{item}" }).add(5);
  meter.createGauge("disk.free", { unit: "By" }).record(7);
  const advice = { explicitBucketBoundaries: [1, 2] };
  meter.createHistogram("wait.duration", { unit: "s", advice }).record(1.5);
  const found = await families();
  expect(found.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "disk_free_bytes gauge",
    "queue_size gauge",
    "queue_taken_total counter",
    "wait_duration_seconds histogram",
  ]);
  expect(found[2]).toMatchObject({ help: "Taken.", points: [{ labels: [["queue_name", "a"]], value: 3 }] });
  expect(found[3]).toMatchObject({ unit: "seconds", points: [{ bounds: [1, 2], counts: [0, 1, 0], sum: 1.5 }] });
  expect(encodeText(found)).toContain('wait_duration_seconds_bucket{le="2"} 1');
});

test("what claims to be of the catalogue is left out", async () => {
  const { provider, families } = open();
  provider.getMeter("test").createCounter("sip.keepalive.requests").add(1);
  expect(await families()).toEqual([]);
});

test("one metric in two scopes is one family, and each series stands in it once", async () => {
  const { provider, families } = open();
  provider.getMeter("one").createCounter("x.count").add(1, { from: "one" });
  provider.getMeter("two").createCounter("x.count").add(2, { from: "two" });
  provider.getMeter("three").createCounter("x.count").add(3, { from: "two" });
  const [family, ...others] = await families();
  expect(others).toEqual([]);
  expect(family?.points).toMatchObject([{ value: 1 }, { value: 2 }]);
});

test("requests to our listeners are timed by method, status and route, whatever path the network invents", async () => {
  const { provider, families } = open();
  const app = openApp();
  route(app, "/metrics", "GET", (_request, response) => void response.end("ok"));
  const observe = httpObserver(provider.getMeter("sipulse"), systemClock);
  const server = createServer(observe(closeApp(app, SILENT) as RequestListener));
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ["/metrics", "/metrics?x=1", "/../etc/passwd", "/a", "/b"]) {
    const response = await fetch(url + path, { headers: { connection: "close" } });
    await response.arrayBuffer();
  }
  await fetch(`${url}/metrics`, { method: "PROPFIND", headers: { connection: "close" } });
  const [family] = await families();
  expect(family?.name).toBe("http_server_request_duration_seconds");
  expect(family?.points.map(({ labels }) => labels.map(([, value]) => value).join(" ")).sort()).toEqual([
    "GET 200 /metrics http",
    "GET 404 http",
    "_OTHER 405 /metrics http",
  ]);
});
