/**
 * YAML text to maps, lists and texts, or one sentence on why it is not YAML.
 *
 * Scalars stay the text they were, so that `30` and `off` mean what the reader of the value says. Messages never quote
 * the text, because the line that is wrong may be the one with the secret.
 *
 * @module
 */
import { LineCounter, parseDocument } from "yaml";

/** Maps, lists and texts; `null` for an empty document and for values that were left out. */
export type YamlValue = string | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** A configuration is a few kilobytes; a file beyond this is something else. */
const FILE_CHARACTERS_MAX = 1_048_576;

/** Ways of writing "nothing" in YAML. */
const NOTHING = new Set(["", "~", "null", "Null", "NULL"]);

/** Reads one document. Never throws. */
export function readYamlText(text: string): { readonly value: YamlValue } | { readonly problem: string } {
  if (text.length > FILE_CHARACTERS_MAX) return { problem: `is larger than ${FILE_CHARACTERS_MAX} characters` };
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) {
    const first = errors.reduce((left, right) => (right.pos[0] < left.pos[0] ? right : left));
    const offset = Math.min(first.pos[0], text.trimEnd().length); // What is missing at the end is missing in the last line.
    return { problem: `line ${lines.linePos(offset).line}: ${describe(first.code, first.message)}` };
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as YamlValue };
  } catch {
    const problem =
      "an alias (*name) has no anchor (&name) before it, or there are too many; quote a text that starts with *";
    return { problem };
  }
}

/** The reader's own message, but for those that would quote the file. */
function describe(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "a key is given twice";
  if (code === "MULTIPLE_DOCS") return "a second document (---) has no meaning here";
  if (code === "TAG_RESOLVE_FAILED") return "a tag (!name) has no meaning here; quote a text that starts with !";
  return `not valid YAML: ${message.split(/[:\n]/, 1)[0]}`;
}

/** Whether a value was written as one of YAML's words for nothing, or not at all. */
export function isNothing(value: unknown): boolean {
  return value === null || (typeof value === "string" && NOTHING.has(value));
}

/** Whether a value is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, YamlValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
