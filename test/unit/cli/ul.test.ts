import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "./fake-world.ts";

const golden = (name: string) => readFileSync(new URL(`../../data/golden/${name}.json`, import.meta.url), "utf8");

/** What the daemon under test answers, and what it was asked. */
let reply: { status: number; body: string };
let asked: { path: string | undefined; headers: IncomingHttpHeaders; body: unknown }[];
let server: Server;
let url: string;

beforeEach(async () => {
  asked = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ path: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(reply.status, { "content-type": "application/json" }).end(reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("ul", () => {
  test.each([
    { argv: ["dump"], method: "ul.dump", params: [], file: "ul.dump" },
    { argv: ["show"], method: "ul.dump", params: [], file: "ul.dump" },
    { argv: ["show", "alice"], method: "ul.lookup", params: ["location", "alice"], file: "ul.lookup.alice" },
    { argv: ["lookup", "a@b"], method: "ul.lookup", params: ["location", "a@b"], file: "ul.lookup.alice" },
  ])("$argv asks $method with $params and ends well", async ({ argv, method, params, file }) => {
    reply = { status: 200, body: golden(file) };
    expect(await run(["ul", ...argv, "--url", url])).toMatchObject({ exitCode: 0, err: "" });
    expect(asked).toMatchObject([{ path: "/RPC", body: { jsonrpc: "2.0", id: 1, method, params } }]);
  });

  test("dump prints an aligned table, the round trip in milliseconds and - where nothing was answered yet", async () => {
    reply = { status: 200, body: golden("ul.dump.before-first-keepalive") };
    const { out } = await run(["ul", "dump", "--url", url]);
    const lines = out.split("\n");
    const [head = ""] = lines;
    expect(head).toMatch(/^AOR +CONTACT +EXPIRES +RTT {2}SOCKET +RECEIVED +USER-AGENT$/);
    const socketAt = head.indexOf("SOCKET");
    const bob = lines.find((line) => line.startsWith("bob ")) ?? "";
    expect(bob.slice(socketAt)).toMatch(/^tcp:10\.99\.0\.1:5070/);
    expect(bob).toMatch(/ 118s +- {2}tcp/);
    for (const line of lines.slice(1, -2)) expect(line.slice(socketAt)).toMatch(/^(udp|tcp):/);
  });

  test("lookup prints Kamailio's 743 microseconds as 0.743ms", async () => {
    reply = { status: 200, body: golden("ul.lookup.alice") };
    const { out } = await run(["ul", "lookup", "alice", "--url", url]);
    expect(out).toBe(
      [
        "AOR    CONTACT                                  EXPIRES      RTT  SOCKET              RECEIVED  USER-AGENT",
        "alice  sip:alice-0x562a8e3ec810@10.99.0.1:5091      98s  0.743ms  udp:10.99.0.1:5070  -         baresip v1.0.0 (x86_64/linux)",
        "1 contacts of 1 addresses-of-record",
        "",
      ].join("\n"),
    );
  });

  test("an empty table is a table without rows", async () => {
    reply = { status: 200, body: golden("ul.dump.empty") };
    const { exitCode, out } = await run(["ul", "show", "--url", url]);
    expect(exitCode).toBe(0);
    expect(out.split("\n").slice(1)).toEqual(["0 contacts of 0 addresses-of-record", ""]);
  });

  test("--json prints the result as JSON and nothing else", async () => {
    reply = { status: 200, body: golden("ul.lookup.alice") };
    const { out } = await run(["ul", "lookup", "alice", "--json", "--url", `${url}/`]);
    expect(JSON.parse(out)).toEqual(JSON.parse(reply.body).result);
    expect(asked[0]?.path).toBe("/RPC");
  });

  test("a control character of a phone does not reach the terminal", async () => {
    reply = { status: 200, body: golden("ul.lookup.alice").replace("baresip", "\\u001b[2Jbaresip") };
    expect((await run(["ul", "lookup", "alice", "--url", url])).out).toContain("\ufffd[2Jbaresip");
  });

  test.each([
    { argv: ["--token", "t1"], env: { SIPULSE_ADMIN_TOKEN: "t2" }, sent: "Bearer t1", because: "the option wins" },
    { argv: [], env: { SIPULSE_ADMIN_TOKEN: "t2" }, sent: "Bearer t2", because: "the daemon's own variable" },
    { argv: [], env: { SIPULSE_ADMIN_TOKEN: "" }, sent: undefined, because: "nothing is no token" },
    { argv: [], env: {}, sent: undefined, because: "there is none" },
  ])("the token sent is $sent: $because", async ({ argv, env, sent }) => {
    reply = { status: 200, body: golden("ul.dump.empty") };
    await run(["ul", "dump", "--url", url, ...argv], { env: env as Record<string, string> });
    expect(asked[0]?.headers.authorization).toBe(sent);
  });
});

describe("ul fails with 1 and one line", () => {
  test.each([
    { status: 200, file: "ul.lookup.unknown", err: "ul.dump: AOR not found in location table (500)" },
    { status: 500, file: "ul.lookup.noparams", err: "ul.dump: Not enough parameters (table and AOR to lookup) (500)" },
  ])("with the daemon's own words: $err", async ({ status, file, err }) => {
    reply = { status, body: golden(file) };
    expect(await run(["ul", "dump", "--url", url])).toMatchObject({ exitCode: 1, out: "", err: `sipulse: ${err}\n` });
  });

  test.each([
    { status: 401, body: "{}", err: /refused \(401\): give the right --token or SIPULSE_ADMIN_TOKEN/ },
    { status: 403, body: "{}", err: /refused \(403\)/ },
    { status: 404, body: "<html>", err: /answered 404 and no JSON: is this sipulse's admin address\?/ },
    { status: 200, body: "{}", err: /answered 200 and no result/ },
    { status: 200, body: "null", err: /answered 200 and no result/ },
    { status: 200, body: '{"result":{"Domains":7}}', err: /does not have the shape of Kamailio's ul commands/ },
  ])("when the answer is $status $body", async ({ status, body, err }) => {
    reply = { status, body };
    const ran = await run(["ul", "dump", "--url", url]);
    expect(ran).toMatchObject({ exitCode: 1, out: "" });
    expect(ran.err).toMatch(err);
    expect(ran.err.split("\n")).toHaveLength(2);
  });

  test("when nobody listens, with the address and the reason", async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await run(["ul", "dump", "--url", url])).toMatchObject({
      exitCode: 1,
      err: `sipulse: cannot reach ${url}/RPC (ECONNREFUSED): is sipulse running there?\n`,
    });
  });
});
