/**
 * The tidy test's own test: every rule is shown a bad file and must find it, and a good one and must keep quiet.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { cycleProblems, engineProblems, folderOf, layerProblems, mayImport, pureRoomProblems } from "./layers.ts";
import { metricProblems, settingProblems } from "./names.ts";
import { problemLine } from "./report.ts";
import * as rules from "./rules.ts";
import { type Problem, sourceOf } from "./source.ts";

const lines = (problems: readonly Problem[]): readonly string[] => problems.map((problem) => problemLine(problem));
const files = (texts: Readonly<Record<string, string>>) =>
  Object.entries(texts).map(([path, text]) => sourceOf(path, text));

describe("layers", () => {
  test.each([
    { from: "location", to: "base", allowed: true, because: "base is above everything" },
    { from: "location", to: "location", allowed: true, because: "a folder may import from itself" },
    { from: "location", to: "registrar", allowed: false, because: "registrar is a row below" },
    { from: "registrar", to: "keepalive", allowed: false, because: "folders of one row do not know each other" },
    { from: "sip/syntax", to: "config", allowed: false, because: "folders of one row do not know each other" },
    { from: "sip", to: "sip/syntax", allowed: true, because: "the inner folder has a row of its own, above" },
    { from: "sip/syntax", to: "sip", allowed: false, because: "the outer folder is below" },
    { from: "http", to: "location", allowed: true, because: "location is above http" },
    { from: "simulator", to: "sip/transport", allowed: true, because: "phones share the transport" },
    { from: "simulator", to: "sip", allowed: false, because: "phones do not share decisions, whatever the row says" },
    { from: "cli", to: ".", allowed: false, because: "only wiring imports wiring" },
    { from: ".", to: "cli", allowed: true, because: "wiring may import everything" },
  ])("$from -> $to is $allowed: $because", ({ from, to, allowed }) => {
    expect(mayImport(from, to)).toBe(allowed);
  });

  test("the longest known folder decides", () => {
    expect(["sip/syntax/scan.ts", "sip/endpoint.ts", "http/page/a.ts", "main.ts", "misc/a.ts"].map(folderOf)).toEqual([
      "sip/syntax",
      "sip",
      "http",
      ".",
      null,
    ]);
  });

  test.each([
    { statement: `import { a } from "../registrar/a.ts";`, because: "a plain import" },
    { statement: `import type { a } from "../registrar/a.ts";`, because: "types tie modules together as well" },
    { statement: `export * from "../registrar/a.ts";`, because: "a re-export is an import" },
    { statement: `const a = await import("../registrar/a.ts");`, because: "a dynamic import is an import" },
    { statement: `let a: import("../registrar/a.ts").A;`, because: "an import type is an import" },
  ])("an import of a lower row is found: $because", ({ statement }) => {
    expect(lines(layerProblems(files({ "location/bad.ts": `\n${statement}`, "registrar/a.ts": "" })))).toEqual([
      "src/location/bad.ts: line 2: must not import registrar/a.ts: registrar is not in a lower layer than location",
    ]);
  });

  test("a folder without a row and an import of a missing file are found", () => {
    expect(lines(layerProblems(files({ "misc/a.ts": "", "base/b.ts": `import "./gone.ts";` })))).toEqual([
      "src/misc/a.ts: line 1: the folder is in no row (add it to ROWS in test/support/tidy/layers.ts)",
      "src/base/b.ts: line 1: imports src/base/gone.ts, which does not exist",
    ]);
  });

  test("a cycle is found once, type-only imports included, and names its road", () => {
    const sources = files({
      "sip/a.ts": `import "./b.ts";`,
      "sip/b.ts": `import type { C } from "./c.ts";`,
      "sip/c.ts": `import "./a.ts";`,
      "sip/d.ts": `import "./a.ts"; import "./b.ts";`,
    });
    expect(lines(cycleProblems(sources))).toEqual([
      "src/sip/c.ts: line 1: import cycle sip/a.ts -> sip/b.ts -> sip/c.ts -> sip/a.ts (move what both need one row up)",
    ]);
    expect(cycleProblems(sources.filter(({ path }) => path !== "sip/c.ts"))).toEqual([]);
  });

  test("a pure room that reads files or takes a package is found; node:crypto is allowed", () => {
    const text = `import "node:crypto";\nimport "node:fs";\nimport { z } from "zod";`;
    expect(lines(pureRoomProblems(files({ "keepalive/a.ts": text, "http/b.ts": text })))).toEqual([
      "src/keepalive/a.ts: line 2: must not import node:fs: pure rooms take only node:crypto and node:buffer (hand it in)",
      "src/keepalive/a.ts: line 3: must not import zod: pure rooms take only node:crypto and node:buffer (hand it in)",
    ]);
  });

  test("a package of the main thread is found behind any number of files of the engine", () => {
    const sources = files({
      "engine.ts": `import "./sip/a.ts"; import "./http/page.ts";`,
      "sip/a.ts": `import type { B } from "./b.ts";`,
      "sip/b.ts": `import { trace } from "@opentelemetry/api";`,
      "http/page.ts": `import express from "express";`,
      "daemon.ts": `import express from "express";`,
    });
    expect(lines(engineProblems(sources))).toEqual([
      "src/engine.ts: line 1: the engine thread must not load ./http/page.ts (road: engine.ts; use the engine port)",
      "src/sip/b.ts: line 1: the engine thread must not load @opentelemetry/api (road: engine.ts -> sip/a.ts -> sip/b.ts; use the engine port)",
    ]);
  });
});

describe("rules of one file", () => {
  test.each([
    { text: "const a = Date.now();", what: "Date.now" },
    { text: "const a = new Date();", what: "new Date()" },
    { text: "const a = performance.now();", what: "performance.now" },
    { text: "const a = globalThis.performance.now();", what: "performance.now" },
    { text: "setTimeout(a, 5);", what: "setTimeout" },
    { text: "globalThis.setInterval(a, 5);", what: "setInterval" },
    { text: "const later = { run: setImmediate };", what: "setImmediate" },
    { text: `import { setTimeout as sleep } from "node:timers/promises";`, what: "setTimeout" },
    { text: `import * as timers from "node:timers/promises";`, what: "node:timers/promises" },
    { text: `import { performance } from "node:perf_hooks";`, what: "performance" },
    { text: "const a = AbortSignal.timeout(5);", what: "AbortSignal.timeout" },
    { text: "const a = process.hrtime.bigint();", what: "process.hrtime" },
  ])("time outside base is found: $text", ({ text, what }) => {
    const found = lines(rules.timeProblems(files({ "sip/a.ts": text })));
    expect(found).toEqual([`src/sip/a.ts: line 1: ${what} (take a Clock, see base/clock.ts)`]);
  });

  test.each([
    { path: "base/clock.ts", text: "const a = Date.now();", because: "base is where clocks are read" },
    { path: "sip/a.ts", text: "socket.setTimeout(5);", because: "the timeout of a socket is another thing" },
    { path: "sip/a.ts", text: "let a: ReturnType<typeof setTimeout>;", because: "a type runs nothing" },
    { path: "sip/a.ts", text: "// Date.now() is forbidden", because: "comments are not code" },
    { path: "sip/a.ts", text: "const a = new Date(wallMs);", because: "formatting a given instant reads no clock" },
  ])("no time is read: $because", ({ path, text }) => {
    expect(rules.timeProblems(files({ [path]: text }))).toEqual([]);
  });

  test("an exception excuses one name in one file, and is reported when nothing needs it any more", () => {
    const exception = { path: "main.ts", what: "setTimeout", because: "the grace period" };
    const sources = files({ "main.ts": "setTimeout(a, 5);\nsetInterval(a, 5);" });
    expect(lines(rules.timeProblems(sources, [exception]))).toEqual([
      "src/main.ts: line 2: setInterval (take a Clock, see base/clock.ts)",
    ]);
    expect(lines(rules.timeProblems([], [exception]))).toEqual([
      "src/main.ts: line 1: setTimeout is excused but not used any more",
    ]);
  });

  test.each([
    { text: "const a = b * 1000;", found: ["* 1000"] },
    { text: "const a = b / 1_000;", found: ["/ 1_000"] },
    { text: "const a = 1000 * b;", found: ["* 1000"] },
    { text: "const a = b / 1e6;", found: ["/ 1e6"] },
    { text: "const a = b * 0.001;", found: ["* 0.001"] },
    { text: "const a = b / 1_000_000n;", found: ["/ 1_000_000n"] },
    { text: "a *= (1_000);", found: ["*= (1_000)"] },
    { text: "const CONTACTS_MAX = 1_000;", found: [] },
    { text: "const a = b * 1024 + 1000;", found: [] },
  ])("unit conversions in $text: $found", ({ text, found }) => {
    expect(lines(rules.unitProblems(sourceOf("sip/a.ts", text)))).toEqual(
      found.map((what) => `src/sip/a.ts: line 1: ${what} (add a conversion to base/units.ts)`),
    );
    expect(rules.unitProblems(sourceOf("base/units.ts", text))).toEqual([]);
  });

  test("unrepeatable random numbers are found outside base", () => {
    const text = `import { randomBytes, createHash } from "node:crypto";\nconst a = Math.random();`;
    expect(lines(rules.randomProblems(sourceOf("sip/a.ts", text)))).toEqual([
      "src/sip/a.ts: line 1: randomBytes (take a Random, see base/random.ts)",
      "src/sip/a.ts: line 2: Math.random (take a Random, see base/random.ts)",
    ]);
    expect(rules.randomProblems(sourceOf("base/random.ts", text))).toEqual([]);
  });

  test("console is found in code and not in comments", () => {
    const text = `// console.log is forbidden\nconsole.error("x");`;
    expect(lines(rules.consoleProblems(sourceOf("sip/a.ts", text)))).toEqual([
      "src/sip/a.ts: line 2: console.error (take a Log, or write to process.stdout in cli/)",
    ]);
  });

  test("a file of 400 lines passes and one of 401 does not", () => {
    expect(rules.sizeProblems(sourceOf("sip/a.ts", "//\n".repeat(400)))).toEqual([]);
    expect(lines(rules.sizeProblems(sourceOf("sip/a.ts", "//\n".repeat(401))))).toEqual([
      "src/sip/a.ts: line 401: 401 lines, at most 400 (split it)",
    ]);
  });

  test("a function of 60 lines passes and one of 61 does not, methods and arrows included", () => {
    const body = (count: number) => `{\n${"  a();\n".repeat(count - 2)}}`;
    const at = (text: string) => lines(rules.sizeProblems(sourceOf("sip/a.ts", text)));
    expect(at(`function f() ${body(60)}`)).toEqual([]);
    expect(at(`\nfunction f() ${body(61)}`)).toEqual([
      "src/sip/a.ts: line 2: f has 61 lines, at most 60 (extract a step)",
    ]);
    expect(at(`class A { m() ${body(61)} }`)).toEqual([
      "src/sip/a.ts: line 1: m has 61 lines, at most 60 (extract a step)",
    ]);
    expect(at(`const f = () => ${body(61)};`)).toHaveLength(1);
  });

  test.each([
    { text: "/**\n * Words.\n *\n * @module\n */\n", isFine: true, because: "words and the tag" },
    { text: "#!/usr/bin/env node\n/** Words. @module */\n", isFine: true, because: "a shebang may stand before it" },
    { text: "/** Words. */\nexport const a = 1;", isFine: false, because: "without the tag it belongs to `a`" },
    { text: "/** @module */", isFine: false, because: "it says nothing" },
    { text: `import "./a.ts";\n/** Words. @module */`, isFine: false, because: "it is not the first thing" },
    { text: "", isFine: false, because: "there is no header" },
  ])("module header, $isFine: $because", ({ text, isFine }) => {
    expect(rules.headerProblems(sourceOf("sip/a.ts", text)).length === 0).toBe(isFine);
  });

  test.each([
    { text: "export function f() {}", found: "f" },
    { text: "export class C {}", found: "C" },
    { text: "export interface I {}", found: "I" },
    { text: "export const f = () => 1;", found: "f" },
    { text: "// Not a docstring.\nexport function f() {}", found: "f" },
    { text: "/** Header. @module */\nexport function f() {}", found: "f" },
    { text: "/** Words. */\nexport function f() {}", found: null },
    { text: "/** Words. */\nexport const f = () => 1;", found: null },
    { text: "/** Words. */\nexport function f(a: 1): 1;\nexport function f(a: 2): 2;", found: null },
    { text: "function f() {}\nexport const LIMIT = 5;\nexport type A = 1;", found: null },
  ])("docstring missing in $text: $found", ({ text, found }) => {
    const advice = rules.docstringProblems(sourceOf("sip/a.ts", text)).map((problem) => problem.advice);
    expect(advice).toEqual(
      found === null ? [] : [`${found} needs a docstring: unit, range, RFC, what is thrown, what null means`],
    );
  });
});

describe("names in documents", () => {
  const metrics = [
    { name: "sip_keepalive_rtt_seconds", isHistogram: true },
    { name: "sip_keepalive_contacts", isHistogram: false },
  ];
  const settings = ["keepalive.interval", "telemetry.domains.max"];

  test.each([
    { text: "sip_keepalive_contacts{state}", found: [] },
    { text: "rate(sip_keepalive_rtt_seconds_bucket[1m])", found: [] },
    { text: "`sip_keepalive_*` and `sip_keepalive_`", found: [] },
    { text: "sip_keepalive_contacts_bucket", found: ["sip_keepalive_contacts_bucket"] },
    { text: "sip_keepalive_rtt", found: ["sip_keepalive_rtt"] },
    { text: "sip_bridge_*", found: ["sip_bridge_*"] },
    { text: "the package src/sip_thing.c", found: [] },
  ])("metrics in $text: unknown $found", ({ text, found }) => {
    const problems = metricProblems([{ path: "docs/a.md", text }], metrics);
    expect(problems.map(({ advice }) => advice)).toEqual(
      found.map((name) => `no metric ${name} in src/instruments/catalogue.ts`),
    );
  });

  test.each([
    { text: "`keepalive.interval`, `telemetry.domains`", found: [] },
    { text: "`keepalive.intervall`", found: ["keepalive.intervall"] },
    { text: "`keepalive.ts` and `express.static`", found: [] },
    { text: "`keepalive.other.name`", found: [] },
    { text: "run --keepalive.interval 5s", found: [] },
    { text: "run --keepalive.period 5s", found: ["keepalive.period"] },
    { text: "SIPULSE_TELEMETRY_DOMAINS_MAX=5", found: [] },
    { text: "SIPULSE_KEEPALIVE_PERIOD=5s", found: ["KEEPALIVE_PERIOD"] },
    { text: "```yaml\nkeepalive:\n  interval: 5s\n  period: 5s\n```\n", found: ["keepalive.period"] },
    { text: "```yaml\nscrape_configs:\n  - job_name: a\n```\n", found: [] },
  ])("settings in $text: unknown $found", ({ text, found }) => {
    const problems = settingProblems([{ path: "docs/a.md", text }], settings, ["keepalive.other.name"]);
    expect(problems.map(({ advice }) => advice)).toEqual(
      found.map((name) => `no setting ${name} in src/config/schema.ts`),
    );
  });

  test("a problem names the line it is on", () => {
    const text = "\n\nsip_nothing_total";
    expect(metricProblems([{ path: "README.md", text }], metrics)[0]).toMatchObject({ path: "README.md", line: 3 });
  });
});
