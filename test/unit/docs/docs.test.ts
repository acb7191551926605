/**
 * What README and `docs/` say is so: links, files, commands, PromQL, the map of the source, Kamailio's names.
 *
 * That documents name only metrics and settings that exist is checked in `test/tidy.test.ts`, for dashboards as well.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { settingRows } from "../../../src/config/schema.ts";
import { metricRows } from "../../../src/instruments/catalogue.ts";
import { contactShape } from "../../../src/rpc/contact-shape.ts";
import { ulCommands } from "../../../src/rpc/ul-commands.ts";
import { aContactView } from "../../fakes/engine-port.ts";
import { describeReal } from "../../support/real.ts";
import { ROWS } from "../../support/tidy/layers.ts";
import type { Document } from "../../support/tidy/names.ts";
import { expectNone } from "../../support/tidy/report.ts";
import { commandProblems, commandsIn } from "./commands.ts";
import { anchors, codeBlocks, inlineCode, tableRows } from "./markdown.ts";
import { blocksOf, foldersWithFiles, linkProblems, placeProblems, requestProblems, requestsOf } from "./places.ts";
import { expressionProblems, expressionsIn } from "./promql.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const read = (path: string): Document => ({ path, text: readFileSync(join(ROOT, path), "utf8") });

const documents = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith(".md"))
  .map(read);
const [readme, architecture, kamailio] = ["README.md", "docs/ARCHITECTURE.md", "docs/KAMAILIO.md"].map(read) as [
  Document,
  Document,
  Document,
];

const packageFile = JSON.parse(read("package.json").text) as { version: string; scripts: Record<string, string> };
const checkout = { root: ROOT, scripts: Object.keys(packageFile.scripts) };
const rows = metricRows().map(([, row]) => row);

const portOf = (key: string): number =>
  Number(
    settingRows
      .find(([, row]) => row.key === key)?.[1]
      .default.toString()
      .split(":")
      .at(-1),
  );
const listeners = [
  { port: portOf("web.listen"), requests: requestsOf(join(ROOT, "src/http/web.ts")) },
  { port: portOf("admin.listen"), requests: requestsOf(join(ROOT, "src/http/admin.ts")) },
];

/** First cells of the rows whose first cell is a folder below `top`, without the backticks. */
const mapped = (top: string): readonly string[] =>
  tableRows(architecture.text, "The map")
    .map(([cell = ""]) => cell.replaceAll("`", ""))
    .filter((cell) => cell.startsWith(`${top}/`));

describe("every document", () => {
  test("links to files and headings that exist", () => {
    expectNone(linkProblems(documents, ROOT), "");
  });

  test("names files and folders that exist", () => {
    expectNone(placeProblems(documents, ROOT), "");
  });

  test("shows commands that the command line accepts, and scripts that exist", async () => {
    expectNone(await commandProblems(documents, checkout), "");
  });

  test("names HTTP requests that a listener serves, at its default port", () => {
    expectNone(requestProblems(documents, listeners), "");
  });

  test("shows PromQL with metrics, labels and values that exist", () => {
    expectNone(expressionProblems(expressionsIn(documents), rows), "");
  });
});

describe("README.md", () => {
  test("has at most 150 lines", () => {
    expect(readme.text.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  test("shows the two commands, and PromQL for round trip, loss and reachability", () => {
    const commands = commandsIn(readme.text).map(({ text }) => text);
    expect(commands).toEqual(expect.arrayContaining(["npm start -- --simulate 200", "npm test"]));
    const asked = expressionsIn([readme]).map(({ expr }) => expr);
    for (const metric of ["rtt_seconds_bucket", "failures_total", "contacts{"]) {
      expect(asked.join("\n")).toContain(`sip_keepalive_${metric}`);
    }
  });
});

describe("CHANGELOG.md", () => {
  const lines = read("CHANGELOG.md").text.split("\n");

  test("starts with the release that package.json names", () => {
    const newest = lines.find((line) => line.startsWith("## "));
    expect(newest).toMatch(new RegExp(`^## ${packageFile.version.replaceAll(".", "\\.")} / `));
  });

  test("tags every entry, changes first", () => {
    const order = ["CHANGE", "FEATURE", "ENHANCEMENT", "BUGFIX"];
    for (const release of lines.join("\n").split(/^## /m).slice(1)) {
      const ranks = [...release.matchAll(/^\* (?:\[(\w+)\])?/gm)].map(([, tag = ""]) => order.indexOf(tag));
      expect(ranks.length).toBeGreaterThan(0);
      expect(ranks).toEqual(ranks.filter((rank) => rank >= 0).sort());
    }
  });
});

describe("the map in docs/ARCHITECTURE.md", () => {
  test("has every folder of src/ and nothing else", () => {
    const folders = foldersWithFiles(ROOT, "src").filter((folder) => folder !== "src/");
    expect([...mapped("src")].sort()).toEqual(folders);
  });

  test("follows the order of the layers", () => {
    const layers = ROWS.flat().map((folder) => `src/${folder}/`);
    const known = mapped("src").filter((folder) => layers.includes(folder));
    expect(known).toEqual(layers.filter((folder) => known.includes(folder)));
  });

  test("has every folder of test/, and the folders of tools", () => {
    const inTest = foldersWithFiles(ROOT, "test").map((folder) => folder.split("/").slice(0, 2).join("/"));
    const folders = [...new Set(inTest)].filter((folder) => folder !== "test/").map((folder) => `${folder}/`);
    expect([...mapped("test")].sort()).toEqual(folders.sort());
    for (const folder of ["grafana", "bench", "scripts", "docs"]) expect(mapped(folder)).toEqual([`${folder}/`]);
  });
});

describe("docs/KAMAILIO.md", () => {
  const parameterRows = ["Keepalive (`usrloc`)", "Location (`usrloc`)", "Registrar and core"].flatMap((title) =>
    tableRows(kamailio.text, title),
  );
  const codesIn = (cell = ""): readonly string[] => inlineCode(cell).map(({ text }) => text);
  const pairs = parameterRows.flatMap(([theirs, ours]) =>
    codesIn(theirs).map((name) => `${name} is ${codesIn(ours)[0] ?? "nothing"}`),
  );
  const ourPairs = settingRows.flatMap(([, { key, kamailio: names }]) =>
    (names ?? "").split(", ").flatMap((name) => (name === "" ? [] : [`${name} is ${key}`])),
  );

  test("maps parameters to settings exactly as the settings table does", () => {
    expect(pairs.filter((pair) => !pair.endsWith("is nothing")).sort()).toEqual([...ourPairs].sort());
  });

  test("says of all eleven keepalive parameters what became of them", () => {
    const names = parameterRows.flatMap(([theirs]) => codesIn(theirs)).filter((name) => name.startsWith("ka_"));
    expect(names.sort()).toEqual([
      "ka_domain",
      "ka_filter",
      "ka_from",
      "ka_interval",
      "ka_loglevel",
      "ka_logmsg",
      "ka_method",
      "ka_mode",
      "ka_randomize",
      "ka_reply_codes",
      "ka_timeout",
    ]);
  });

  test("gives a reason for every parameter without a setting", () => {
    const bare = parameterRows.filter(([, ours, why]) => ours === "–" && !/^Not (yet|needed)\b/.test(why ?? ""));
    expect(bare).toEqual([]);
  });

  test("lists the RPC commands that exist, and keys of a contact that it has", () => {
    const names = tableRows(kamailio.text, "RPC").map(([cell]) => codesIn(cell)[0] ?? "");
    const engine = { dumpPage: () => Promise.reject(), lookup: () => Promise.reject() };
    const commands = [...ulCommands({ engine, persistence: () => "new" }).keys()];
    const keys = Object.keys(contactShape(aContactView(), "new"));
    expect(names.filter((name) => name.startsWith("ul."))).toEqual(commands);
    expect(names.filter((name) => !name.startsWith("ul."))).not.toEqual([]);
    expect(names.filter((name) => !name.startsWith("ul.") && !keys.includes(name))).toEqual([]);
  });
});

describe("the checks themselves", () => {
  const broken = (text: string): readonly Document[] => [{ path: "docs/a.md", text }];

  test.each([
    { text: "[a](b.md)", found: "links to docs/b.md, which does not exist" },
    { text: "[a](GLOSSARY.md#nowhere)", found: "links to docs/GLOSSARY.md, which has no heading #nowhere" },
    { text: "`src/none.ts`", found: "src/none.ts does not exist" },
    { text: "`GET /nothing`", found: "no listener serves GET /nothing" },
    { text: "`POST /metrics`", found: "no listener serves POST /metrics" },
    { text: "curl localhost:9464/RPC", found: "nothing answers at localhost:9464/RPC" },
  ])("find in $text: $found", ({ text, found }) => {
    const all = [linkProblems, placeProblems].flatMap((check) => check(broken(text), ROOT));
    const advices = [...all, ...requestProblems(broken(text), listeners)].map(({ advice }) => advice);
    expect(advices).toEqual([found]);
  });

  test.each([
    { command: "sipulse ul rm alice", found: "unknown command 'rm'" },
    { command: "npx sipulse ul show --brief", found: "unknown option '--brief'" },
    { command: "npm start -- --keepalive.intervall 5s", found: "keepalive.intervall" },
    { command: "npm start -- --keepalive.interval 5", found: "keepalive.interval" },
    { command: "node src/main.ts simulate --fones 5", found: "--fones" },
    { command: "npm run nothing", found: "no script nothing" },
    { command: "npx vitest run test/none", found: "no test/none" },
  ])("find in $command: $found", async ({ command, found }) => {
    for (const text of [`\`\`\`sh\n${command}\n\`\`\`\n`, `\`\`\`console\n$ ${command}\n\`\`\`\n`, `\`${command}\``]) {
      const problems = await commandProblems(broken(text), checkout);
      expect(problems.map(({ advice }) => advice)).toEqual([expect.stringContaining(found)]);
    }
  });

  test.each([
    { expr: "sip_keepalive_contacts", found: [] },
    { expr: "sip_keepalive_rtt_seconds", found: [] },
    {
      expr: "sip_registrar_store_operation_duration_seconds",
      found: ["no metric sip_registrar_store_operation_duration_seconds"],
    },
    { expr: 'sip_keepalive_contacts{state=~"unknown|reachable",job="sipulse"}', found: [] },
    { expr: "sip_keepalive_contacts{aor='a'}", found: ["sip_keepalive_contacts has no label aor"] },
    { expr: 'sip_keepalive_contacts{aor="a"}', found: ["sip_keepalive_contacts has no label aor"] },
    { expr: 'sip_keepalive_contacts{state="gone"}', found: ["sip_keepalive_contacts never has the value gone"] },
    { expr: "sum by (code) (sip_registrar_aors)", found: ["sip_registrar_aors has no label code"] },
    { expr: "vector(1)", found: ["vector(1) asks for no metric of ours"] },
  ])("find in $expr: $found", ({ expr, found }) => {
    const problems = expressionProblems(expressionsIn(broken(`\`\`\`promql\n${expr}\n\`\`\`\n`)), rows);
    expect(problems.map(({ advice }) => advice)).toEqual(found);
  });

  test("read Markdown line by line: blocks, inline code, headings, tables", () => {
    const text = "# A `b` c!\n\n```sh\n`no`\n```\n\n| h |\n|---|\n| `x` |\n\n## Next\n";
    expect(codeBlocks(text)).toEqual([{ language: "sh", text: "`no`\n", line: 3 }]);
    expect(inlineCode(text)).toEqual([
      { text: "b", line: 1 },
      { text: "x", line: 9 },
    ]);
    expect(anchors(text)).toEqual(["a-b-c", "next"]);
    expect(tableRows(text, "A `b` c!")).toEqual([["`x`"]]);
    expect(tableRows(text, "Next")).toEqual([]);
  });
});

describeReal("promtool", "documents and promtool", ({ promtool }) => {
  function check(what: "rules" | "config", text: string): { status: number | null; output: string } {
    const folder = mkdtempSync(join(tmpdir(), "sipulse-docs-"));
    try {
      const file = join(folder, "file.yml");
      writeFileSync(file, text);
      const { status, stdout, stderr } = spawnSync(promtool, ["check", what, file], { encoding: "utf8" });
      return { status, output: stdout + stderr };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  /** As recording rules, because promtool checks rule files only. */
  const checkExpressions = (expressions: readonly string[]) =>
    check(
      "rules",
      JSON.stringify({ groups: [{ name: "docs", rules: expressions.map((expr, i) => ({ record: `r:${i}`, expr })) }] }),
    );

  test("every PromQL expression parses", () => {
    const { status, output } = checkExpressions(expressionsIn(documents).map(({ expr }) => expr));
    expect(status, output).toBe(0);
  });

  test("the scrape configuration of README.md is one", () => {
    const blocks = blocksOf(readme, "yaml").filter((yaml) => yaml.startsWith("scrape_configs:"));
    expect(blocks).toHaveLength(1);
    const { status, output } = check("config", blocks.join(""));
    expect(status, output).toBe(0);
  });

  test("a broken expression is refused, so the tests above can fail", () => {
    expect(checkExpressions(["sum(rate(sip_keepalive_requests_total[1m])"]).status).not.toBe(0);
  });
});
