/**
 * Via: the way a response goes back (RFC 3261 §20.42, RFC 3581).
 *
 * @module
 */
import { isAll, parseDigits, skipLws, sliceTrimmed, TOKEN } from "./chars.ts";
import { MessageParseError, quotedBack } from "./errors.ts";
import type { Headers } from "./headers.ts";
import { parseHostPort, withoutBrackets } from "./host.ts";
import { VIA_VALUES_MAX } from "./limits.ts";
import { type Params, parseParams } from "./params.ts";

/** One Via value. */
export interface Via {
  /** Upper-case: UDP, TCP, or any token (RFC 4475 §3.1.1.10). */
  readonly transport: string;
  /** sent-by, lower-case; IPv6 with brackets. */
  readonly host: string;
  /** 1 .. 65535; `null` when absent. */
  readonly port: number | null;
  readonly branch: string | null;
  /** Address without brackets, whichever form was sent (RFC 5118 §4.5). */
  readonly received: string | null;
  /** 1 .. 65535; `true` = asked for, not filled in yet (RFC 3581 §3); `null` when absent. */
  readonly rport: number | true | null;
  /** All parameters, names in lower case, in order. */
  readonly params: Params;
  /** As received, unfolded. */
  readonly raw: string;
}

/**
 * Parses one Via value, already unfolded. LWS is allowed around every separator.
 *
 * Empty parameters (`;;`) are passed over: a request that has them can be answered 400 only if its Via can be read. Name and
 * version of the protocol are not compared with SIP/2.0: that is the start line's part (505).
 *
 * @throws {MessageParseError} reason "via", status 400
 */
export function parseVia(value: string): Via {
  // The top Via is read by the check, by the way back and by the reply: the second and third time it is at hand.
  if (value !== last?.raw) last = readVia(value);
  return last;
}

let last: Via | null = null;

function readVia(value: string): Via {
  const transportStart = endOfProtocol(value);
  const tokenStart = skipLws(value, transportStart);
  let tokenEnd = tokenStart;
  while (tokenEnd < value.length && TOKEN[value.charCodeAt(tokenEnd)] === 1) tokenEnd++;
  const hostStart = skipLws(value, tokenEnd);
  if (transportStart === 0 || tokenEnd === tokenStart || hostStart === tokenEnd) {
    throw malformed("Via must start with SIP/2.0/TRANSPORT", value, 0);
  }
  const semicolon = value.indexOf(";", hostStart);
  const hostEnd = semicolon < 0 ? value.length : semicolon;
  const hostText = value.slice(hostStart, hostEnd);
  const sentBy = parseHostPort(hostText) ?? parseHostPort(withoutLws(hostText));
  if (sentBy === null) throw malformed("Via must have HOST or HOST:PORT behind the transport", value, hostStart);
  const params = parseParams(value, hostEnd, "via", true);
  const received = params.get("received") ?? null;
  return {
    transport: upperCase(value.slice(tokenStart, tokenEnd)),
    host: sentBy.host,
    port: sentBy.port,
    branch: params.get("branch") ?? null,
    received: received === null ? null : withoutBrackets(received),
    rport: readRport(params, value),
    params,
    raw: value,
  };
}

function upperCase(transport: string): string {
  return transport === "UDP" || transport === "TCP" ? transport : transport.toUpperCase();
}

/** Position behind `protocol-name SLASH protocol-version SLASH`; 0 when that is not there. */
function endOfProtocol(value: string): number {
  if (value.startsWith("SIP/2.0/")) return 8;
  const slash = value.indexOf("/");
  const second = value.indexOf("/", slash + 1);
  if (slash < 0 || second < 0) return 0;
  const name = sliceTrimmed(value, 0, slash);
  const version = sliceTrimmed(value, slash + 1, second);
  return name.length > 0 && version.length > 0 && isAll(TOKEN, name) && isAll(TOKEN, version) ? second + 1 : 0;
}

/** ` host : port ` becomes `host:port`; LWS elsewhere stays and is refused as no host. */
function withoutLws(sentBy: string): string {
  const text = sliceTrimmed(sentBy);
  const colon = text.lastIndexOf(":");
  return colon < 0 ? text : `${sliceTrimmed(text, 0, colon)}:${sliceTrimmed(text, colon + 1)}`;
}

function readRport(params: Params, value: string): number | true | null {
  const rport = params.get("rport");
  if (rport === undefined) return null;
  if (rport === null) return true;
  const port = parseDigits(rport, 65_535);
  if (port === null || port === 0) throw malformed("rport must be 1 .. 65535", value, value.indexOf(";"));
  return port;
}

function malformed(rule: string, value: string, offset: number): MessageParseError {
  return new MessageParseError("via", `${rule}, got ${quotedBack(value)}`, { offset });
}

/**
 * All Via values of a message, topmost first.
 *
 * @throws {MessageParseError} reason "via", status 400: none, too many, or one that is unreadable
 */
export function parseVias(headers: Headers): readonly Via[] {
  const values = headers.list("via");
  if (values.length > 0 && values.length <= VIA_VALUES_MAX) return values.map(parseVia);
  throw new MessageParseError("via", `There must be 1 .. ${VIA_VALUES_MAX} Via values, got ${values.length}`);
}
