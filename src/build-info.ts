/**
 * What was built, from what: read from the files that stand beside the program.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** Values of `sip_registrar_build_info`. */
export interface BuildInfo {
  readonly version: string;
  /** Commit; `unknown` in a checkout that was not built. */
  readonly revision: string;
  readonly nodeVersion: string;
}

/** Version from package.json, commit from the build. */
export function buildInfo(): BuildInfo {
  const { version } = readJson<{ version: string }>("../package.json") ?? { version: "0.0.0" };
  const { revision } = readJson<{ revision: string }>("./build.json") ?? { revision: "unknown" };
  return { version, revision, nodeVersion: process.versions.node };
}

function readJson<Shape>(path: string): Shape | null {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as Shape;
  } catch {
    return null;
  }
}
