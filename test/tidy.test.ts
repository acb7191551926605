/**
 * The house rules that a machine can check, over the whole of `src/`, the documents and the dashboards.
 *
 * A failure names the file, the line and what to do. The rules themselves are tested in `support/tidy/`.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { settingRows } from "../src/config/schema.ts";
import { metricRows } from "../src/instruments/catalogue.ts";
import { spanAttributeNames } from "./fakes/span-records.ts";
import { cycleProblems, engineProblems, layerProblems, pureRoomProblems } from "./support/tidy/layers.ts";
import { type Document, metricProblems, settingProblems } from "./support/tidy/names.ts";
import { expectNone } from "./support/tidy/report.ts";
import * as rules from "./support/tidy/rules.ts";
import { readSources } from "./support/tidy/source.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const sources = readSources(join(ROOT, "src"));

/** Uses of the system's time that are right where they are. A row nobody needs any more fails the test. */
const TIME_EXCEPTIONS: readonly rules.TimeException[] = [
  { path: "cli/rpc-client.ts", what: "AbortSignal.timeout", because: "a command waits for one answer and then ends" },
  { path: "storage/kysely-store.ts", what: "setImmediate", because: "lets others run between two slices, no time" },
  { path: "storage/write-back.ts", what: "setImmediate", because: "lets others run between two slices, no time" },
];

/** Documents whose words are promises. CHANGELOG.md is not one of them: it also names what is gone. */
const DOCUMENT_FOLDERS = ["docs", "grafana", "examples", "helm"];
const DOCUMENT_FILES = ["README.md", "CONTRIBUTING.md"];
const DOCUMENT_NAME = /\.(md|json|ya?ml)$/;

/** What looks like a setting: OpenTelemetry names, the flag for the file, and what Kubernetes sets for a Service. */
const NOT_SETTINGS = [
  ...metricRows().map(([, row]) => row.otelName),
  ...spanAttributeNames(),
  ...["CONFIG", "SERVICE_HOST", "PORT_5060_UDP"],
];

function readDocuments(): readonly Document[] {
  const inFolders = DOCUMENT_FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`),
  );
  return [...DOCUMENT_FILES, ...inFolders]
    .filter((path) => DOCUMENT_NAME.test(path) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

describe("src/", () => {
  test("is where this test looks", () => {
    expect(sources.map(({ path }) => path)).toContain("base/units.ts");
  });

  test("a folder imports only from rows above it", () => {
    expectNone(layerProblems(sources));
  });

  test("no two modules import each other, types included", () => {
    expectNone(cycleProblems(sources));
  });

  test("pure rooms import nothing but node:crypto and node:buffer", () => {
    expectNone(pureRoomProblems(sources));
  });

  test("the engine thread loads nothing of the main thread", () => {
    expectNone(engineProblems(sources));
  });

  test("time comes from a Clock", () => {
    expectNone(rules.timeProblems(sources, TIME_EXCEPTIONS));
  });

  test.each([
    { rule: "random numbers come from a Random", check: rules.randomProblems },
    { rule: "units are converted in base/units.ts", check: rules.unitProblems },
    { rule: "nothing is written to the console", check: rules.consoleProblems },
    { rule: "files and functions stay below the outer limits", check: rules.sizeProblems },
    { rule: "every module opens by saying what it is for", check: rules.headerProblems },
    { rule: "every exported function, class and interface is documented", check: rules.docstringProblems },
  ])("$rule", ({ check }) => {
    expectNone(sources.flatMap((source) => check(source)));
  });
});

describe("documents and dashboards", () => {
  const documents = readDocuments();

  test("name only metrics that exist", () => {
    const metrics = metricRows().map(([, { name, type }]) => ({ name, isHistogram: type === "histogram" }));
    expectNone(metricProblems(documents, metrics), "");
  });

  test("name only settings that exist", () => {
    const keys = settingRows.map(([, { key }]) => key);
    expectNone(settingProblems(documents, keys, NOT_SETTINGS), "");
  });
});
