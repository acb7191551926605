/**
 * `/metrics` on a real socket: what is negotiated, filtered, shared and bounded.
 *
 * @module
 */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { createWebApp } from "../../src/http/web.ts";
import type { MetricSnapshot } from "../../src/instruments/snapshot.ts";
import type { Exposition, ScrapeRequest } from "../../src/telemetry/exposition/render.ts";
import { openTelemetry } from "../../src/telemetry/registry.ts";
import { sharedScrapes } from "../../src/telemetry/scrapes.ts";
import { fixedSnapshot } from "../fakes/fixed-snapshot.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { parseOpenMetrics } from "../support/openmetrics.ts";
import { decodeProtobuf } from "../support/prometheus-protobuf.ts";
import { parseText } from "../support/prometheus-text.ts";
import { ask, connected, expectProblem, recordingLog, serve, serveWeb } from "./http-support.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTO = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
/** Answers under way that the listener allows. */
const SCRAPES_MAX = 64;

interface Scrape {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Like `ask`, with octets instead of text. */
function scrape(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Scrape> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, async (response) => {
      try {
        const body = Buffer.concat(await response.toArray());
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject).end();
  });
}

/**
 * A listener with a whole registry behind it, over a snapshot that never changes.
 *
 * @param engine answers when this is settled
 */
async function serveRegistry(engine: Promise<void> = Promise.resolve()) {
  const telemetry = openTelemetry({
    version: "0.1.0",
    revision: "abc123",
    nodeVersion: "v24.0.0",
    clock: new ManualClock(),
    storeBackend: "sqlite",
    hasProcessMetrics: false,
  });
  const counts = { scrapes: 0, snapshots: 0, renders: 0 };
  const snapshot = fixedSnapshot();
  let underWay: Promise<MetricSnapshot> | null = null;
  const render = sharedScrapes({
    snapshot: () => {
      if (underWay === null) {
        counts.snapshots++;
        underWay = engine.then(() => {
          underWay = null;
          return { ...snapshot };
        });
      }
      return underWay;
    },
    telemetry: {
      render: (instant, request) => {
        counts.renders++;
        return telemetry.render(instant, request);
      },
    },
  });
  const metrics = {
    render: (request: ScrapeRequest) => {
      counts.scrapes++;
      return render(request);
    },
  };
  return { url: `${await serveWeb({ metrics })}/metrics`, counts };
}

describe("/metrics", () => {
  test.each([
    { accept: undefined, type: TEXT, families: (body: Buffer) => parseText(String(body)).length },
    {
      accept: "application/openmetrics-text",
      type: OPEN,
      families: (body: Buffer) => parseOpenMetrics(String(body)).length,
    },
    { accept: PROTO, type: PROTO, families: (body: Buffer) => decodeProtobuf(body).length },
    {
      accept: "application/openmetrics-text;version=1.0.0;escaping=underscores",
      type: `${OPEN}; escaping=underscores`,
      families: (body: Buffer) => parseOpenMetrics(String(body)).length,
    },
  ])("$accept is answered as $type, plain and compressed, to GET and HEAD", async ({ accept, type, families }) => {
    const { url } = await serveRegistry();
    const headers = accept === undefined ? {} : { Accept: accept };
    const plain = await scrape(url, headers);
    expect(plain).toMatchObject({ status: 200, headers: { "content-type": type, vary: "Accept, Accept-Encoding" } });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.headers["content-length"]).toBe(String(plain.body.length));
    expect(families(plain.body)).toBeGreaterThan(30);

    const packed = await scrape(url, { ...headers, "Accept-Encoding": "gzip" });
    expect(packed.headers).toMatchObject({ "content-type": type, "content-encoding": "gzip" });
    expect(packed.headers["content-length"]).toBe(String(packed.body.length));
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(gunzipSync(packed.body)).toEqual(plain.body);

    for (const [sent, like] of [
      [headers, plain],
      [{ ...headers, "Accept-Encoding": "gzip" }, packed],
    ] as const) {
      const head = await scrape(url, sent, "HEAD");
      expect(head.body).toHaveLength(0);
      const { date: _, ...rest } = like.headers;
      expect(head.headers).toMatchObject(rest);
    }
  });

  test.each([
    { accept: "x".repeat(10_000), because: "10 kB of nothing" },
    { accept: "text/plain;q=0.1,".repeat(600), because: "10 kB of ranges" },
    { accept: `a/b;c="${"\\".repeat(9_000)}`, because: "a quote that never ends" },
    { accept: ';;==,,"\\\t\u00ff', because: "octets that are no header" },
  ])("an Accept header from hell is answered with text: $because", async ({ accept }) => {
    const { url } = await serveRegistry();
    expect(await scrape(url, { Accept: accept })).toMatchObject({ status: 200, headers: { "content-type": TEXT } });
  });

  describe("?name[]=", () => {
    const namesIn = (body: Buffer) => parseText(String(body)).map(({ name }) => name);

    test.each([
      { query: "name[]=sip_registrar_aors", names: ["sip_registrar_aors"], because: "as people write it" },
      { query: "name%5B%5D=sip_registrar_aors", names: ["sip_registrar_aors"], because: "as Prometheus writes it" },
      {
        query: "name[]=sip_registrar_aors&name[]=sip_keepalive_rtt_seconds&name[]=sip_registrar_aors",
        names: ["sip_keepalive_rtt_seconds", "sip_registrar_aors"],
        because: "in our order, each once",
      },
      { query: "name[]=nosuch", names: [], because: "unknown" },
      { query: "name[]=%ff%", names: [], because: "no UTF-8" },
    ])("$query shows $names: $because", async ({ query, names }) => {
      const { url } = await serveRegistry();
      const { status, body } = await scrape(`${url}?${query}`);
      expect({ status, names: namesIn(body) }).toEqual({ status: 200, names });
    });

    test("without the brackets it is no filter", async () => {
      const { url } = await serveRegistry();
      expect(namesIn((await scrape(`${url}?name=x&collect[]=y`)).body).length).toBeGreaterThan(30);
    });

    test("a filter that matches nothing is still a valid answer in every encoding", async () => {
      const { url } = await serveRegistry();
      const bodies = await Promise.all(
        [TEXT, OPEN, PROTO].map(async (accept) => (await scrape(`${url}?name[]=nosuch`, { Accept: accept })).body),
      );
      expect(bodies.map(String)).toEqual(["", "# EOF\n", ""]);
    });

    test.each([
      { names: 256, status: 200, because: "the most that is taken" },
      { names: 257, status: 400, because: "one more" },
    ])("$names names are answered $status: $because", async ({ names, status }) => {
      const { url } = await serveRegistry();
      const query = Array.from({ length: names }, (_, i) => `name[]=n${i}`).join("&");
      const answer = await ask(`${url}?${query}`);
      expect(answer.status).toBe(status);
      if (status === 400) {
        expectProblem(answer, 400);
        expect(JSON.parse(answer.text).detail).toBe("At most 256 different names, got 257");
      }
    });
  });
});

describe("many scrapes at once", () => {
  test("50 are answered with one snapshot and one body", async () => {
    const engine = Promise.withResolvers<void>();
    const { url, counts } = await serveRegistry(engine.promise);
    const answers = Promise.all(Array.from({ length: 50 }, () => scrape(url, { Accept: OPEN })));
    await expect.poll(() => counts.scrapes).toBe(50);
    engine.resolve();
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set((await answers).map(({ body }) => String(body))).size).toBe(1);
    expect(counts).toEqual({ scrapes: 50, snapshots: 1, renders: 1 });
  });

  const waiting: PromiseWithResolvers<Exposition>[] = [];
  const anAnswer = (octets = 5): Exposition => ({
    contentType: TEXT,
    contentEncoding: null,
    body: Buffer.alloc(octets, "#"),
  });
  afterEach(() => {
    for (const one of waiting.splice(0)) one.resolve(anAnswer());
  });

  /** Answers the first 64 when the test says so, and later ones at once. */
  const held = {
    render: (): Promise<Exposition> => {
      if (waiting.length === SCRAPES_MAX) return Promise.resolve(anAnswer());
      const answer = Promise.withResolvers<Exposition>();
      waiting.push(answer);
      return answer.promise;
    },
  };

  test("one more than 64 is told to come back, and has a place again when another is done", async () => {
    const url = `${await serveWeb({ metrics: held })}/metrics`;
    const answers = Array.from({ length: SCRAPES_MAX }, () => scrape(url));
    await expect.poll(() => waiting.length).toBe(SCRAPES_MAX);
    const refused = await ask(url);
    expectProblem(refused, 503);
    expect(refused.headers["retry-after"]).toBe("1");
    // Health is asked on the same listener, and must not depend on scrapers.
    expect((await ask(url.replace("/metrics", "/-/healthy"))).status).toBe(200);
    waiting[0]?.resolve(anAnswer());
    await Promise.race(answers);
    await expect.poll(async () => (await scrape(url)).status).toBe(200);
    for (const one of waiting) one.resolve(anAnswer());
    expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
  });

  test("clients that leave before their answer give their place back", async () => {
    const url = await serveWeb({ metrics: held });
    const port = Number(new URL(url).port);
    const sockets = await Promise.all(Array.from({ length: SCRAPES_MAX }, () => connected(port)));
    for (const socket of sockets) socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => waiting.length).toBe(SCRAPES_MAX);
    expect((await scrape(`${url}/metrics`)).status).toBe(503);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await scrape(`${url}/metrics`)).status).toBe(200);
  });

  test("a reader that stalls half way is cut, and the one beside it gets everything", async () => {
    // More than the kernel's buffers on both ends hold, so that the rest waits in this process.
    const body = Buffer.alloc(64_000_000, "#");
    const app = createWebApp({
      version: "1.2.3",
      metrics: { render: async () => ({ contentType: TEXT, contentEncoding: null, body }) },
      notReadyBecause: () => null,
      log: recordingLog(),
      stalledScrapeMs: 300,
    });
    const cut = Promise.withResolvers<void>();
    const { url } = await serve((request, response) => {
      response.once("close", () => response.writableFinished || cut.resolve());
      app(request, response);
    });
    const stalled = await connected(Number(new URL(url).port));
    stalled.once("data", () => stalled.pause()).on("error", () => undefined);
    stalled.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => stalled.once("data", resolve));
    expect((await scrape(`${url}/metrics`)).body).toHaveLength(body.length);
    await cut.promise;
    const closed = new Promise((resolve) => stalled.once("close", resolve));
    stalled.resume();
    await closed;
    expect(stalled.bytesRead).toBeLessThan(body.length);
  });
});
