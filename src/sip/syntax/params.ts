/**
 * Parameters of header values: `*( SEMI name [ EQUAL value ] )` (RFC 3261 §25.1 generic-param).
 *
 * @module
 */
import {
  BACKSLASH,
  EQUAL,
  isAll,
  lowerCase,
  PARAMETER_VALUE,
  QUOTE,
  SEMICOLON,
  skipLws,
  sliceTrimmed,
  TOKEN,
} from "./chars.ts";
import { MessageParseError, type ParseReason, quotedBack } from "./errors.ts";
import { PARAMETERS_MAX } from "./limits.ts";

/** Names in lower case; `null` = no value. A Map, so that a peer may call a parameter `__proto__`. */
export type Params = ReadonlyMap<string, string | null>;

/** Shared by every value without parameters. */
export const NO_PARAMS: Params = new Map();

/**
 * Reads the parameters from `start`, where LWS, ";" or the end must stand, to the end of `value`.
 *
 * @param allowEmpty whether `;;` is passed over
 * @throws {MessageParseError} with `reason`, at anything else than parameters, and when a name occurs twice
 */
export function parseParams(value: string, start: number, reason: ParseReason, allowEmpty = false): Params {
  let at = skipLws(value, start);
  if (at === value.length) return NO_PARAMS;
  const params = new Map<string, string | null>();
  while (at < value.length) {
    if (value.charCodeAt(at) !== SEMICOLON) throw malformed(value, at, reason);
    at = skipLws(value, at + 1);
    const nameEnd = skipToken(value, at);
    if (nameEnd === at) {
      if (allowEmpty && (at === value.length || value.charCodeAt(at) === SEMICOLON)) continue;
      throw malformed(value, at, reason);
    }
    const name = lowerCase(value.slice(at, nameEnd));
    if (params.has(name) || params.size === PARAMETERS_MAX) throw malformed(value, at, reason);
    at = skipLws(value, nameEnd);
    if (value.charCodeAt(at) !== EQUAL) {
      params.set(name, null);
      continue;
    }
    at = skipLws(value, at + 1);
    const valueEnd = endOfValue(value, at, reason);
    params.set(name, readValue(value, at, valueEnd));
    at = skipLws(value, valueEnd);
  }
  return params;
}

function skipToken(value: string, start: number): number {
  let at = start;
  while (at < value.length && TOKEN[value.charCodeAt(at)] === 1) at++;
  return at;
}

function endOfValue(value: string, start: number, reason: ParseReason): number {
  let end = start;
  if (value.charCodeAt(start) === QUOTE) end = endOfQuoted(value, start);
  else while (end < value.length && PARAMETER_VALUE[value.charCodeAt(end)] === 1) end++;
  if (end === start) throw malformed(value, start, reason);
  return end;
}

function readValue(value: string, start: number, end: number): string {
  return value.charCodeAt(start) === QUOTE ? unquote(value, start, end) : value.slice(start, end);
}

function malformed(value: string, offset: number, reason: ParseReason): MessageParseError {
  const message = `Parameters must be ";name" or ";name=value", each once, got ${quotedBack(value.slice(offset))}`;
  return new MessageParseError(reason, message, { offset });
}

/** Position behind the quoted string that starts at `start`; `start` itself when it is not closed. */
export function endOfQuoted(value: string, start: number): number {
  const firstQuote = value.indexOf('"', start + 1);
  const firstEscape = value.indexOf("\\", start + 1);
  if (firstQuote < 0) return start;
  if (firstEscape < 0 || firstQuote < firstEscape) return firstQuote + 1;
  for (let i = start + 1; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return start;
}

/** Content of the quoted string from `start` to before `end`, escapes undone. */
export function unquote(value: string, start: number, end: number): string {
  const content = value.slice(start + 1, end - 1);
  return content.includes("\\") ? content.replace(/\\([\s\S])/g, "$1") : content;
}

/** `text` as a quoted string (RFC 3261 §25.1). */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** `;name=value` for each parameter; a value that is no token, host or address is quoted. */
export function printParams(params: Params): string {
  let text = "";
  for (const [name, value] of params) text += value === null ? `;${name}` : `;${name}=${printValue(value)}`;
  return text;
}

function printValue(value: string): string {
  return value.length > 0 && isAll(PARAMETER_VALUE, value) ? value : quote(value);
}

/** The first element of a parameterised value: everything before its parameters, trimmed. */
export function beforeParams(value: string): string {
  const semicolon = value.indexOf(";");
  return sliceTrimmed(value, 0, semicolon < 0 ? value.length : semicolon);
}
