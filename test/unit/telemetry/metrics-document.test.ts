import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricRows } from "../../../src/instruments/catalogue.ts";
import { metricsDocument } from "../../../src/telemetry/metrics-document.ts";

test("docs/METRICS.md is what the catalogue prints; if not, run npm run generate", () => {
  const committed = readFileSync(new URL("../../../docs/METRICS.md", import.meta.url), "utf8");
  expect(committed).toBe(metricsDocument());
});

test.each(metricRows().map(([, row]) => ({ name: row.name, row })))("tells all there is about $name", ({ row }) => {
  const section = metricsDocument().split(`### ${row.name}\n`)[1]?.split("\n### ")[0] ?? "";
  expect(section).toContain(row.help);
  expect(section).toContain(`type: ${row.type}`);
  expect(section).toContain(`\`${row.otelName}\``);
  for (const label of row.labels) expect(section).toContain(`label \`${label.name}\`: `);
  for (const value of row.labels.flatMap(({ values }) => values ?? [])) expect(section).toContain(`\`${value}\``);
  for (const bound of row.buckets ?? []) expect(section).toContain(` ${bound}`);
  expect(section.includes("exponential buckets: ")).toBe(row.native !== undefined);
});

test("a metric that is said not to be here is not", () => {
  const table = metricsDocument().split("## Not here, or not yet\n")[1] ?? "";
  const names = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) => {
    return [...cell.matchAll(/`([a-z_]+)(\*?)`/g)].map(([, name = "", star = ""]) => ({ name: `sip_${name}`, star }));
  });
  expect(names.length).toBeGreaterThan(7);
  const taken = metricRows().map(([, row]) => row.name);
  for (const { name, star } of names) {
    expect(taken.filter((one) => (star === "*" ? one.startsWith(name) : one === name))).toEqual([]);
  }
});
