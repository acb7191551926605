import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { type HttpListenError, type HttpOptions, openHttp } from "../../src/http/server.ts";
import { sendPieces } from "../../src/http/stream.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import {
  type Answer,
  ask,
  closeLater,
  connected,
  expectProblem,
  METHODS,
  recordingLog,
  serve,
  serveWeb,
} from "./http-support.ts";

describe("openHttp", () => {
  test("names the address when it is taken", async () => {
    const first = await serve((_request, response) => response.end());
    const port = Number(new URL(first.url).port);
    const second = openHttp({ app: () => {}, listen: { host: "127.0.0.1", port } });
    const error: HttpListenError = await second.catch((reason) => reason);
    expect(error.message).toBe(
      `Cannot listen on http 127.0.0.1:${port}: another program listens there already (EADDRINUSE)`,
    );
    expect(error.code).toBe("EADDRINUSE");
  });

  test("names the address when the machine does not have it", async () => {
    const error = await openHttp({ app: () => {}, listen: { host: "192.0.2.1", port: 0 } }).catch((reason) => reason);
    expect(String(error)).toMatch(/^HttpListenError: Cannot listen on http 192\.0\.2\.1:0: .*\(EADDRNOTAVAIL\)$/);
  });

  /** A listener whose grace period never ends by itself. */
  async function serveUnder(app: HttpOptions["app"]) {
    const clock = new ManualClock();
    const http = await openHttp({ app, listen: { host: "127.0.0.1", port: 0 }, clock });
    const socket = await connected(Number(new URL(http.url).port));
    socket.setEncoding("utf8").write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return { clock, http, socket };
  }

  test("close() ends idle keep-alive connections at once, and may be called twice", async () => {
    const { http, socket, clock } = await serveUnder((_request, response) => response.end("ok"));
    await new Promise((resolve) => socket.once("data", resolve));
    await Promise.all([http.close(), http.close(), new Promise((resolve) => socket.once("close", resolve))]);
    await http.close();
    expect(clock.pending).toBe(0);
  });

  test("close() lets an answer that is under way finish, then ends its connection", async () => {
    let finish = () => {};
    const { http, socket } = await serveUnder((_request, response) => {
      response.write("first ");
      finish = () => response.end("last");
    });
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = http.close();
    finish();
    expect((await socket.toArray()).join("")).toContain("last");
    await closed;
  });

  test("close() cuts an answer that is not finished after two seconds of grace", async () => {
    const { http, socket, clock } = await serveUnder((_request, response) => response.write("first "));
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = http.close();
    clock.advance(1_999);
    await expect(Promise.race([closed, http.url])).resolves.toBe(http.url);
    clock.advance(1);
    await closed;
  });

  test("a client that dribbles its request is answered 408 and cut off", async () => {
    const http = closeLater(
      await openHttp({ app: () => {}, listen: { host: "127.0.0.1", port: 0 }, requestTimeoutMs: 100 }),
    );
    const socket = connect(Number(new URL(http.url).port), "127.0.0.1");
    socket.write("POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("connections beyond 512 are refused, told in the log, and leave the others alone", async () => {
    const log = recordingLog();
    const http = closeLater(
      await openHttp({
        app: (_request, response) => response.end(),
        listen: { host: "127.0.0.1", port: 0 },
        log,
      }),
    );
    const port = Number(new URL(http.url).port);
    const sockets: Socket[] = [];
    // One at a time: so many at once would overflow the backlog of the kernel instead.
    for (let i = 0; i < 512; i++) sockets.push(await connected(port));
    const refused = await Promise.all([connected(port), connected(port), connected(port)]);
    const isClosed = (socket: Socket) => socket.resume().closed;
    await expect.poll(() => refused.every(isClosed)).toBe(true);
    expect(log.lines).toEqual(["warn http connection refused", "warn http connection refused"]);
    expect(sockets.filter((socket) => socket.destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  test("a request head of more than 16 kB is refused with 431", async () => {
    const http = await serve((_request, response) => response.end());
    expect((await ask(http.url, { headers: { "X-Long": "x".repeat(20_000) } })).status).toBe(431);
  });
});

test("pieces that nobody reads any more are told to end", async () => {
  const ended = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield "x".repeat(100_000);
    } finally {
      ended.resolve();
    }
  }
  const outcome = Promise.withResolvers<"sent" | "aborted">();
  const http = await serve((_request, response) => {
    sendPieces(response, { status: 200, reason: "OK", contentType: "text/plain" }, endless()).then(
      outcome.resolve,
      outcome.reject,
    );
  });
  const client = httpRequest(http.url, (response) => response.once("data", () => client.destroy()));
  client.on("error", () => {}).end();
  expect(await outcome.promise).toBe("aborted");
  await ended.promise;
});

describe("the public listener", () => {
  test.each([
    { path: "/metrics", type: "text/plain; version=0.0.4; charset=utf-8", has: "up 1\n" },
    { path: "/-/healthy", type: "text/plain; charset=utf-8", has: "sipulse is healthy" },
    { path: "/-/ready", type: "text/plain; charset=utf-8", has: "sipulse is ready" },
    { path: "/", type: "text/html; charset=utf-8", has: '<a href="/metrics">' },
  ])(
    "GET $path answers 200, HEAD the same without a body, and other methods get 405 with Allow",
    async ({ path, type, has }) => {
      const url = `${await serveWeb()}${path}`;
      const answer = await ask(url);
      expect({ status: answer.status, type: answer.headers["content-type"] }).toEqual({ status: 200, type });
      expect(answer.text).toContain(has);
      const head = await ask(url, { method: "HEAD" });
      expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: "" });
      expect(head.headers["content-length"]).toBe(String(Buffer.byteLength(answer.text)));
      for (const method of METHODS.filter((name) => name !== "GET" && name !== "HEAD")) {
        const refused = await ask(url, { method });
        expectProblem(refused, 405);
        expect(refused.headers.allow).toBe("GET, HEAD");
      }
    },
  );

  test.each([
    { path: "/nosuch", because: "unknown" },
    { path: "/metrics/", because: "a trailing slash is another path" },
    { path: "/METRICS", because: "case matters" },
    { path: "/RPC", because: "the admin surface is elsewhere" },
    { path: "/api/v1/contacts", because: "the admin surface is elsewhere" },
    { path: "/../../etc/passwd", because: "no file is served" },
    { path: "/..%2f..%2fetc%2fpasswd", because: "no file is served" },
    { path: "/%00", because: "a zero octet is a path nobody has" },
  ])("$path is 404: $because", async ({ path }) => {
    const { hostname, port } = new URL(await serveWeb());
    // A URL object would resolve the dots away before they are sent.
    const answer = await new Promise<Answer>((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, agent: false }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve({ status: response.statusCode ?? 0, reason: "", headers: response.headers, text });
      });
      request.on("error", reject).end();
    });
    expectProblem(answer, 404);
  });

  test("/-/ready says why not, until it is ready", async () => {
    let reason: string | null = "SIP is not bound yet";
    const url = await serveWeb({ notReadyBecause: () => reason });
    const refused = await ask(`${url}/-/ready`);
    expectProblem(refused, 503);
    expect(JSON.parse(refused.text).detail).toBe("SIP is not bound yet");
    reason = null;
    expect((await ask(`${url}/-/ready`)).status).toBe(200);
    expect((await ask(`${url}/-/healthy`)).status).toBe(200);
  });

  test("metrics of an engine that is gone are 503, not a stack trace", async () => {
    const render = () => Promise.reject(new Error("engine stopped at secret.ts:1"));
    const answer = await ask(`${await serveWeb({ metrics: { render } })}/metrics`);
    expectProblem(answer, 503);
    expect(answer.text).not.toContain("secret");
  });

  test("every answer carries the security headers and no product name", async () => {
    const url = await serveWeb();
    for (const path of ["/", "/metrics", "/nosuch"]) {
      const { headers } = await ask(url + path);
      expect(headers["x-powered-by"]).toBeUndefined();
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["x-frame-options"]).toBe("DENY");
    }
  });

  test("a version is text on the landing page, not markup", async () => {
    const { text } = await ask(await serveWeb({ version: '<img src=x onerror="alert(1)">' }));
    expect(text).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    expect(text).not.toContain("<img");
  });
});
