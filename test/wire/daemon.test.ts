/**
 * The life of the real process: it starts and says so once, refuses to start in one line, and stops when told.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../real/support/folder.ts";
import { RawPhones, users } from "../real/support/raw-phones.ts";
import { IN_MEMORY, LISTEN_ANYWHERE, runSipulse, startDaemon, storedIn } from "../real/support/sipulse.ts";
import { until } from "../real/support/until.ts";
import { freeTcpPort } from "../support/real.ts";

/** Each test starts one process or more, on a machine that other tests use too. */
const TIMEOUT_MS = 60_000;

/** Half of a request: a connection that keeps a listener open after it was told to close. */
async function openHalfARequest(url: string): Promise<Disposable> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  socket.write("POST /RPC HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
  return { [Symbol.dispose]: () => void socket.destroy() };
}

/** Status and body of `/-/ready`. */
async function readiness(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/-/ready`);
  return { status: response.status, text: await response.text() };
}

describe("sipulse serve", { timeout: TIMEOUT_MS }, () => {
  test("says once that it started, and where, keeps its contacts in sipulse.db, and leaves with 0 on SIGTERM", async () => {
    using folder = temporaryFolder();
    await using daemon = await startDaemon([], { cwd: folder.path });
    expect(daemon.log("sipulse started")).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        event: "sipulse started",
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        sip: [`udp:127.0.0.1:${daemon.sipPort("udp")}`, `tcp:127.0.0.1:${daemon.sipPort("tcp")}`],
        web: daemon.web,
        admin: daemon.admin,
      },
    ]);
    expect(await readiness(daemon.web)).toEqual({ status: 200, text: "sipulse is ready\n" });
    daemon.process.signal("SIGTERM");
    expect(await daemon.process.ended).toEqual({ code: 0, signal: null });
    const lines = daemon.process.output().trimEnd().split("\n");
    expect(lines.filter((line) => !line.startsWith("{"))).toEqual([]);
    expect(lines.at(-1)).toContain('"event":"sipulse stopped"');
    expect(readdirSync(folder.path)).toEqual(["sipulse.db", "sipulse.db-owner"]);
  });

  test("answers 503 on /-/ready while it starts, then 200", async () => {
    const port = await freeTcpPort();
    const starting = startDaemon([...IN_MEMORY, "--web.listen", `127.0.0.1:${port}`]);
    const seen: { status: number; text: string }[] = [];
    const isReady = async () => {
      const answer = await readiness(`http://127.0.0.1:${port}`);
      if (seen.at(-1)?.status !== answer.status) seen.push(answer);
      return answer.status === 200;
    };
    await until("answer 200 on /-/ready", isReady, { everyMs: 2 });
    await using _daemon = await starting;
    expect(seen.map(({ status }) => status)).toEqual([503, 200]);
    expect(JSON.parse(seen[0]?.text ?? "")).toMatchObject({ status: 503, title: "Not Ready", detail: "starting" });
  });

  test("answers 503 while it drains, and leaves with 0 although a request never ends", async () => {
    await using daemon = await startDaemon(IN_MEMORY);
    using _request = await openHalfARequest(daemon.admin);
    daemon.process.signal("SIGTERM");
    const answer = await until("answer 503", async () => {
      const { status, text } = await readiness(daemon.web);
      return status === 503 && text;
    });
    expect(JSON.parse(answer)).toMatchObject({ detail: "draining" });
    expect(await daemon.process.ended).toEqual({ code: 0, signal: null });
  });

  test("gives up waiting and leaves with 1 on a second SIGTERM", async () => {
    await using daemon = await startDaemon(IN_MEMORY);
    using _request = await openHalfARequest(daemon.admin);
    daemon.process.signal("SIGTERM");
    await until("answer 503", async () => (await readiness(daemon.web)).status === 503);
    daemon.process.signal("SIGTERM");
    expect(await daemon.process.ended).toEqual({ code: 1, signal: null });
    expect(daemon.log("sipulse stopped")).toEqual([]);
  });

  test("leaves with 0 on SIGINT, with simulated phones of its own and a scraper's idle connection", async () => {
    await using daemon = await startDaemon([...IN_MEMORY, "--simulate", "40", "--keepalive.interval", "1s"]);
    await until("30 bindings", async () => (await daemon.metrics()).sum("sip_registrar_bindings") >= 30);
    daemon.process.signal("SIGINT");
    expect(await daemon.process.ended).toEqual({ code: 0, signal: null });
    expect(daemon.log("sipulse stopped")).toHaveLength(1);
    expect(daemon.process.output()).not.toMatch(/"level":"error"|reload failed|at .*\.ts:\d+/);
  });
});

/** Makes a database with ten phones in it: the daemon itself does, and closes it again. */
async function storeTen(path: string): Promise<void> {
  await using daemon = await startDaemon(storedIn(path));
  await using phones = await RawPhones.open();
  await phones.registerAll(daemon.sipPort(), users(10));
  expect(await daemon.process.stop()).toEqual({ code: 0, signal: null });
}

const hashOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** A UDP port in use until it is disposed. */
async function takeUdp(): Promise<{ port: number } & Disposable> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, [Symbol.dispose]: () => void socket.close() };
}

/** The same for TCP. */
async function takeTcp(): Promise<{ port: number } & Disposable> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe("sipulse serve, where it cannot", { timeout: TIMEOUT_MS }, () => {
  const stored = temporaryFolder();
  afterAll(() => stored[Symbol.dispose]());
  beforeAll(() => storeTen(stored.file("ten.db")));

  test.each([
    { what: "SIP over UDP", take: takeUdp, flag: "--sip.listen", listen: "udp:127.0.0.1" },
    { what: "SIP over TCP", take: takeTcp, flag: "--sip.listen", listen: "tcp:127.0.0.1" },
    { what: "web", take: takeTcp, flag: "--web.listen", listen: "127.0.0.1" },
    { what: "admin", take: takeTcp, flag: "--admin.listen", listen: "127.0.0.1" },
  ])("names the port of $what when it is in use, leaves with 1 and the stored contacts alone", async (row) => {
    using folder = temporaryFolder();
    const path = folder.file("ten.db");
    cpSync(stored.path, folder.path, { recursive: true });
    const before = { hash: hashOf(path), files: readdirSync(folder.path) };
    using taken = await row.take();
    const listen = {
      "--sip.listen": "udp:127.0.0.1:0",
      "--web.listen": "127.0.0.1:0",
      "--admin.listen": "127.0.0.1:0",
    };
    const flags = Object.entries({ ...listen, [row.flag]: `${row.listen}:${taken.port}` }).flat();
    const end = await runSipulse(["serve", ...flags, ...storedIn(path)]);
    expect(end.code).toBe(1);
    expect(end.stdout).not.toContain("sipulse started");
    expect(end.stderr).toMatch(/^sipulse: [Cc]annot listen on [^\n]*\n$/);
    expect(end.stderr).toContain(`${row.listen}:${taken.port}`);
    expect({ hash: hashOf(path), files: readdirSync(folder.path) }).toEqual(before);
  });

  test.each([
    {
      flags: ["--config", "/nowhere/sipulse.yml"],
      says: "  /nowhere/sipulse.yml: cannot be read: ENOENT: no such file or directory",
      because: "the file does not exist",
    },
    {
      flags: ["--config", "/"],
      says: "  /: cannot be read: EISDIR: illegal operation on a directory",
      because: "a folder is no file",
    },
    {
      flags: ["--keepalive.intervall", "3s"],
      says: "  command line: keepalive.intervall is not a setting (did you mean keepalive.interval?)",
      because: "an unknown flag is a mistake, and this one is nearly right",
    },
    {
      flags: ["--keepalive.interval", "3"],
      says: "  command line: keepalive.interval must be a duration such as 500ms, 30s or 5m, got 3",
      because: "a number without a unit can be read in two ways",
    },
    {
      flags: ["--admin.listen", "0.0.0.0:9465"],
      says: "admin.token",
      because: "the admin listener must not be open to everybody",
    },
  ])("leaves with 2 and says why: $because", async ({ flags, says }) => {
    using folder = temporaryFolder();
    const end = await runSipulse(["serve", ...flags], { cwd: folder.path });
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr).toMatch(/^configuration has 1 problem\(s\):\n[^\n]*\n$/);
    expect(end.stderr).toContain(says);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("refuses a database that another sipulse has open, and that one does not notice", async () => {
    using folder = temporaryFolder();
    const path = folder.file("location.db");
    await using first = await startDaemon(storedIn(path));
    const end = await runSipulse(["serve", ...LISTEN_ANYWHERE, ...storedIn(path)]);
    expect(end).toEqual({
      code: 1,
      stdout: "",
      stderr: `sipulse: ${path} is in use by another sipulse; give each its own location.url\n`,
    });
    await using phones = await RawPhones.open();
    await phones.register(first.sipPort(), "alice");
    await until(
      "alice stored",
      async () => (await first.contacts()).get("alice@example.org")?.[0]?.State === "CS_SYNC",
    );
  });
});
