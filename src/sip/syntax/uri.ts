/**
 * SIP, SIPS and tel URIs: parse, print, and the canonical name of an address-of-record (RFC 3261 §19.1, RFC 3966).
 *
 * Escapes are kept as received: what is equal to what is decided in `uriEquals`, not by rewriting.
 *
 * @module
 */
import {
  type CharClass,
  hexDigit,
  isAll,
  lowerCase,
  PASSWORD,
  PERCENT,
  SCHEME,
  TELEPHONE,
  UNRESERVED,
  URI_HEADER,
  URI_PARAMETER,
  URI_TEXT,
  USER,
} from "./chars.ts";
import { MessageParseError, quotedBack } from "./errors.ts";
import { canonicalHost, parseHostPort } from "./host.ts";
import { PARAMETERS_MAX } from "./limits.ts";
import { NO_PARAMS, type Params } from "./params.ts";

/** A URI, taken apart. */
export interface SipUri {
  /** `sip`, `sips`, `tel`, or any other scheme; lower-case. */
  readonly scheme: "sip" | "sips" | "tel" | (string & {});
  /** Escapes kept; `null` when absent. The number of a tel URI, the opaque rest of an unknown scheme. */
  readonly user: string | null;
  readonly password: string | null;
  /** Lower-case; IPv6 with brackets; "" for tel and unknown schemes. */
  readonly host: string;
  /** 1 .. 65535; `null` when absent. */
  readonly port: number | null;
  /** Names in lower case, values as received; `null` = no value. */
  readonly params: Params;
  /** What stands behind "?", without it; `null` when absent. */
  readonly headers: string | null;
}

/**
 * Parses a URI without `<>`. An unknown scheme is not an error here: its rest is only checked for white space.
 *
 * @throws {MessageParseError} reason "uri", status 400
 */
export function parseUri(text: string): SipUri {
  const colon = text.indexOf(":");
  if (colon < 1 || !isAll(SCHEME, text, 0, colon)) throw malformed("A URI must start with a scheme", text, 0);
  const scheme = lowerCase(text.slice(0, colon));
  if (scheme === "sip") return parseSipUri("sip", text, colon + 1);
  if (scheme === "sips") return parseSipUri("sips", text, colon + 1);
  if (scheme === "tel") return parseTelUri(text, colon + 1);
  const rest = text.slice(colon + 1);
  if (rest.length === 0 || !isAll(URI_TEXT, rest)) throw malformed("A URI must not have white space", text, colon + 1);
  return { scheme, user: rest, password: null, host: "", port: null, params: NO_PARAMS, headers: null };
}

function parseSipUri(scheme: "sip" | "sips", text: string, start: number): SipUri {
  // "@" is escaped everywhere but behind the user, whose ";" and "?" mean nothing.
  const at = text.indexOf("@", start);
  let user: string | null = null;
  let password: string | null = null;
  if (at >= 0) {
    const colon = text.indexOf(":", start);
    const userEnd = colon >= 0 && colon < at ? colon : at;
    user = text.slice(start, userEnd);
    if (user.length === 0 || !isEscaped(USER, user)) throw malformed("The user is malformed", text, start);
    if (userEnd < at) {
      password = text.slice(userEnd + 1, at);
      if (!isEscaped(PASSWORD, password)) throw malformed("The password is malformed", text, userEnd + 1);
    }
  }
  const hostStart = at < 0 ? start : at + 1;
  const question = text.indexOf("?", hostStart);
  const paramsEnd = question < 0 ? text.length : question;
  const semicolon = text.indexOf(";", hostStart);
  const hostEnd = semicolon >= 0 && semicolon < paramsEnd ? semicolon : paramsEnd;
  const hostPort = parseHostPort(text.slice(hostStart, hostEnd));
  if (hostPort === null) throw malformed("A URI must have HOST or HOST:PORT, port 1 .. 65535", text, hostStart);
  const params = hostEnd === paramsEnd ? NO_PARAMS : parseUriParams(text, hostEnd, paramsEnd);
  const headers = question < 0 ? null : text.slice(question + 1);
  if (headers !== null && (headers.length === 0 || !isEscaped(URI_HEADER, headers))) {
    throw malformed("URI headers are malformed", text, question);
  }
  return { scheme, user, password, host: hostPort.host, port: hostPort.port, params, headers };
}

function parseTelUri(text: string, start: number): SipUri {
  const semicolon = text.indexOf(";", start);
  const end = semicolon < 0 ? text.length : semicolon;
  if (end === start || !isAll(TELEPHONE, text, start, end))
    throw malformed("A tel URI must have a number", text, start);
  const params = semicolon < 0 ? NO_PARAMS : parseUriParams(text, semicolon, text.length);
  return { scheme: "tel", user: text.slice(start, end), password: null, host: "", port: null, params, headers: null };
}

/** `;name=value` from `start` to before `end`; a name may occur once (RFC 3261 §19.1.1). */
function parseUriParams(text: string, start: number, end: number): Params {
  const params = new Map<string, string | null>();
  let at = start;
  while (at < end) {
    const semicolon = text.indexOf(";", at + 1);
    const next = semicolon < 0 || semicolon > end ? end : semicolon;
    const equal = text.indexOf("=", at + 1);
    const nameEnd = equal < 0 || equal > next ? next : equal;
    const name = lowerCase(text.slice(at + 1, nameEnd));
    const value = nameEnd === next ? null : text.slice(nameEnd + 1, next);
    const isReadable = name.length > 0 && isEscaped(URI_PARAMETER, name) && !params.has(name);
    const hasValue = value === null || (value.length > 0 && isEscaped(URI_PARAMETER, value));
    if (!isReadable || !hasValue || params.size === PARAMETERS_MAX) {
      throw malformed("URI parameters must be ;name or ;name=value, each once", text, at);
    }
    params.set(name, value);
    at = next;
  }
  return params;
}

/** Whether `text` consists of members and well-formed `%HH`; "%" must be a member. */
function isEscaped(members: CharClass, text: string): boolean {
  if (!isAll(members, text)) return false;
  for (let i = text.indexOf("%"); i >= 0; i = text.indexOf("%", i + 3)) {
    if (escapedCode(text, i) < 0) return false;
  }
  return true;
}

/** The octet that `%HH` at `start` stands for; -1 when it is not an escape. */
function escapedCode(text: string, start: number): number {
  if (text.charCodeAt(start) !== PERCENT || start + 2 >= text.length) return -1;
  const high = hexDigit(text.charCodeAt(start + 1));
  const low = hexDigit(text.charCodeAt(start + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function malformed(rule: string, text: string, offset: number): MessageParseError {
  return new MessageParseError("uri", `${rule}, got ${quotedBack(text)}`, { offset });
}

/** The URI as text, without `<>`. */
export function printUri(uri: SipUri): string {
  let text = `${uri.scheme}:`;
  if (uri.user !== null) text += uri.user;
  if (uri.password !== null) text += `:${uri.password}`;
  if (uri.user !== null && uri.host !== "") text += "@";
  text += uri.host;
  if (uri.port !== null) text += `:${uri.port}`;
  for (const [name, value] of uri.params) text += value === null ? `;${name}` : `;${name}=${value}`;
  return uri.headers === null ? text : `${text}?${uri.headers}`;
}

/**
 * Decodes what may be written without an escape and leaves the rest escaped, in upper case: `%61%2f` becomes `a%2F`.
 *
 * A reserved character and its escape are different things (RFC 3261 §19.1.4), so `%40` never becomes "@".
 */
export function normalizeEscapes(text: string): string {
  let next = text.indexOf("%");
  if (next < 0) return text;
  let normal = "";
  let done = 0;
  for (; next >= 0; next = text.indexOf("%", done)) {
    const code = escapedCode(text, next);
    const end = code < 0 ? next + 1 : next + 3;
    normal += text.slice(done, next);
    normal += UNRESERVED[code] === 1 ? String.fromCharCode(code) : text.slice(next, end).toUpperCase();
    done = end;
  }
  return normal + text.slice(done);
}

/**
 * The name a registration is filed under (RFC 3261 §10.3 step 5): `user@host`, or `user` alone without `useDomain`.
 *
 * Parameters, port and password are dropped; the host is lower-case, the user keeps its case. A tel URI gives the number
 * without visual separators (RFC 3966 §5), a URI without a user gives the host.
 */
export function canonicalAor(uri: SipUri, useDomain: boolean): string {
  if (uri.user === null) return uri.host;
  if (uri.scheme === "tel") return withoutSeparators(uri.user);
  const user = normalizeEscapes(uri.user);
  return useDomain && uri.host !== "" ? `${user}@${uri.host}` : user;
}

/** A telephone number without visual separators. */
export function withoutSeparators(number: string): string {
  return number.replace(/[-.()]/g, "");
}

/** Present in one URI only, these make two URIs differ, even with their default value (RFC 3261 §19.1.4). */
const NEVER_ONE_SIDED = ["user", "ttl", "method", "maddr", "transport"];

/** Whether two URIs name the same thing by all rules of RFC 3261 §19.1.4 and RFC 5954 §4.2 (IPv6). */
export function uriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme || a.port !== b.port) return false;
  if (a.scheme === "tel") return telEquals(a, b);
  if (a.host !== b.host && canonicalHost(a.host) !== canonicalHost(b.host)) return false;
  if (!isSameText(a.user, b.user) || !isSameText(a.password, b.password)) return false;
  return hasSameParams(a.params, b.params) && isSameHeaders(a.headers, b.headers);
}

/** Every parameter of a tel URI counts (RFC 3966 §4). */
function telEquals(a: SipUri, b: SipUri): boolean {
  const isSameNumber = withoutSeparators(a.user ?? "").toLowerCase() === withoutSeparators(b.user ?? "").toLowerCase();
  if (!isSameNumber || a.params.size !== b.params.size) return false;
  return hasSameParams(a.params, b.params) && [...a.params.keys()].every((name) => b.params.has(name));
}

/** Case-sensitive, escapes of unreserved characters undone. */
function isSameText(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && normalizeEscapes(a) === normalizeEscapes(b));
}

/** Parameters in both must have the same value, in any case; those in one only are ignored, but for five. */
function hasSameParams(a: Params, b: Params): boolean {
  if (a.size === 0 && b.size === 0) return true;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || other === value) continue;
    if (other === null || value === null) return false;
    if (normalizeEscapes(value).toLowerCase() !== normalizeEscapes(other).toLowerCase()) return false;
  }
  return NEVER_ONE_SIDED.every((name) => a.has(name) === b.has(name));
}

/** All headers must be in both, in any order (RFC 3261 §19.1.4); their values are compared as text. */
function isSameHeaders(a: string | null, b: string | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && sortedHeaders(a) === sortedHeaders(b);
}

function sortedHeaders(headers: string): string {
  const fields = headers.split("&").map((field) => {
    const equal = field.indexOf("=");
    const nameEnd = equal < 0 ? field.length : equal;
    return normalizeEscapes(field.slice(0, nameEnd)).toLowerCase() + normalizeEscapes(field.slice(nameEnd));
  });
  return fields.sort().join("&");
}
