/**
 * `name-addr` and `addr-spec` with header parameters: From, To, Contact, Path, Route (RFC 3261 §20.10, §25.1).
 *
 *      "Alice \"A\"" <sip:alice@example.org;transport=tcp>;tag=1     display name, URI parameters inside, tag outside
 *      sip:alice@example.org;tag=1                                   no <>: every parameter is the header's
 *
 * The URI is cut out, not read: To may carry any scheme.
 *
 * @module
 */
import { isAll, LESS, QUOTE, SCHEME, skipLws, sliceTrimmed, TOKEN, URI_TEXT } from "./chars.ts";
import { MessageParseError, type ParseReason, quotedBack } from "./errors.ts";
import type { Headers } from "./headers.ts";
import { CONTACT_VALUES_MAX } from "./limits.ts";
import { endOfQuoted, type Params, parseParams, unquote } from "./params.ts";

export { quote } from "./params.ts";

/** One address with what the header says about it. */
export interface NameAddr {
  /** Unquoted; `null` when there is none. */
  readonly displayName: string | null;
  /** Raw text of the URI without `<>`. */
  readonly uri: string;
  /** Header parameters (`tag`, `expires`, `q`, `+sip.instance` ...), names in lower case. */
  readonly params: Params;
}

/**
 * Parses one value of From, To, Contact, Path or Route, already unfolded.
 *
 * @param reason what a refusal is counted under
 * @throws {MessageParseError} status 400; also for "?" or "," in a URI without `<>`, and for white space inside a URI
 */
export function parseNameAddr(value: string, reason: ParseReason = "uri"): NameAddr {
  const start = skipLws(value, 0);
  if (value.charCodeAt(start) === QUOTE) {
    const nameEnd = endOfQuoted(value, start);
    const open = skipLws(value, nameEnd);
    if (nameEnd === start || value.charCodeAt(open) !== LESS) {
      throw malformed("A quoted display name must be closed and followed by <", value, start, reason);
    }
    return readBracketed(value, open, unquote(value, start, nameEnd), reason);
  }
  const open = value.indexOf("<");
  if (open < 0 || isBehindParams(value, open)) return readBare(value, start, reason);
  const name = sliceTrimmed(value, start, open);
  if (!isTokens(name)) throw malformed("A display name must be quoted or made of tokens", value, start, reason);
  return readBracketed(value, open, name.length === 0 ? null : name, reason);
}

/** Whether the "<" at `open` belongs to a parameter of a URI without `<>`. */
function isBehindParams(value: string, open: number): boolean {
  const semicolon = value.indexOf(";");
  return semicolon >= 0 && semicolon < open;
}

function readBracketed(value: string, open: number, displayName: string | null, reason: ParseReason): NameAddr {
  const close = value.indexOf(">", open);
  if (close < 0) throw malformed("< must be closed by >", value, open, reason);
  const uri = value.slice(open + 1, close);
  if (!isUriText(uri)) throw malformed("A URI must have a scheme and no white space", value, open + 1, reason);
  return { displayName, uri, params: parseParams(value, close + 1, reason) };
}

function readBare(value: string, start: number, reason: ParseReason): NameAddr {
  const semicolon = value.indexOf(";", start);
  const end = semicolon < 0 ? value.length : semicolon;
  const uri = sliceTrimmed(value, start, end);
  if (!isUriText(uri) || uri.includes("?") || uri.includes(",")) {
    throw malformed('A URI without <> must have a scheme and neither "?", "," nor white space', value, start, reason);
  }
  return { displayName: null, uri, params: parseParams(value, end, reason) };
}

/** Whether `text` has a scheme and no character that cannot be in a URI; the rest is for `parseUri`. */
function isUriText(text: string): boolean {
  const colon = text.indexOf(":");
  return colon > 0 && colon < text.length - 1 && isAll(SCHEME, text, 0, colon) && isAll(URI_TEXT, text, colon);
}

/** `*( token LWS )`, and octets of UTF-8, which many phones send unquoted. */
function isTokens(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (TOKEN[code] !== 1 && code < 0x80 && code !== 0x20 && code !== 0x09) return false;
  }
  return true;
}

function malformed(rule: string, value: string, offset: number, reason: ParseReason): MessageParseError {
  return new MessageParseError(reason, `${rule}, got ${quotedBack(value)}`, { offset });
}

/**
 * All Contact values of a REGISTER.
 *
 * @returns `"*"` when that is the only value (RFC 3261 §10.2.2); an empty array when there is no Contact
 * @throws {MessageParseError} reason "contact": unreadable, `*` beside others (400), or too many (513)
 */
export function parseContacts(headers: Headers): readonly NameAddr[] | "*" {
  const values = headers.list("contact");
  if (values.length > CONTACT_VALUES_MAX) {
    const message = `At most ${CONTACT_VALUES_MAX} contacts are read, got ${values.length}`;
    throw new MessageParseError("contact", message, { offset: headers.offsetOf("contact"), status: 513 });
  }
  if (!values.includes("*")) return values.map((value) => parseNameAddr(value, "contact"));
  if (values.length === 1) return "*";
  throw new MessageParseError("contact", "Contact * must be the only one", { offset: headers.offsetOf("contact") });
}
