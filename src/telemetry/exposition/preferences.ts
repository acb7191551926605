/**
 * Reads lists with preferences: `Accept` and `Accept-Encoding` (RFC 9110 §12.4.2, §12.5.1, §12.5.3).
 *
 * One pass over the text, no regular expressions: such a header comes from anyone and may be 16 kB of anything.
 *
 * @module
 */

/** One entry of the list. */
export interface Preference {
  /** Lower case, e.g. `text/plain` or `gzip`. */
  readonly value: string;
  /** Names in lower case, values as received with quotes taken off. Without `q`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Weight, 0 .. 1; 0 means "not this". */
  readonly q: number;
}

/** Entries that are looked at. Prometheus sends 5, browsers 8. */
const ENTRIES_MAX = 64;

/** The entries in the order of the header; one whose weight cannot be read is left out. */
export function parsePreferences(header: string): readonly Preference[] {
  const preferences: Preference[] = [];
  for (const entry of splitOutsideQuotes(header, ",", ENTRIES_MAX)) {
    const [value = "", ...parts] = splitOutsideQuotes(entry, ";", ENTRIES_MAX);
    if (value.trim() === "") continue;
    const parameters = new Map(parts.map(parameterOf));
    const q = weightOf(parameters.get("q"));
    parameters.delete("q");
    if (q !== null) preferences.push({ value: value.trim().toLowerCase(), parameters, q });
  }
  return preferences;
}

/** At most `limit` pieces; what comes after them is not read. */
function splitOutsideQuotes(text: string, separator: "," | ";", limit: number): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === "\\") i++;
    else if (!isQuoted && character === separator) {
      pieces.push(text.slice(start, i));
      start = i + 1;
      if (pieces.length === limit) return pieces;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

function parameterOf(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 0) return [text.trim().toLowerCase(), ""];
  const value = text.slice(equals + 1).trim();
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return [text.slice(0, equals).trim().toLowerCase(), isQuoted ? value.slice(1, -1) : value];
}

/** 1 when there is none, `null` when it is none of 0 .. 1. */
function weightOf(text: string | undefined): number | null {
  if (text === undefined) return 1;
  // Number("") is 0, and Number("0x1") a number: neither is a weight.
  const isDecimal = text !== "" && [...text].every((character) => "0123456789.".includes(character));
  const weight = isDecimal ? Number(text) : Number.NaN;
  return weight >= 0 && weight <= 1 ? weight : null;
}
