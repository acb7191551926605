/**
 * Who may import whom: the rows, cycles, the pure rooms and the engine thread.
 *
 * @module
 */
import { importsOf, type Problem, type Source } from "./source.ts";

/** The wiring: files directly in `src/`. */
const WIRING = ".";

/** A folder may import from itself and from folders in an earlier row; folders of one row do not know each other. */
export const ROWS: readonly (readonly string[])[] = [
  ["base"],
  ["config", "sip/syntax"],
  ["sip/transport", "location"],
  ["sip"],
  ["registrar", "keepalive"],
  ["instruments"],
  ["engine-port"],
  ["storage"],
  ["telemetry"],
  ["rpc"],
  ["http"],
  ["simulator"],
  ["cli"],
  [WIRING],
];

/** Folders that may import less than their row allows. */
const NARROW: Readonly<Record<string, readonly string[]>> = {
  // Simulated phones are peers of the daemon: they may share its grammar, never its decisions.
  simulator: ["base", "sip/syntax", "sip/transport"],
};

/** Folders that decide and do no I/O. */
const PURE_ROOMS = ["sip/syntax", "location", "registrar", "keepalive"];
/** All that a pure room may import from outside `src/`. */
const PURE_IMPORTS = ["node:crypto", "node:buffer"];

/** Packages whose work would delay a round-trip measurement. */
const NOT_IN_ENGINE = /^(express|prom-client|@opentelemetry\/.*|pino.*|kysely|better-sqlite3|pg|mysql2)(\/.*)?$/;
/** Folders that exist for the main thread only. */
const MAIN_THREAD_FOLDERS = ["storage", "telemetry", "rpc", "http", "simulator", "cli"];
/** What the engine thread starts with. */
const ENGINE_ENTRY = /^engine(-[a-z-]+)?\.ts$/;

/** The longest known folder that holds `path`; `null` when the folder is in no row. */
export function folderOf(path: string): string | null {
  if (!path.includes("/")) return WIRING;
  const known = ROWS.flat().filter((folder) => path.startsWith(`${folder}/`));
  return known.sort((a, b) => b.length - a.length)[0] ?? null;
}

const rowOf = (folder: string): number => ROWS.findIndex((row) => row.includes(folder));

/** Whether a file of folder `from` may import one of folder `to`. */
export function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  return NARROW[from]?.includes(to) ?? rowOf(to) < rowOf(from);
}

/** Imports that point at the same row or below, and folders that are in no row. */
export function layerProblems(sources: readonly Source[]): readonly Problem[] {
  const paths = new Set(sources.map(({ path }) => path));
  return sources.flatMap((source) => {
    const { path } = source;
    const from = folderOf(path);
    if (from === null) {
      return [{ path, line: 1, advice: "the folder is in no row (add it to ROWS in test/support/tidy/layers.ts)" }];
    }
    return importsOf(source).flatMap(({ target, line }) => {
      if (target === null) return [];
      if (!paths.has(target)) return [{ path, line, advice: `imports src/${target}, which does not exist` }];
      const to = folderOf(target);
      if (to === null || mayImport(from, to)) return [];
      return [{ path, line, advice: `must not import ${target}: ${to} is not in a lower layer than ${from}` }];
    });
  });
}

/** One problem per import that closes a circle, type-only imports included. */
export function cycleProblems(sources: readonly Source[]): readonly Problem[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const problems: Problem[] = [];
  const done = new Set<string>();
  const visit = (source: Source, trail: readonly string[]): void => {
    for (const { target, line } of importsOf(source)) {
      const next = target === null ? undefined : byPath.get(target);
      if (next === undefined) continue;
      const start = trail.indexOf(next.path);
      if (start >= 0) {
        const circle = [...trail.slice(start), next.path].join(" -> ");
        problems.push({ path: source.path, line, advice: `import cycle ${circle} (move what both need one row up)` });
      } else if (!done.has(next.path)) {
        visit(next, [...trail, next.path]);
      }
    }
    done.add(source.path);
  };
  for (const source of sources) if (!done.has(source.path)) visit(source, [source.path]);
  return problems;
}

/** Imports that a pure room must not have. */
export function pureRoomProblems(sources: readonly Source[]): readonly Problem[] {
  return sources
    .filter(({ path }) => PURE_ROOMS.includes(folderOf(path) ?? ""))
    .flatMap((source) =>
      importsOf(source)
        .filter(({ target, specifier }) => target === null && !PURE_IMPORTS.includes(specifier))
        .map(({ specifier, line }) => ({
          path: source.path,
          line,
          advice: `must not import ${specifier}: pure rooms take only ${PURE_IMPORTS.join(" and ")} (hand it in)`,
        })),
    );
}

/** Imports of the engine thread that belong to the main thread, however many files lie between. */
export function engineProblems(sources: readonly Source[]): readonly Problem[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const queue = sources.filter(({ path }) => ENGINE_ENTRY.test(path)).map(({ path }) => [path]);
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (let trail = queue.shift(); trail !== undefined; trail = queue.shift()) {
    const path = trail.at(-1) as string;
    const source = byPath.get(path);
    if (source === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { specifier, target, line } of importsOf(source)) {
      if (target !== null && !MAIN_THREAD_FOLDERS.includes(folderOf(target) ?? "")) queue.push([...trail, target]);
      else if (target !== null || NOT_IN_ENGINE.test(specifier)) {
        const advice = `the engine thread must not load ${specifier} (road: ${trail.join(" -> ")}; use the engine port)`;
        problems.push({ path, line, advice });
      }
    }
  }
  return problems;
}
