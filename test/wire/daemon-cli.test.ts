/**
 * The commands of the program itself, each with its exit code, against a daemon that runs.
 *
 * @module
 */
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import packageFile from "../../package.json" with { type: "json" };
import { temporaryFolder } from "../real/support/folder.ts";
import { RawPhones } from "../real/support/raw-phones.ts";
import { type CommandEnd, IN_MEMORY, type RunningDaemon, runSipulse, startDaemon } from "../real/support/sipulse.ts";
import { until } from "../real/support/until.ts";
import { freeTcpPort } from "../support/real.ts";

const TIMEOUT_MS = 60_000;

/** A daemon that probes every second, stopped after the test. */
async function daemonForTest(flags: readonly string[] = []): Promise<RunningDaemon> {
  const daemon = await startDaemon([...IN_MEMORY, "--keepalive.interval", "1s", ...flags]);
  onTestFinished(async () => void (await daemon.process.stop()));
  return daemon;
}

/** With alice and bob on it, both with a round trip. */
async function daemonWithTwo(): Promise<RunningDaemon> {
  const daemon = await daemonForTest();
  const phones = await RawPhones.open();
  onTestFinished(() => phones[Symbol.asyncDispose]());
  await phones.registerAll(daemon.sipPort(), ["alice", "bob"]);
  await until("two round trips", async () =>
    [...(await daemon.contacts()).values()].flat().every((contact) => contact["KA-Roundtrip"] > 0),
  );
  return daemon;
}

describe("sipulse ul", { timeout: TIMEOUT_MS }, () => {
  test("shows contacts as a table, dumps them as Kamailio's JSON, and looks one up", async () => {
    const daemon = await daemonWithTwo();
    const ul = (...args: string[]): Promise<CommandEnd> => runSipulse(["ul", ...args, "--url", daemon.admin]);

    const table = await ul("show");
    expect(table).toMatchObject({ code: 0, stderr: "" });
    expect(table.stdout).toMatch(/^AOR +CONTACT +EXPIRES +RTT +SOCKET +RECEIVED +USER-AGENT\n/);
    expect(table.stdout).toMatch(
      /^alice@example\.org +sip:alice@127\.0\.0\.1:\d+ +\d+s +\d+\.\d{3}ms +udp:127\.0\.0\.1:\d+ /m,
    );
    expect(table.stdout.trimEnd()).toMatch(/2 contacts of 2 addresses-of-record$/);

    const dump = await ul("dump", "--json");
    expect(dump).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(dump.stdout)).toMatchObject({
      Domains: [{ Domain: { Domain: "location", Stats: { Records: 2 } } }],
    });

    const lookup = await ul("lookup", "bob@example.org", "--json");
    expect(lookup).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(lookup.stdout)).toMatchObject({ AoR: "bob@example.org", Contacts: [{ Contact: { Q: -1 } }] });

    const one = await ul("show", "bob@example.org");
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(one.stdout).toContain("1 contacts of 1 addresses-of-record");
    expect(one.stdout).not.toContain("alice");
  });

  test("leaves with 1 where there is no such AoR, no daemon or no right to ask, and with 2 on bad usage", async () => {
    const daemon = await daemonForTest(["--admin.token", "open-sesame"]);
    const nobodyThere = `http://127.0.0.1:${await freeTcpPort()}`;
    const token = { env: { SIPULSE_ADMIN_TOKEN: "open-sesame" } };

    const unknown = await runSipulse(["ul", "lookup", "nobody@example.org", "--url", daemon.admin], token);
    expect(unknown).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("AOR not found") });
    const refused = await runSipulse(["ul", "dump", "--url", daemon.admin, "--token", "open-barley"]);
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("refused (401)") });
    expect(refused.stderr).not.toContain("barley");
    const alone = await runSipulse(["ul", "dump", "--url", nobodyThere]);
    expect(alone).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("ECONNREFUSED") });
    expect(await runSipulse(["ul", "lookup", "--url", daemon.admin])).toMatchObject({ code: 2, stdout: "" });
    expect(await runSipulse(["ul", "dump", "--url", "nonsense"])).toMatchObject({ code: 2, stdout: "" });
    expect(await runSipulse(["ul", "dump", "--url", daemon.admin], token)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("sipulse, without a daemon", { timeout: TIMEOUT_MS }, () => {
  test("--version prints the version and nothing else", async () => {
    expect(await runSipulse(["--version"])).toEqual({ code: 0, stdout: `${packageFile.version}\n`, stderr: "" });
  });

  test("check-config leaves with 0 for a good file and with 2 for a bad one, every problem listed", async () => {
    using folder = temporaryFolder();
    const good = folder.write("good.yml", "keepalive:\n  interval: 10s\n");
    expect(await runSipulse(["check-config", "--config", good])).toEqual({
      code: 0,
      stdout: "configuration is valid\n",
      stderr: "",
    });
    const bad = folder.write("bad.yml", "keepalive:\n  interval: 10\n  scope: some\n");
    const end = await runSipulse(["check-config", "--config", bad]);
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr.trimEnd().split("\n")).toEqual([
      "configuration has 2 problem(s):",
      expect.stringContaining(`${bad}: keepalive.scope must be`),
      expect.stringContaining(`${bad}: keepalive.interval must be`),
    ]);
  });

  test("print-config prints YAML that it accepts itself, with flags above environment above file", async () => {
    using folder = temporaryFolder();
    const file = folder.write("sipulse.yml", "keepalive.interval: 10s\nlog.level: warn\nserver.id: 1\n");
    const args = ["print-config", "--config", file, "--server.id", "3"];
    const printed = await runSipulse(args, { env: { SIPULSE_LOG_LEVEL: "error", SIPULSE_SERVER_ID: "2" } });
    expect(printed).toMatchObject({ code: 0, stderr: "" });
    const config = parse(printed.stdout) as Record<string, Record<string, unknown>>;
    expect(config).toMatchObject({ keepalive: { interval: "10s" }, log: { level: "error" }, server: { id: 3 } });
    const again = folder.write("again.yml", printed.stdout);
    expect(await runSipulse(["check-config", "--config", again])).toMatchObject({ code: 0 });
  });

  test.each([
    { args: ["nonsense"], because: "there is no such command" },
    { args: [], because: "a command is needed" },
    { args: ["serve", "extra"], because: "serve takes no argument" },
    { args: ["simulate", "--phones", "many"], because: "a number is needed" },
    { args: ["ul", "watch-tv"], because: "there is no such subcommand" },
  ])("leaves with 2: $because", async ({ args }) => {
    const end = await runSipulse(args);
    expect(end).toMatchObject({ code: 2, stdout: "" });
    expect(end.stderr).not.toBe("");
    expect(end.stderr).not.toMatch(/\.ts:\d+/);
  });

  test("--help leaves with 0 and names every command", async () => {
    const end = await runSipulse(["--help"]);
    expect(end).toMatchObject({ code: 0, stderr: "" });
    for (const command of ["serve", "check-config", "print-config", "simulate", "ul"]) {
      expect(end.stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
  });
});

describe("sipulse simulate", { timeout: TIMEOUT_MS }, () => {
  test.each(["udp", "tcp"] as const)(
    "over %s registers, answers for three seconds, and takes its phones with it",
    async (transport) => {
      const daemon = await daemonForTest();
      const target = `127.0.0.1:${daemon.sipPort(transport)}`;
      const options = ["--phones", "20", "--rtt", "10ms", "--duration", "3s", "--transport", transport];
      let hasEnded = false;
      const end = runSipulse(["simulate", "--target", target, ...options]).finally(() => {
        hasEnded = true;
      });
      await until("20 bindings", async () => {
        if (hasEnded) throw new Error((await end).stderr);
        return (await daemon.metrics()).sum("sip_registrar_bindings", { transport }) === 20;
      });
      const { code, stdout, stderr } = await end;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const stats = JSON.parse(stdout) as Record<string, number>;
      expect(stats).toMatchObject({ phones: 20, registered: 20, registersSent: 20, registersRefused: 0, malformed: 0 });
      const after = await until("no binding", async () => {
        const metrics = await daemon.metrics();
        return metrics.sum("sip_registrar_bindings") === 0 && metrics;
      });
      expect(stats["probesSeen"]).toBeGreaterThanOrEqual(20);
      expect(after.sum("sip_keepalive_responses_total", { transport, code: "200" })).toBeGreaterThanOrEqual(20);
      expect(after.sum("sip_transport_parse_errors_total")).toBe(0);
    },
  );
});
