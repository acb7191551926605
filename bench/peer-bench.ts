/**
 * Finds the peer bench beside this repository, copies it to a temporary folder and builds it there; the original is
 * never written to. What is not on this machine is named, with what follows from it.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { copyFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../src/base/clock.ts";
import { type RunOptions, runChild } from "./child.ts";
import { LoadTools } from "./load-tools.ts";

/** Where the peer bench is when SIPULSE_PEER_BENCH does not say otherwise. */
const BESIDE_THE_CHECKOUT = fileURLToPath(new URL("../../shared/bench", import.meta.url));
/** What is copied at most, should the folder be another one than we think. */
const FILES_MAX = 100;
const FILE_OCTETS_MAX = 4_194_304;
/** Where servers live that are not in the PATH of an ordinary user. */
const SERVER_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
const PROGRAMS = ["cc", "make", "python3", "curl"];
const FILES = ["uasim.c", "bench.py", "ul_dump_rtt.py"];
const BUILD_LIMIT_MS = 60_000;

/** Something that is not on this machine. */
export interface Missing {
  readonly what: string;
  readonly consequence: string;
}

/** What there is to measure with. */
export interface Found {
  /** `null`: nothing can be measured that needs phones. */
  readonly tools: LoadTools | null;
  readonly missing: readonly Missing[];
}

/** Looks for the peer bench, copies and builds it. @throws {ChildError} when it does not compile */
export async function openLoadTools(clock: Clock, stopping: AbortSignal): Promise<Found> {
  const source = process.env["SIPULSE_PEER_BENCH"] ?? BESIDE_THE_CHECKOUT;
  const path = [...(process.env["PATH"] ?? "").split(delimiter), ...SERVER_FOLDERS].join(delimiter);
  const missing = whatIsMissing(source, path);
  if (missing.length > 0) return { tools: null, missing };
  const folder = await mkdtemp(join(tmpdir(), "sipulse-bench-"));
  try {
    await copyFolder(source, folder);
    const run: RunOptions = { clock, stopping, cwd: folder, env: { PATH: path }, limitMs: BUILD_LIMIT_MS };
    await runChild("make", ["-s", "uasim"], run);
    const kamailio = isInPath("kamailio", path) ? await kamailioVersion(run) : null;
    const isIsolated = await canIsolate(run);
    return {
      tools: new LoadTools({ folder, path, kamailio, isIsolated, clock, stopping }),
      missing: kamailio === null ? [{ what: "kamailio", consequence: "its column says so, ratios are unknown" }] : [],
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function whatIsMissing(source: string, path: string): readonly Missing[] {
  const consequence = "nothing can be measured that needs phones";
  const programs = PROGRAMS.filter((name) => !isInPath(name, path));
  const files = FILES.map((name) => join(source, name)).filter((file) => !canAccess(file, constants.R_OK));
  return [
    ...programs.map((what) => ({ what, consequence })),
    ...files.map((file) => ({ what: `${file} (of the peer bench, see SIPULSE_PEER_BENCH)`, consequence })),
  ];
}

const isInPath = (name: string, path: string): boolean =>
  path.split(delimiter).some((folder) => folder !== "" && canAccess(join(folder, name), constants.X_OK));

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

async function copyFolder(source: string, target: string): Promise<void> {
  for (const name of (await readdir(source)).slice(0, FILES_MAX)) {
    const found = await stat(join(source, name));
    if (found.isFile() && found.size <= FILE_OCTETS_MAX) await copyFile(join(source, name), join(target, name));
  }
}

async function kamailioVersion(run: RunOptions): Promise<string> {
  const [first = ""] = await runChild("kamailio", ["-v"], run);
  return /version: (\S+ \S+)/.exec(first)?.[1] ?? "kamailio of unknown version";
}

/** Needs root; without it the ports of the peer, 5070 and 8070, must be free. */
function canIsolate(run: RunOptions): Promise<boolean> {
  return runChild("unshare", ["-n", "true"], run).then(
    () => true,
    () => false,
  );
}
