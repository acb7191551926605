/**
 * The listeners on real loopback sockets, and requests that may be as wrong as a test likes.
 *
 * @module
 */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, expect } from "vitest";
import type { Log } from "../../src/base/log.ts";
import { type AdminOptions, createAdminApp } from "../../src/http/admin.ts";
import { type HttpOptions, type OpenHttp, openHttp } from "../../src/http/server.ts";
import type { PageRows } from "../../src/http/summary.ts";
import { createWebApp, type WebOptions } from "../../src/http/web.ts";
import { aContactView, FakeEngine } from "../fakes/engine-port.ts";

export const TOKEN = "correct-horse-battery-staple";

const opened: OpenHttp[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((http) => http.close()));
});

/** Closes it after the test. */
export function closeLater(http: OpenHttp): OpenHttp {
  opened.push(http);
  return http;
}

/** Remembers lines as `level event`. */
export function recordingLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (event: string) => lines.push(`${level} ${event}`);
  return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

export async function serve(app: HttpOptions["app"]): Promise<OpenHttp> {
  return closeLater(await openHttp({ app, listen: { host: "127.0.0.1", port: 0 } }));
}

const rows: PageRows = {
  contacts: { key: "contacts", labels: ["domain", "transport", "state"] },
  requests: { key: "requests", labels: ["domain"] },
  failures: { key: "failures", labels: ["domain", "reason"] },
  inFlight: { key: "inFlight", labels: ["transport"] },
  roundTrip: { key: "rtt", labels: ["domain"], boundsS: [0.01, 0.1, 1] },
};

export async function serveAdmin(fields: Partial<AdminOptions> = {}): Promise<string> {
  const options: AdminOptions = {
    version: "1.2.3",
    engine: new FakeEngine([aContactView()]),
    persistence: () => "new",
    rows,
    reload: async () => ({ kind: "reloaded", live: [], needRestart: [] }),
    token: null,
    log: recordingLog(),
    ...fields,
  };
  return (await serve(createAdminApp(options))).url;
}

export async function serveWeb(fields: Partial<WebOptions> = {}): Promise<string> {
  const metrics = {
    render: async () => ({
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      contentEncoding: null,
      body: Buffer.from("up 1\n"),
    }),
  };
  const app = createWebApp({ version: "1.2.3", metrics, notReadyBecause: () => null, log: recordingLog(), ...fields });
  return (await serve(app)).url;
}

export interface Answer {
  status: number;
  reason: string;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** One request on a connection of its own; unlike `fetch` it sends any Host and any method. */
export function ask(url: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString();
        const { statusCode: status = 0, statusMessage: reason = "" } = response;
        resolve({ status, reason, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    request.end(body);
  });
}

export const bearer = { Authorization: `Bearer ${TOKEN}` };
export const ADMIN_PATHS = [
  { path: "/", method: "GET" },
  { path: "/RPC", method: "POST", body: '{"method":"ul.dump"}' },
  { path: "/api/v1/contacts", method: "GET" },
  { path: "/api/v1/contacts/uloc-6b03e225-4623-1", method: "GET" },
  { path: "/api/v1/summary", method: "GET" },
  { path: "/api/v1/rtt-histogram", method: "GET" },
  { path: "/-/reload", method: "POST" },
];
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
export const allowed = (method: string) => (method === "GET" ? "GET, HEAD" : method);

/** A connection that nothing was sent on yet. */
export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket)).once("error", reject);
  });
}

/** The properties every refusal has. */
export function expectProblem(answer: Answer, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  if (answer.text !== "") expect(JSON.parse(answer.text)).toMatchObject({ type: "about:blank", status });
  expect(answer.text).not.toMatch(/\bat .*\.(ts|js):/);
}
