/**
 * Reads the configuration file: YAML text to settings as written, and everything wrong with its shape.
 *
 *      keepalive:            ->  keepalive.interval = "30s"
 *        interval: 30s
 *      keepalive.interval: 30s   (the same, in one line)
 *
 * Scalars stay the text they were in the file, so that a kind sees `30` and not a number. Messages never quote the
 * file, because the line that is wrong may be the one with the secret.
 *
 * @module
 */
import { LineCounter, parseDocument } from "yaml";
import { printable } from "../base/log.ts";
import type { Written } from "./kinds.ts";
import { suggestKey } from "./near-miss.ts";
import { settingNameOf, settings } from "./schema.ts";

/** What one place says about settings, and what is wrong with how it says it. */
export interface SourceEntries {
  readonly entries: ReadonlyMap<string, Written>;
  /** Without the name of the source. */
  readonly problems: readonly string[];
}

/** A configuration is a few kilobytes; a file beyond this is something else. */
const FILE_CHARACTERS_MAX = 1_048_576;

/** Problems of shape listed at most; a file of another program would list thousands. */
const PROBLEMS_MAX = 50;

/** Ways of writing "nothing" in YAML. */
const NOTHING = new Set(["", "~", "null", "Null", "NULL"]);

/** Reads the text of a configuration file. Never throws. */
export function readYaml(text: string): SourceEntries {
  if (text.length > FILE_CHARACTERS_MAX) return broken(`is larger than ${FILE_CHARACTERS_MAX} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    const first = errors.reduce((left, right) => (right.pos[0] < left.pos[0] ? right : left));
    const offset = Math.min(first.pos[0], text.trimEnd().length); // What is missing at the end is missing in the last line.
    return broken(`line ${lines.linePos(offset).line}: ${describe(first.code, first.message)}`);
  }
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch {
    return broken(
      "an alias (*name) has no anchor (&name) before it, or there are too many; quote a text that starts with *",
    );
  }
  if (root === null || root === "") return { entries: new Map(), problems: [] };
  if (!isMap(root)) return broken("must be a map of settings such as keepalive.interval: 30s");
  const found = { entries: new Map<string, Written>(), problems: [] as string[] };
  flatten(root, "", found);
  return found;
}

function broken(problem: string): SourceEntries {
  return { entries: new Map(), problems: [problem] };
}

/** The reader's own message, but for those that would quote the file. */
function describe(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "a key is given twice";
  if (code === "MULTIPLE_DOCS") return "a second document (---) has no meaning here";
  if (code === "TAG_RESOLVE_FAILED") return "a tag (!name) has no meaning here; quote a text that starts with !";
  return `not valid YAML: ${message.split(/[:\n]/, 1)[0]}`;
}

interface Found {
  readonly entries: Map<string, Written>;
  readonly problems: string[];
}

/** Walks sections down to keys. The depth is bounded by the keys: an unknown path is reported, not entered. */
function flatten(map: Readonly<Record<string, unknown>>, prefix: string, found: Found): void {
  for (const [name, value] of Object.entries(map)) {
    if (found.problems.length >= PROBLEMS_MAX) return;
    const path = prefix === "" ? name : `${prefix}.${name}`;
    if (settingNameOf.has(path)) take(path, value, found);
    else if (!isSection(path)) found.problems.push(`${printable(path)} is not a setting${suggestKey(path)}`);
    else if (isMap(value)) flatten(value, path, found);
    else if (!isNothing(value)) found.problems.push(`${path} must be a map of settings: it is a section`);
  }
}

function take(key: string, value: unknown, found: Found): void {
  const name = settingNameOf.get(key);
  const isList = name !== undefined && settings[name].kind.isList;
  if (found.entries.has(key)) found.problems.push(`${key} is given twice`);
  else if (isNothing(value)) found.entries.set(key, "");
  else if (typeof value === "string") found.entries.set(key, value);
  else if (isList && Array.isArray(value) && value.every((item) => typeof item === "string"))
    found.entries.set(key, value);
  else found.problems.push(`${key} must be ${isList ? "a list of texts" : "one value"}, got ${shapeOf(value)}`);
}

function isSection(path: string): boolean {
  return [...settingNameOf.keys()].some((key) => key.startsWith(`${path}.`));
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === "string" && NOTHING.has(value));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const shapeOf = (value: unknown): string => (Array.isArray(value) ? "a list" : "a map");
