/**
 * Character classes of the SIP grammar (RFC 3261 §25.1) as tables, and what is done with single characters.
 *
 * Every loop that uses a table bounds its index: a lookup beyond the end of a string would be slow.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export const HT = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const PERCENT = 0x25;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS = 0x3c;
export const EQUAL = 0x3d;
export const GREATER = 0x3e;
export const BACKSLASH = 0x5c;
export const BRACKET = 0x5b;

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A class of characters: 1 at the codes it contains. */
export type CharClass = Uint8Array;

function charClass(characters: string): CharClass {
  const table = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
  return table;
}

/** `token` (RFC 3261 §25.1). */
export const TOKEN = charClass(`${ALPHANUMERIC}-.!%*_+\`'~`);
/** `unreserved`. */
export const UNRESERVED = charClass(`${ALPHANUMERIC}-_.!~*'()`);
/** `user`, with "%" because escapes are checked apart. */
export const USER = charClass(`${ALPHANUMERIC}-_.!~*'()&=+$,;?/%`);
/** `password`. */
export const PASSWORD = charClass(`${ALPHANUMERIC}-_.!~*'()&=+$,%`);
/** `paramchar` of URI parameters. */
export const URI_PARAMETER = charClass(`${ALPHANUMERIC}-_.!~*'()[]/:&+$%`);
/** Names and values of URI headers, "=" and "&" included. */
export const URI_HEADER = charClass(`${ALPHANUMERIC}-_.!~*'()[]/?:+$%=&`);
/** `hostname`, with "_" because names of containers have it. */
export const HOST = charClass(`${ALPHANUMERIC}-._`);
/** `scheme`. */
export const SCHEME = charClass(`${ALPHANUMERIC}+-.`);
/** `telephone-subscriber` (RFC 3966): digits with visual separators, local numbers with hex digits, "*" and "#". */
export const TELEPHONE = charClass("0123456789ABCDEFabcdef+*#-.()");
/** What may be in a URI of any scheme, delimiters included: visible, and neither quote nor `<>`. Octets of UTF-8 pass. */
export const URI_TEXT = charClass(
  Array.from({ length: 256 }, (_, code) => (code > 0x20 && code !== 0x7f ? String.fromCharCode(code) : ""))
    .join("")
    .replace(/["<>]/g, ""),
);
/** An unquoted value of a header parameter: `token`, `host`, or a bare IPv6 address (RFC 5118 §4.5). */
export const PARAMETER_VALUE = charClass(`${ALPHANUMERIC}-.!%*_+\`'~[]:/@?&=$#|^{}()`);

/** Whether `text` from `start` to before `end` consists of members of `members`; true when empty. */
export function isAll(members: CharClass, text: string, start = 0, end = text.length): boolean {
  for (let i = start; i < end; i++) if (members[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** First position from `start` that is neither SP nor HT, at most `end`. */
export function skipLws(text: string, start: number, end = text.length): number {
  let i = start;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code !== SP && code !== HT) break;
    i++;
  }
  return i;
}

/** `text` from `start` to before `end` without SP and HT at both ends (`trim()` would eat octets of UTF-8). */
export function sliceTrimmed(text: string, start = 0, end = text.length): string {
  const from = skipLws(text, start, end);
  let to = end;
  while (to > from) {
    const code = text.charCodeAt(to - 1);
    if (code !== SP && code !== HT) break;
    to--;
  }
  return text.slice(from, to);
}

/** Decimal digits as a number; `null` when `text` has anything else, is empty, or is above `max` (at most 2^53-1). */
export function parseDigits(text: string, max: number): number | null {
  if (text.length === 0) return null;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
    if (number > max) return null;
  }
  return number;
}

/** `text` in lower case, ASCII letters only; mostly it already is, and then costs no call into the engine. */
export function lowerCase(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
  return text;
}

/** Value of a hexadecimal digit, -1 for any other code. */
export function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** A copy that does not keep the whole message alive: for text that outlives the message it was cut from. */
export function detach(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
