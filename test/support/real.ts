/**
 * Tests against real programs: found on this machine or skipped by name, never silently.
 *
 *      describeReal("kamailio", ...) --found--> runs
 *                                    --missing--> skipped; closing-line.ts prints the name and the reason
 *                                    --missing, in REQUIRE_REAL--> fails
 *
 * What a suite needs travels to the reporter as the suite's `meta.real`.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "vitest";

export { freePort, freeTcpPort, freeUdpPort } from "./ports.ts";
export { type RunningProcess, type StartOptions, startProcess } from "./processes.ts";

/** Every program that a test may ask for; also the words of REQUIRE_REAL. */
export const REAL_NAMES = ["kamailio", "sipp", "baresip", "prometheus", "promtool", "chromium"] as const;
export type RealName = (typeof REAL_NAMES)[number];

/** A program, found or not. */
export interface RealComponent {
  readonly name: RealName;
  readonly available: boolean;
  /** Absolute path; the bare name when it is not available. */
  readonly path: string;
}

/** What a suite needs, as the reporter sees it. */
export interface RealUse {
  readonly names: readonly RealName[];
  /** Those of `names` that are not on this machine. */
  readonly missing: readonly RealName[];
  /** Why the suite does not run; `null` when it runs. */
  readonly reason: string | null;
}

declare module "vitest" {
  interface TaskMeta {
    real?: RealUse;
  }
}

/** Where servers live that are not in the PATH of an ordinary user (Debian puts kamailio there). */
const SERVER_FOLDERS = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/** Looks a program up in PATH and in the usual server folders. */
export function realComponent(name: RealName): RealComponent {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), ...SERVER_FOLDERS]) {
    const path = join(folder, name);
    if (folder !== "" && isExecutable(path)) return { name, available: true, path };
  }
  return { name, available: false, path: name };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The names in the environment variable REQUIRE_REAL, a list separated by commas.
 *
 * @throws {RangeError} on a name that no test knows: a typing error must not turn the demand off
 */
export function requiredReal(list = process.env["REQUIRE_REAL"] ?? ""): readonly RealName[] {
  const words = list
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  return words.map((word) => {
    const name = REAL_NAMES.find((known) => known === word);
    if (name === undefined) throw new RangeError(`REQUIRE_REAL must be of ${REAL_NAMES.join(", ")}, got "${word}"`);
    return name;
  });
}

/** Decides what a suite that needs `names` does here. */
export function realVerdict(
  components: readonly RealComponent[],
  required: readonly RealName[],
): { readonly kind: "run" | "skip" | "fail"; readonly use: RealUse } {
  const names = components.map(({ name }) => name);
  const missing = components.filter(({ available }) => !available).map(({ name }) => name);
  if (missing.length === 0) return { kind: "run", use: { names, missing, reason: null } };
  const demanded = missing.filter((name) => required.includes(name));
  if (demanded.length === 0) {
    return { kind: "skip", use: { names, missing, reason: `${missing.join(", ")} not found on this machine` } };
  }
  return { kind: "fail", use: { names, missing, reason: `REQUIRE_REAL names ${demanded.join(", ")}, not found` } };
}

/**
 * A `describe` that needs real programs.
 *
 * @param names what the suite needs, e.g. `"sipp"` or `["prometheus", "promtool"]`
 * @param fn collects the tests; `paths` are absolute, or bare names where the suite is skipped
 */
export function describeReal<const N extends RealName>(
  names: N | readonly N[],
  title: string,
  fn: (paths: Readonly<Record<N, string>>) => void,
): void {
  const wanted: readonly N[] = typeof names === "string" ? [names] : names;
  const components = wanted.map((name) => realComponent(name));
  const paths = Object.fromEntries(components.map(({ name, path }) => [name, path])) as Record<N, string>;
  const { kind, use } = realVerdict(components, requiredReal());
  describe(title, { meta: { real: use }, skip: kind === "skip" }, () => {
    if (kind !== "fail") return fn(paths);
    test(`needs ${use.missing.join(", ")}`, () => {
      throw new Error(`${use.reason}: install it, or take it out of REQUIRE_REAL`);
    });
  });
}
