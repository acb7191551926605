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
});
