import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DAEMON = fileURLToPath(new URL("../../../../src/daemon.ts", import.meta.url));
/** An import at the top that is there at run time. */
const IMPORT = /^(?:import|export) (?!type )(?:[^;"]*? from )?"([^"]+)";/gm;

/** Packages that are loaded with a file, and the road to each. */
function packagesOf(
  path: string,
  road: readonly string[] = [],
  seen = new Set<string>(),
): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  if (seen.has(path)) return found;
  seen.add(path);
  for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(IMPORT)) {
    if (!specifier.startsWith(".")) found.set(specifier, [...road, path]);
    else if (specifier.endsWith(".ts")) {
      for (const [name, way] of packagesOf(resolve(join(dirname(path), specifier)), [...road, path], seen)) {
        found.set(name, way);
      }
    }
  }
  return found;
}

test("a daemon without an OTLP endpoint loads nothing of OpenTelemetry", () => {
  const packages = packagesOf(DAEMON);
  expect([...packages.keys()]).toContain("prom-client"); // The walk gets that far.
  expect([...packages].filter(([name]) => name.startsWith("@opentelemetry/"))).toEqual([]);
});
