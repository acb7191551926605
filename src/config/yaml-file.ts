/**
 * Reads the configuration file: YAML text to settings as written, and everything wrong with its shape.
 *
 *      keepalive:            ->  keepalive.interval = "30s"
 *        interval: 30s
 *      keepalive.interval: 30s   (the same, in one line)
 *
 * Scalars stay the text they were in the file, so that a kind sees `30` and not a number. Messages never quote the
 * file.
 *
 * @module
 */
import { printable } from "../base/log.ts";
import type { Written } from "./kinds.ts";
import { suggestKey } from "./near-miss.ts";
import { settingNameOf, settings } from "./schema.ts";
import { isMap, isNothing, readYamlText } from "./yaml-text.ts";

/** What one place says about settings, and what is wrong with how it says it. */
export interface SourceEntries {
  readonly entries: ReadonlyMap<string, Written>;
  /** Without the name of the source. */
  readonly problems: readonly string[];
}

/** Problems of shape listed at most; a file of another program would list thousands. */
const PROBLEMS_MAX = 50;

/** Reads the text of a configuration file. Never throws. */
export function readYaml(text: string): SourceEntries {
  const read = readYamlText(text);
  if ("problem" in read) return broken(read.problem);
  if (isNothing(read.value)) return { entries: new Map(), problems: [] };
  if (!isMap(read.value)) return broken("must be a map of settings such as keepalive.interval: 30s");
  const found = { entries: new Map<string, Written>(), problems: [] as string[] };
  flatten(read.value, "", found);
  return found;
}

function broken(problem: string): SourceEntries {
  return { entries: new Map(), problems: [problem] };
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

const shapeOf = (value: unknown): string => (Array.isArray(value) ? "a list" : "a map");
