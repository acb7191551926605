/**
 * The helpers of the tests: what they promise about real programs, processes, ports and the closing lines.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { closingLine, countTests, realLines } from "./closing-line.ts";
import { freePort } from "./ports.ts";
import { startProcess } from "./processes.ts";
import { REAL_NAMES, type RealComponent, type RealName, realComponent, realVerdict, requiredReal } from "./real.ts";

const found = (name: RealName): RealComponent => ({ name, available: true, path: `/usr/bin/${name}` });
const missing = (name: RealName): RealComponent => ({ name, available: false, path: name });

/** Runs a line of JavaScript as a program. */
const startScript = (script: string, options: Parameters<typeof startProcess>[2] = {}) =>
  startProcess(process.execPath, ["-e", script], options);

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

describe("real programs", () => {
  test.each([
    { components: [found("sipp")], required: [], kind: "run", because: "it is there" },
    { components: [found("sipp")], required: ["sipp"], kind: "run", because: "it is there and required" },
    { components: [missing("sipp")], required: [], kind: "skip", because: "it is missing and nobody requires it" },
    { components: [missing("sipp")], required: ["kamailio"], kind: "skip", because: "another one is required" },
    { components: [missing("sipp")], required: ["sipp"], kind: "fail", because: "it is missing and required" },
    {
      components: [found("prometheus"), missing("promtool")],
      required: ["prometheus", "promtool"],
      kind: "fail",
      because: "one of two is missing and required",
    },
  ] as const)("a suite is to $kind: $because", ({ components, required, kind }) => {
    const verdict = realVerdict(components, required);
    expect(verdict.kind).toBe(kind);
    expect(verdict.use.reason === null).toBe(kind === "run");
  });

  test("REQUIRE_REAL is a list separated by commas, and a wrong word in it is an error", () => {
    expect(requiredReal("sipp, kamailio,")).toEqual(["sipp", "kamailio"]);
    expect(requiredReal("")).toEqual([]);
    expect(() => requiredReal("kamilio")).toThrow(
      'must be of kamailio, sipp, baresip, prometheus, promtool, chromium, got "kamilio"',
    );
  });

  test("a program is found with an absolute path, or named as not available", () => {
    for (const name of REAL_NAMES) {
      const { available, path } = realComponent(name);
      expect(path.startsWith("/")).toBe(available);
    }
  });
});

describe("the closing lines", () => {
  const skipped = realVerdict([missing("sipp")], []).use;
  const ran = realVerdict([found("kamailio")], []).use;

  test("name what ran, what was skipped and why", () => {
    const suites = [
      { title: "bridge", use: ran, ran: true },
      { title: "load", use: skipped, ran: false },
    ];
    expect(realLines(suites, [])).toEqual([
      "real components that ran: kamailio",
      "SKIPPED sipp: load (sipp not found on this machine)",
    ]);
  });

  test("say FAILED where a missing program is required", () => {
    const { use } = realVerdict([missing("sipp")], ["sipp"]);
    expect(realLines([{ title: "load", use, ran: false }], ["sipp"])).toEqual([
      "real components that ran: none",
      "FAILED sipp: load (REQUIRE_REAL names sipp, not found)",
      "REQUIRE_REAL names sipp, but no test ran with it",
    ]);
  });

  test("say so when a required program met no test", () => {
    expect(realLines([], ["baresip"])).toEqual(["REQUIRE_REAL names baresip, but no test ran with it"]);
    expect(realLines([], [])).toEqual([]);
  });

  test("end with the counts alone on a line", () => {
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe("12 passed, 1 failed, 3 skipped");
  });

  test("count a file, a suite and an error outside of tests as failures", () => {
    const suite = { errors: () => [{}] };
    const tests = ["passed", "failed", "skipped", "pending"].map((state) => ({ result: () => ({ state }) }));
    const children = { allSuites: () => [suite], allTests: () => tests };
    const modules = [{ errors: () => [{}], children }] as unknown as Parameters<typeof countTests>[0];
    expect(countTests(modules, 1)).toEqual({ passed: 1, failed: 4, skipped: 2 });
  });
});

describe("startProcess()", () => {
  test("waits for text in the output, and keeps the output", async () => {
    await using running = await startScript("console.log('up'); setInterval(() => {}, 1e6)", { readyWhen: /^up$/m });
    expect(running.output()).toBe("up\n");
    expect(isRunning(running.pid)).toBe(true);
  });

  test("asks a readyWhen function again while it throws", async () => {
    let asked = 0;
    const readyWhen = async () => {
      if (asked++ < 2) throw new TypeError("fetch failed");
      return true;
    };
    await using running = await startScript("setInterval(() => {}, 1e6)", { readyWhen });
    expect([asked, isRunning(running.pid)]).toEqual([3, true]);
  });

  test("throws with the output when the program ends before it is ready", async () => {
    const script = "console.error('no such port'); process.exitCode = 3";
    await expect(startScript(script, { readyWhen: "up" })).rejects.toThrow(/exit code 3\nno such port/);
  });

  test("stops a program that is not ready in time", async () => {
    const script = "console.log(process.pid); setInterval(() => {}, 1e6)";
    const error: unknown = await startScript(script, { readyWhen: "up", readyTimeoutMs: 400 }).catch((cause) => cause);
    expect(String(error)).toContain("was not ready after 400 ms");
    const pid = Number(String(error).trim().split("\n").at(-1));
    expect(pid).toBeGreaterThan(1);
    expect(isRunning(pid)).toBe(false);
  });

  test("throws when there is no such program", async () => {
    await expect(startProcess("/nonexistent/program", [])).rejects.toThrow("cannot start /nonexistent/program");
  });

  test("stop() ends with SIGTERM, and may be called twice", async () => {
    const running = await startScript("console.log('up'); setInterval(() => {}, 1e6)", { readyWhen: "up" });
    expect(await running.stop()).toEqual({ code: null, signal: "SIGTERM" });
    expect(await running.stop()).toEqual({ code: null, signal: "SIGTERM" });
    expect(isRunning(running.pid)).toBe(false);
  });

  test("stop() kills a program that ignores SIGTERM, and its children", async () => {
    // A listening socket is the proof of life: a killed child may stay in the process table until somebody reaps it.
    const child = `process.on('SIGTERM', () => {});
      const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));`;
    const parent = `process.on('SIGTERM', () => {});
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });`;
    const running = await startScript(parent, { readyWhen: /\d+\n/, termGraceMs: 100 });
    const port = Number(running.output());
    expect(await isListening(port)).toBe(true);
    expect(await running.stop()).toEqual({ code: null, signal: "SIGKILL" });
    await expect.poll(() => isListening(port)).toBe(false);
  });

  test("hands over standard input", async () => {
    await using running = await startScript("process.stdin.pipe(process.stdout)", {
      input: "hello",
      readyWhen: "hello",
    });
    expect(running.output()).toBe("hello");
  });

  test("keeps the newest output when there is too much of it", async () => {
    const script = "process.stdout.write('x'.repeat(300 * 1024) + 'end'); setInterval(() => {}, 1e6)";
    await using running = await startScript(script, { readyWhen: "end" });
    expect(running.output()).toHaveLength(256 * 1_024);
  });
});

test("freePort() can be bound for UDP and for TCP", async () => {
  const port = await freePort();
  const udp = createSocket("udp4");
  const tcp = createServer();
  await new Promise<void>((resolve, reject) => {
    udp.once("error", reject).bind(port, "127.0.0.1", resolve);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  expect(udp.address().port).toBe(port);
  udp.close();
  tcp.close();
});
