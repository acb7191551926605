/**
 * Writes the documents that follow from tables in the source; `--check` only says which of them are out of date.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { overviewJson } from "../grafana/overview.ts";
import { configurationDocument } from "../src/config/document.ts";
import { metricsDocument } from "../src/telemetry/metrics-document.ts";

/** Path from the root of the repository, and what belongs there. */
const GENERATED: ReadonlyArray<readonly [path: string, text: () => string]> = [
  ["docs/CONFIGURATION.md", configurationDocument],
  ["docs/METRICS.md", metricsDocument],
  ["grafana/overview.json", overviewJson],
];

const isCheck = process.argv.includes("--check");

for (const [path, text] of GENERATED) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const wanted = text();
  if (read(file) === wanted) continue;
  if (isCheck) {
    process.stderr.write(`${path} is out of date; run npm run generate\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    process.stdout.write(`${path} written\n`);
  }
}

/** The text of a file; `null` when it cannot be read. */
function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
