import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/errors.ts";
import { settingRows } from "../../../src/config/schema.ts";
import { run } from "./fake-world.ts";

describe("sipulse", () => {
  test("--version prints the version and nothing else", async () => {
    expect(await run(["--version"])).toMatchObject({ exitCode: 0, out: "9.8.7\n", err: "" });
  });

  test("--help names every command and ends well", async () => {
    const { exitCode, out } = await run(["--help"]);
    expect(exitCode).toBe(0);
    for (const command of ["serve", "check-config", "print-config", "simulate", "ul"]) expect(out).toContain(command);
  });

  test.each([
    { argv: [], err: "Usage: sipulse", because: "a command is missing" },
    { argv: ["srve"], err: "Did you mean serve?", because: "there is no such command" },
    { argv: ["--loud"], err: "unknown option '--loud'", because: "there is no such option" },
    { argv: ["serve", "now"], err: "serve takes no argument, got 'now'", because: "an argument too many" },
    { argv: ["serve", "--log.level"], err: "argument missing", because: "the flag has no value" },
    { argv: ["ul", "lookup"], err: "missing required argument 'aor'", because: "of whom?" },
    { argv: ["ul", "dump", "--url", "ftp://x"], err: "--url must be a URL such as http:", because: "no HTTP" },
    { argv: ["simulate", "--speed", "3"], err: "unknown option '--speed'", because: "there is no such option" },
  ])("$argv exits with 2 and says why on standard error: $because", async ({ argv, err }) => {
    const ran = await run(argv);
    expect(ran).toMatchObject({ exitCode: 2, out: "", served: null, simulated: null });
    expect(ran.err).toContain(err);
  });
});

describe.each(["serve", "check-config", "print-config"])("%s", (command) => {
  test("--help documents every setting with its flag", async () => {
    const { exitCode, out } = await run([command, "--help"]);
    expect(exitCode).toBe(0);
    for (const [, row] of settingRows) {
      expect(out).toContain(`--${row.key} <`);
      expect(out.replaceAll(/\s+/g, " ")).toContain(row.doc);
    }
  });

  test("reports unknown flags together with every other problem and exits with 2", async () => {
    const argv = [
      command,
      "--keepalive.intervall=3s",
      "--topping",
      "olives",
      "--log.level",
      "loud",
      "--config",
      "a.yml",
    ];
    const ran = await run(argv, { files: { "a.yml": "server.id: -1" }, env: { SIPULSE_X: "1" } });
    expect(ran).toMatchObject({ exitCode: 2, out: "", served: null });
    expect(ran.err.split("\n")).toEqual([
      "configuration has 5 problem(s):",
      "  command line: keepalive.intervall is not a setting (did you mean keepalive.interval?)",
      "  command line: topping is not a setting",
      "  environment: SIPULSE_X is not a setting",
      "  a.yml: server.id must be a whole number from 0 to 2147483647, got -1",
      "  command line: log.level must be one of debug, info, warn, error, got loud",
      "",
    ]);
  });

  test("never shows the secret, not even of a misspelt flag", async () => {
    const { out, err } = await run([command, "--admin.tokn", "hush1", "--admin.token", "hush 2"]);
    expect(out + err).not.toContain("hush");
  });
});

describe("serve", () => {
  test("hands over the configuration of flags, environment and file", async () => {
    const argv = [
      "serve",
      "--config",
      "a.yml",
      "--server.id=3",
      "--sip.domains",
      "a.example,b.example",
      "--simulate",
      "5",
    ];
    const files = { "a.yml": "keepalive.interval: 15s\nserver.id: 1" };
    const { exitCode, served } = await run(argv, { files, env: { SIPULSE_LOG_FORMAT: "pretty" } });
    expect(exitCode).toBe(0);
    expect(served?.config).toMatchObject({
      serverId: 3,
      sipDomains: ["a.example", "b.example"],
      keepaliveIntervalMs: 15_000,
      logFormat: "pretty",
      simulatePhones: 5,
      locationMode: "memory",
    });
  });

  test("a repeated flag replaces the earlier one, also in its other form", async () => {
    const { served } = await run(["serve", "--server.id", "1", "--server.id=2"]);
    expect(served?.config.serverId).toBe(2);
  });

  test("a value may start with a dash: it is reported as a value", async () => {
    expect((await run(["serve", "--keepalive.jitter", "-1"])).err).toContain("got -1");
  });

  test("reload reads the file again and keeps the flags; a bad file throws and changes nothing", async () => {
    const files: Record<string, string> = { "a.yml": "keepalive.interval: 15s" };
    const { served } = await run(["serve", "--config", "a.yml", "--server.id", "3"], { files });
    files["a.yml"] = "keepalive.interval: 20s\nserver.id: 9";
    expect(served?.reload()).toMatchObject({ keepaliveIntervalMs: 20_000, serverId: 3 });
    files["a.yml"] = "keepalive.interval: 20";
    expect(() => served?.reload()).toThrow(ConfigError);
  });

  test.each([
    {
      error: new Error("cannot listen on udp:127.0.0.1:5060"),
      exitCode: 1,
      err: "sipulse: cannot listen on udp:127.0.0.1:5060\n",
    },
    { error: new ConfigError(["a.yml: no"]), exitCode: 2, err: "configuration has 1 problem(s):\n  a.yml: no\n" },
    { error: "a text", exitCode: 1, err: "sipulse: a text\n" },
  ])(
    "when it fails, the reason is printed without a stack and the exit code is $exitCode",
    async ({ error, exitCode, err }) => {
      const ran = await run(["serve"], { serve: () => Promise.reject(error) });
      expect(ran).toMatchObject({ exitCode, err, out: "" });
    },
  );
});

test("check-config says that a good configuration is good", async () => {
  expect(await run(["check-config"])).toMatchObject({
    exitCode: 0,
    out: "configuration is valid\n",
    err: "",
    served: null,
  });
});

describe("a web configuration file", () => {
  const hash = `$2y$10$${"a".repeat(53)}`;
  const files = {
    "good.yml": `basic_auth_users: {alice: ${hash}}`,
    "bad.yml": "basic_auth_users: {alice: hush}\ntls: {}",
  };

  test.each(["check-config", "serve"])(
    "is read by %s, and a bad one leaves with 2, every problem listed",
    async (command) => {
      expect(await run([command, "--web.config_file", "good.yml"], { files })).toMatchObject({ exitCode: 0, err: "" });
      const ran = await run([command, "--web.config_file", "bad.yml"], { files });
      expect(ran).toMatchObject({ exitCode: 2, out: "", served: null });
      expect(ran.err.trimEnd().split("\n")).toEqual([
        "configuration has 2 problem(s):",
        expect.stringContaining("  bad.yml: basic_auth_users.alice must be a bcrypt hash"),
        "  bad.yml: tls is not a key of a web configuration file",
      ]);
    },
  );

  test("that became bad is refused by a reload", async () => {
    const changing: Record<string, string> = { ...files };
    const { served } = await run(["serve", "--web.config_file", "good.yml"], { files: changing });
    expect(served?.reload()).toMatchObject({ webConfigFile: "good.yml" });
    changing["good.yml"] = files["bad.yml"];
    expect(() => served?.reload()).toThrow(ConfigError);
  });
});

test("print-config prints what reads back as the same configuration, with sources", async () => {
  const printed = await run(["print-config", "--keepalive.interval", "2s"], { env: { SIPULSE_SERVER_ID: "4" } });
  expect(printed).toMatchObject({ exitCode: 0, err: "" });
  expect(printed.out).toContain("  interval: 2s  # command line\n");
  const again = await run(["serve", "--config", "printed.yml"], { files: { "printed.yml": printed.out } });
  expect(again.served?.config).toMatchObject({
    keepaliveIntervalMs: 2_000,
    serverId: 4,
    keepaliveProbeTimeoutMs: 1_600,
  });
});

describe("simulate", () => {
  test("without options is a hundred phones of the demonstration mix on this machine", async () => {
    expect((await run(["simulate"])).simulated).toEqual({
      target: { host: "127.0.0.1", port: 5060 },
      transport: "udp",
      phones: 100,
      domain: "example.org",
      delaysMs: [],
      jitterMs: null,
      lossRatio: null,
      duplicateRatio: null,
      lateRatio: null,
      expiresS: 120,
      seed: 1,
      durationMs: null,
    });
  });

  test("reads every option with the kinds of the settings", async () => {
    const argv =
      "simulate --target [::1]:5070 --transport tcp --phones 7 --domain A.example --rtt 20ms,200ms --jitter 5ms --loss 0.1 --duplicate 0.2 --late 0.3 --expires 2m --seed 9 --duration 1h";
    expect((await run(argv.split(" "))).simulated).toEqual({
      target: { host: "::1", port: 5070 },
      transport: "tcp",
      phones: 7,
      domain: "a.example",
      delaysMs: [20, 200],
      jitterMs: 5,
      lossRatio: 0.1,
      duplicateRatio: 0.2,
      lateRatio: 0.3,
      expiresS: 120,
      seed: 9,
      durationMs: 3_600_000,
    });
  });

  test("reports every bad option at once and exits with 2", async () => {
    const ran = await run(["simulate", "--phones", "0", "--rtt", "20", "--loss", "50%", "--target", "nowhere"]);
    expect(ran).toMatchObject({ exitCode: 2, simulated: null });
    expect(ran.err.split("\n").slice(0, -1)).toEqual([
      "configuration has 4 problem(s):",
      "  command line: --target must be an address such as 127.0.0.1:9464 or [::1]:9464, got nowhere",
      "  command line: --phones must be a whole number from 1 to 1000000, got 0",
      "  command line: --rtt must be a duration such as 500ms, 30s or 5m, got 20",
      "  command line: --loss must be a ratio from 0 to 1 such as 0.1, got 50%",
    ]);
  });
});
