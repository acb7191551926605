import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/errors.ts";
import { loadConfig, resolveConfig } from "../../../src/config/load.ts";
import { load, problemsOf, resolve } from "./load-text.ts";

describe("precedence", () => {
  const yaml = "keepalive.interval: 11s";
  const env = { SIPULSE_KEEPALIVE_INTERVAL: "12s" };
  const flags = [["keepalive.interval", "13s"]] as const;
  test.each([
    { given: {}, intervalMs: 30_000, origin: "default", because: "nobody says anything" },
    { given: { yaml }, intervalMs: 11_000, origin: "sipulse.yml", because: "the file beats the default" },
    { given: { yaml, env }, intervalMs: 12_000, origin: "environment", because: "the environment beats the file" },
    { given: { yaml, env, flags }, intervalMs: 13_000, origin: "command line", because: "a flag beats everything" },
    { given: { yaml, flags }, intervalMs: 13_000, origin: "command line", because: "a flag beats the file" },
  ])("$origin: $because", ({ given, intervalMs, origin }) => {
    const { config, origins } = resolve(given);
    expect(config.keepaliveIntervalMs).toBe(intervalMs);
    expect(origins.keepaliveIntervalMs).toBe(origin);
  });

  test("a repeated flag replaces the earlier one, lists included", () => {
    const flags = [
      ["sip.domains", "a.example,b.example"],
      ["sip.domains", "c.example"],
    ] as const;
    expect(load({ flags }).sipDomains).toEqual(["c.example"]);
  });

  test("an empty text takes back what a weaker source gave", () => {
    const config = load({
      yaml: "keepalive.domain: a.example\nsip.domains: [a.example]",
      env: { SIPULSE_SIP_DOMAINS: "" },
      flags: [["keepalive.domain", ""]],
    });
    expect(config).toMatchObject({ keepaliveDomain: null, sipDomains: [] });
  });

  test("SIPULSE_CONFIG names the file, unless --config does", () => {
    const read: string[] = [];
    const readFile = (path: string) => `${read.push(path) === 0 ? "" : ""}server.id: ${path.length}`;
    const env = { SIPULSE_CONFIG: "/etc/a.yml" };
    expect(loadConfig({ flags: [], env, configPath: null, readFile }).serverId).toBe(10);
    expect(loadConfig({ flags: [], env, configPath: "b.yml", readFile }).serverId).toBe(5);
    expect(read).toEqual(["/etc/a.yml", "b.yml"]);
  });
});

describe("lists on flags and in the environment", () => {
  test("are comma-separated, spaces around the commas do not count", () => {
    const config = load({ env: { SIPULSE_SIP_LISTEN: "udp:127.0.0.1:0 , tcp:[::1]:0" } });
    expect(config.sipListen.map(({ transport, host }) => `${transport} ${host}`)).toEqual(["udp 127.0.0.1", "tcp ::1"]);
  });

  test("an empty entry is a mistake and not skipped", () => {
    expect(problemsOf({ flags: [["sip.domains", "a.example,,b.example"]] })).toEqual([
      "command line: sip.domains must be a host name or address such as example.org, 192.0.2.1 or [2001:db8::1], got nothing",
    ]);
  });
});

describe("problems", () => {
  test("are reported all at once, each with its source, in the words of the house", () => {
    const given = {
      yaml: "keepalive:\n  interval: 30\n  intervall: 30s\n",
      env: { SIPULSE_KEEPALIVE_SCOPE: "some", SIPULSE_KEEPALIV_JITTER: "0.2" },
      flags: [
        ["log.level", "loud"],
        ["log.lvel", "info"],
      ],
    } as const;
    expect(problemsOf(given)).toEqual([
      "command line: log.lvel is not a setting (did you mean log.level?)",
      "environment: SIPULSE_KEEPALIV_JITTER is not a setting (did you mean SIPULSE_KEEPALIVE_JITTER?)",
      "sipulse.yml: keepalive.intervall is not a setting (did you mean keepalive.interval?)",
      "environment: keepalive.scope must be one of off, all, nat, udp, nat-udp, got some",
      "sipulse.yml: keepalive.interval must be a duration such as 500ms, 30s or 5m, got 30",
      "command line: log.level must be one of debug, info, warn, error, got loud",
    ]);
  });

  test("make one message that counts them", () => {
    const error = new ConfigError(["a.yml: x is not a setting", "environment: y is not a setting"]);
    expect(error.message).toBe(
      "configuration has 2 problem(s):\n  a.yml: x is not a setting\n  environment: y is not a setting",
    );
    expect(error).toMatchObject({ name: "ConfigError", code: "CONFIG" });
  });

  test("of a source that is overruled count as well", () => {
    expect(problemsOf({ yaml: "log.level: loud", flags: [["log.level", "info"]] })).toHaveLength(1);
  });

  test("of one setting do not hide contradictions between others", () => {
    expect(problemsOf({ yaml: "log.level: loud\nregistrar.max_expires: 1s" })).toHaveLength(2);
  });

  test("a contradiction is not reported for a value that could not be read", () => {
    expect(problemsOf({ yaml: "registrar.min_expires: long\nregistrar.max_expires: 1s" })).toEqual([
      "sipulse.yml: registrar.min_expires must be a duration such as 500ms, 30s or 5m, got long",
    ]);
  });

  test("quote a long or hostile value shortened and without control characters", () => {
    const [problem = ""] = problemsOf({ env: { SIPULSE_LOG_LEVEL: `\u001b[31m${"x".repeat(5_000)}` } });
    expect(problem.length).toBeLessThan(300);
    expect(problem).not.toContain("\u001b");
  });

  test("never quote the secret, wherever it comes from", () => {
    const given = { env: { SIPULSE_ADMIN_TOKEN: "hush hush" }, flags: [["admin.token", "hüsh"]] } as const;
    const problems = problemsOf(given);
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(/h.sh/);
  });

  test("a file that cannot be read is one line with the reason", () => {
    const readFile = () => {
      throw new Error("ENOENT: no such file or directory, open 'missing.yml'");
    };
    expect(() => loadConfig({ flags: [], env: {}, configPath: "missing.yml", readFile })).toThrow(
      "configuration has 1 problem(s):\n  missing.yml: cannot be read: ENOENT: no such file or directory",
    );
  });

  test("--config with an empty path does not start with the defaults", () => {
    expect(() => loadConfig({ flags: [], env: {}, configPath: "", readFile: () => "" })).toThrow(
      "command line: --config must be the path of a file, got nothing",
    );
  });

  test("a file of another program is reported in a bounded number of lines", () => {
    const yaml = Array.from({ length: 5_000 }, (_, i) => `other${i}: 1`).join("\n");
    expect(problemsOf({ yaml })).toHaveLength(50);
  });

  test("a file of more than a mebibyte is not even parsed", () => {
    expect(problemsOf({ yaml: "#".repeat(1_048_577) })).toEqual(["sipulse.yml: is larger than 1048576 characters"]);
  });

  test("a bomb of aliases is refused and not unfolded", () => {
    const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1}, *a${i - 1}`}]`);
    expect(problemsOf({ yaml: bomb.join("\n") }).join()).toContain("there are too many");
  });
});

describe("the environment", () => {
  test("of other programs is none of our business", () => {
    expect(load({ env: { PATH: "/bin", SIPULSEX: "1", sipulse_log_level: "loud" } })).toEqual(load({}));
  });

  test.each([
    "SIPULSE_SERVICE_HOST",
    "SIPULSE_SERVICE_PORT",
    "SIPULSE_SERVICE_PORT_SIP_UDP",
    "SIPULSE_PORT",
    "SIPULSE_PORT_5060_UDP",
    "SIPULSE_PORT_5060_UDP_ADDR",
    "SIPULSE_ADMIN_PORT_9465_TCP_PROTO",
  ])("%s is what Kubernetes sets for a Service, not a mistake", (variable) => {
    expect(load({ env: { [variable]: "udp://10.0.0.1:5060" } })).toEqual(load({}));
  });

  test.each(["SIPULSE_", "SIPULSE_PORTS", "SIPULSE_KEEPALIVE"])("%s is a mistake", (variable) => {
    expect(problemsOf({ env: { [variable]: "1" } })).toEqual([`environment: ${variable} is not a setting`]);
  });
});

describe("defaults that follow other settings", () => {
  test.each([
    { yaml: "keepalive.interval: 1m", timeoutMs: 4_000, because: "4s fits" },
    { yaml: "keepalive.interval: 5s", timeoutMs: 4_000, because: "0.8 of 5 s is exactly 4 s" },
    { yaml: "keepalive.interval: 2s", timeoutMs: 1_600, because: "0.8 of the interval" },
    { yaml: "keepalive: {interval: 1s, jitter: 0.9}", timeoutMs: 90, because: "0.9 of the shortest pause, 100 ms" },
    { yaml: "keepalive: {interval: 2s, probe_timeout: 1700ms}", timeoutMs: 1_700, because: "it was given" },
  ])("keepalive.probe_timeout is $timeoutMs ms with { $yaml }: $because", ({ yaml, timeoutMs }) => {
    expect(load({ yaml }).keepaliveProbeTimeoutMs).toBe(timeoutMs);
  });

  test("a fitted default says what it follows", () => {
    expect(resolve({ yaml: "keepalive.interval: 2s" }).origins.keepaliveProbeTimeoutMs).toBe(
      "default, follows keepalive.interval and keepalive.jitter",
    );
  });

  test.each([
    { yaml: "registrar.max_expires: 10m", defaultS: 600, because: "never above the longest" },
    { yaml: "registrar: {min_expires: 2h, max_expires: 3h}", defaultS: 7_200, because: "never below the shortest" },
  ])("registrar.default_expires is $defaultS s with { $yaml }: $because", ({ yaml, defaultS }) => {
    expect(load({ yaml }).registrarDefaultExpiresS).toBe(defaultS);
  });

  test.each([
    { flags: [["simulate", "5"]] as const, mode: "memory", because: "simulated phones are not worth a file" },
    { flags: [["simulate", "0"]] as const, mode: "write-back", because: "nothing is simulated" },
    {
      flags: [
        ["simulate", "5"],
        ["location.mode", "write-back"],
      ] as const,
      mode: "write-back",
      because: "it was asked for",
    },
  ])("location.mode is $mode with $flags: $because", ({ flags, mode }) => {
    expect(load({ flags }).locationMode).toBe(mode);
  });
});

describe("contradictions", () => {
  test("are blamed on the source that gave the first of the settings", () => {
    expect(problemsOf({ yaml: "registrar.min_expires: 2h", env: { SIPULSE_REGISTRAR_DEFAULT_EXPIRES: "2h" } })).toEqual(
      ["sipulse.yml: registrar.max_expires must be at least registrar.min_expires (2h), got 1h"],
    );
  });

  test.each([
    { listen: "127.0.0.1:9465", token: "", isFine: true, because: "loopback" },
    { listen: "127.9.9.9:1", token: "", isFine: true, because: "127.0.0.0/8 is loopback" },
    { listen: "[::1]:9465", token: "", isFine: true, because: "loopback in IPv6" },
    { listen: "localhost:9465", token: "", isFine: true, because: "loopback by name (RFC 6761 §6.3)" },
    { listen: "[::]:9465", token: "", isFine: false, because: "everybody could administrate" },
    { listen: "localhost.example.org:1", token: "", isFine: false, because: "a name that only looks like it" },
    { listen: "[::]:9465", token: "hush", isFine: true, because: "a token is asked for" },
  ])("admin.listen $listen with token '$token': $because", ({ listen, token, isFine }) => {
    const yaml = `admin: {listen: "${listen}", token: "${token}"}`;
    if (isFine) expect(load({ yaml }).adminToken).toBe(token || null);
    else expect(problemsOf({ yaml })[0]).toMatch(/^sipulse\.yml: admin\.listen must be a loopback address unless/);
  });
});

test("the configuration cannot be changed by accident", () => {
  expect(Object.isFrozen(resolveConfig({ flags: [], env: {}, configPath: null, readFile: () => "" }).config)).toBe(
    true,
  );
});
