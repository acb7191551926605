import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { ReloadOutcome } from "../../src/http/admin.ts";
import { FakeEngine } from "../fakes/engine-port.ts";
import {
  ADMIN_PATHS,
  allowed,
  ask,
  bearer,
  expectProblem,
  METHODS,
  recordingLog,
  serveAdmin,
  TOKEN,
} from "./http-support.ts";

describe("the admin listener with a token", () => {
  const basic = (password: string) => ({
    Authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`,
  });
  const credentials = [
    { name: "no token", headers: {}, passes: false },
    { name: "a wrong token", headers: { Authorization: "Bearer wrong" }, passes: false },
    { name: "an empty token", headers: { Authorization: "Bearer " }, passes: false },
    { name: "a prefix of the token", headers: { Authorization: `Bearer ${TOKEN.slice(0, -1)}` }, passes: false },
    { name: "another scheme", headers: { Authorization: `Digest ${TOKEN}` }, passes: false },
    { name: "the token as Basic password", headers: basic(TOKEN), passes: true },
    { name: "a wrong Basic password", headers: basic("wrong"), passes: false },
    { name: "the token", headers: bearer, passes: true },
  ];
  test.each(credentials)(
    "$name: every path and method, unknown ones too (passes: $passes)",
    async ({ headers, passes }) => {
      const url = await serveAdmin({ token: TOKEN });
      for (const { path, method: own, body } of [...ADMIN_PATHS, { path: "/nosuch", method: "" }]) {
        for (const method of METHODS) {
          const isOwn = method === own || (method === "HEAD" && own === "GET");
          const answer = await ask(url + path, { method, headers: { ...headers }, ...(isOwn && body && { body }) });
          if (!passes) {
            expectProblem(answer, 401);
            expect(answer.headers["www-authenticate"]).toContain('Bearer realm="sipulse"');
          } else if (isOwn) {
            expect(answer.status).toBe(200);
          } else if (own === "") {
            expectProblem(answer, 404);
          } else {
            expectProblem(answer, 405);
            expect(answer.headers.allow).toBe(allowed(own));
          }
        }
      }
    },
  );

  test("with the token any Host passes: the listener may have a name", async () => {
    const url = await serveAdmin({ token: TOKEN });
    expect((await ask(`${url}/api/v1/summary`, { headers: { ...bearer, Host: "sip.example.org:9465" } })).status).toBe(
      200,
    );
  });

  test("an empty token is a mistake that is not accepted", async () => {
    await expect(serveAdmin({ token: "" })).rejects.toThrow(RangeError);
  });
});

describe("the admin listener without a token", () => {
  test.each([
    { host: "localhost:PORT", status: 200, because: "a name of this machine" },
    { host: "LOCALHOST:PORT", status: 200, because: "host names have no case" },
    { host: "127.0.0.1:PORT", status: 200, because: "an address of this machine" },
    { host: "[::1]:PORT", status: 200, because: "the other one" },
    { host: "attacker.example:PORT", status: 403, because: "DNS rebinding: a foreign name that points here" },
    { host: "localhost.attacker.example:PORT", status: 403, because: "a longer name" },
    { host: "127.0.0.1.attacker.example:PORT", status: 403, because: "a name that looks like an address" },
    { host: "192.0.2.1:PORT", status: 403, because: "not an address of this machine" },
    { host: "localhost", status: 403, because: "another port" },
    { host: "localhost:1", status: 403, because: "another port" },
    { host: "localhost:PORT@attacker.example", status: 403, because: "not a host" },
  ])("Host $host gets $status: $because", async ({ host, status }) => {
    const url = await serveAdmin();
    const sent = host.replace("PORT", new URL(url).port);
    for (const { path, method, body } of ADMIN_PATHS) {
      const answer = await ask(url + path, { method, headers: { Host: sent }, ...(body && { body }) });
      expect(answer.status).toBe(status);
      if (status === 403) expectProblem(answer, 403);
    }
  });

  test("a request without Host, as HTTP/1.0 allows, gets 403", async () => {
    const socket = connect(Number(new URL(await serveAdmin()).port), "127.0.0.1");
    socket.write("GET /api/v1/contacts HTTP/1.0\r\n\r\n");
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test.each([
    { origin: "http://127.0.0.1:PORT", status: 200, because: "its own page" },
    { origin: "http://attacker.example", status: 403, because: "a foreign page" },
    { origin: "http://127.0.0.1:1", status: 403, because: "another program's page" },
    { origin: "null", status: 403, because: "a page that hides where it is from" },
  ])("Origin $origin gets $status: $because", async ({ origin, status }) => {
    let reloads = 0;
    const reload = async (): Promise<ReloadOutcome> => {
      reloads += 1;
      return { kind: "reloaded", live: [], needRestart: [] };
    };
    const url = await serveAdmin({ reload });
    const headers = { Origin: origin.replace("PORT", new URL(url).port) };
    expect((await ask(`${url}/-/reload`, { method: "POST", headers })).status).toBe(status);
    expect(reloads).toBe(status === 200 ? 1 : 0);
  });
});

describe("POST /-/reload", () => {
  test("tells what took effect and what needs a restart", async () => {
    const reload = async (): Promise<ReloadOutcome> => ({
      kind: "reloaded",
      live: ["keepalive.interval"],
      needRestart: ["sip.listen"],
    });
    const answer = await ask(`${await serveAdmin({ reload })}/-/reload`, { method: "POST" });
    expect(JSON.parse(answer.text)).toEqual({ live: ["keepalive.interval"], needRestart: ["sip.listen"] });
  });

  test("a configuration with mistakes is 500 with all of them", async () => {
    const problems = ["sipulse.yml: keepalive.intervall is not a setting", "sipulse.yml: server.id must be a number"];
    const answer = await ask(`${await serveAdmin({ reload: async () => ({ kind: "refused", problems }) })}/-/reload`, {
      method: "POST",
    });
    expectProblem(answer, 500);
    expect(JSON.parse(answer.text)).toMatchObject({ title: "Configuration Refused", problems });
  });
});

test("once the engine is gone every path that needs it answers 503", async () => {
  const engine = new FakeEngine();
  await engine.stop();
  const url = await serveAdmin({ engine });
  for (const { path, method, body } of ADMIN_PATHS.filter(({ path }) => path === "/RPC" || path.startsWith("/api/"))) {
    const answer = await ask(url + path, { method, ...(body && { body }) });
    expectProblem(answer, 503);
    expect(JSON.parse(answer.text).detail).toBe("The SIP engine is not running");
  }
});

test("what nobody expected is a bare 500 and a log line", async () => {
  const log = recordingLog();
  const reload = () => Promise.reject(new Error("boom in /etc/secret"));
  const answer = await ask(`${await serveAdmin({ reload, log })}/-/reload`, { method: "POST" });
  expectProblem(answer, 500);
  expect(answer.text).not.toContain("boom");
  expect(log.lines).toEqual(["info configuration reload requested", "error http request failed"]);
});
