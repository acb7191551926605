/**
 * Names of headers: compact and long forms, any case, become one canonical name (RFC 3261 §7.3.1, §7.3.3).
 *
 * The canonical name is the lower-case long form. The usual headers are recognised without cutting the name out of the
 * message: a message of eleven headers costs no allocation here.
 *
 * @module
 */

/** Compact forms: RFC 3261 §20 and the extensions that registered one. */
const COMPACT_FORMS: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** Headers that may occur once at most (RFC 3261 §7.3.1, §20; Event by RFC 6665): a second one makes a request 400. */
const SINGLE_VALUE_HEADERS = [
  "call-id",
  "content-disposition",
  "content-length",
  "content-type",
  "cseq",
  "date",
  "event",
  "expires",
  "from",
  "max-forwards",
  "mime-version",
  "min-expires",
  "organization",
  "priority",
  "refer-to",
  "reply-to",
  "retry-after",
  "server",
  "session-expires",
  "subject",
  "timestamp",
  "to",
  "user-agent",
];

/** Other headers that are frequent in what a registrar receives. */
const FREQUENT_HEADERS = [
  "accept",
  "accept-encoding",
  "accept-language",
  "allow",
  "allow-events",
  "authorization",
  "contact",
  "content-encoding",
  "path",
  "proxy-authorization",
  "proxy-require",
  "record-route",
  "require",
  "route",
  "supported",
  "via",
];

/** The rest of what has a compact form. */
const RARE_HEADERS = [
  "accept-contact",
  "identity",
  "identity-info",
  "referred-by",
  "reject-contact",
  "request-disposition",
];

/** Canonical names by their number; single-value headers come first, so that one bit each tells which were seen. */
const NAMES: readonly string[] = [...SINGLE_VALUE_HEADERS, ...FREQUENT_HEADERS, ...RARE_HEADERS];
const numbers: ReadonlyMap<string, number> = new Map(NAMES.map((name, number) => [name, number]));

/** Number of a name that is not in the table. */
export const UNKNOWN_NAME = -1;

/** Numbers by the code of the compact letter, lower-case. */
const byLetter: (number | undefined)[] = [];
for (const [letter, name] of Object.entries(COMPACT_FORMS)) {
  byLetter[letter.charCodeAt(0)] = numbers.get(name) ?? UNKNOWN_NAME;
}

/** Numbers of known names by `slotOf`; a slot has three at most. */
const slots: number[][] = Array.from({ length: 256 }, () => []);
for (const [number, name] of NAMES.entries()) {
  slots[slotOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1))]?.push(number);
}

function slotOf(length: number, first: number, last: number): number {
  return (length * 9 + (first | 0x20) * 5 + (last | 0x20)) & 0xff;
}

/** Number of a canonical name, to compare with `readNameNumber`. */
export function nameNumber(name: string): number {
  return numbers.get(name) ?? UNKNOWN_NAME;
}

/** Number of the header name that stands in `text` from `start` to before `end` (at least one character). */
export function readNameNumber(text: string, start: number, end: number): number {
  const length = end - start;
  const first = text.charCodeAt(start);
  if (length === 1) return byLetter[first | 0x20] ?? UNKNOWN_NAME;
  const candidates = slots[slotOf(length, first, text.charCodeAt(end - 1))] as number[];
  for (let i = 0; i < candidates.length; i++) {
    const number = candidates[i] as number;
    if (isSameName(NAMES[number] as string, text, start, end)) return number;
  }
  return UNKNOWN_NAME;
}

/** Whether `name`, lower-case, stands from `start` to before `end` in any case. */
export function isSameName(name: string, text: string, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) {
    const expected = name.charCodeAt(i);
    const code = text.charCodeAt(start + i);
    if (code !== expected && ((code | 0x20) !== expected || code < 0x41 || code > 0x5a)) return false;
  }
  return true;
}

/** The name with this number. */
export function nameOf(number: number): string {
  return NAMES[number] ?? "";
}

/** A bit of its own for each header that may occur once; 0 for the others. */
export function singleValueBit(number: number): number {
  return number >= 0 && number < SINGLE_VALUE_HEADERS.length ? 1 << number : 0;
}
