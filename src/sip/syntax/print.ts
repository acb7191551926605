/**
 * Messages as text: requests we send, and replies to requests we received (RFC 3261 §8.1.1, §8.2.6, §18.2.1).
 *
 * @module
 */
import { parseNameAddr } from "./address.ts";
import { splitList } from "./headers.ts";
import { withoutBrackets } from "./host.ts";
import type { SipRequest } from "./message.ts";
import { beforeParams, printParams } from "./params.ts";
import { parseVia } from "./via.ts";

/** Name and value; the value must be free of CR and LF. */
export type HeaderLine = readonly [name: string, value: string];

/** Where a request came from: numeric address without brackets, and port. */
export interface Source {
  readonly address: string;
  readonly port: number;
}

/** What a reply says beyond what it copies. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Added to To when it has no tag yet. */
  readonly toTag: string;
  readonly source: Source;
  readonly headers?: readonly HeaderLine[];
  /** latin1, one character per octet. */
  readonly body?: string;
}

/** A request to be printed. */
export interface RequestText {
  readonly method: string;
  readonly requestUri: string;
  /** In order; without Content-Length, which is added. */
  readonly headers: readonly HeaderLine[];
  /** latin1, one character per octet. */
  readonly body?: string;
}

/**
 * The reply to `request`: all its Vias in order, From, To, Call-ID and CSeq as received (RFC 3261 §8.2.6.2).
 *
 * A header that a malformed request lacks is left out. `request` must have a readable top Via, as everything that
 * `parseMessage` returns after `checkRequest`, or that a `MessageParseError` carries.
 */
export function printReply(request: SipRequest, reply: Reply): string {
  const { headers } = request;
  let text = `SIP/2.0 ${reply.status} ${reply.reason}\r\n`;
  let hasTop = false;
  for (const via of headers.all("via")) {
    // A line without a value is no Via: the topmost is the first that says something, as in `Headers.list`.
    const line = hasTop ? via : withSource(via, reply.source);
    if (line === null || line === "") continue;
    text += `Via: ${line}\r\n`;
    hasTop = true;
  }
  text += copied("From", headers.first("from"));
  text += copied("To", withTag(headers.first("to"), reply.toTag));
  text += copied("Call-ID", headers.first("call-id"));
  text += copied("CSeq", headers.first("cseq"));
  return text + printRest(reply.headers ?? [], reply.body ?? "");
}

/** A request, with `Content-Length` added. */
export function printRequest(request: RequestText): string {
  return `${request.method} ${request.requestUri} SIP/2.0\r\n${printRest(request.headers, request.body ?? "")}`;
}

function printRest(headers: readonly HeaderLine[], body: string): string {
  let text = "";
  for (const [name, value] of headers) {
    // A line end in a value would begin a header of somebody else's choice.
    if (value.includes("\n") || value.includes("\r")) throw new RangeError(`Header ${name} must not have a line end`);
    text += `${name}: ${value}\r\n`;
  }
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function copied(name: string, value: string | null): string {
  return value === null ? "" : `${name}: ${value}\r\n`;
}

/** The Via line with `received` and `rport` in its first value (RFC 3261 §18.2.1, RFC 3581 §4); `null` without a value. */
function withSource(line: string, source: Source): string | null {
  const values: string[] = [];
  splitList(line, values);
  const [top] = values;
  if (top === undefined) return null;
  const via = parseVia(top);
  const isElsewhere = withoutBrackets(via.host) !== source.address;
  if (!isElsewhere && via.rport === null && via.received === null) return line;
  const params = new Map(via.params);
  params.delete("received");
  if (via.rport !== null) params.set("rport", String(source.port));
  if (isElsewhere || via.rport !== null) params.set("received", source.address);
  values[0] = beforeParams(via.raw) + printParams(params);
  return values.join(", ");
}

/** To with our tag, unless it has one or cannot be read: then it goes back as it came. */
function withTag(to: string | null, tag: string): string | null {
  if (to === null) return null;
  try {
    return parseNameAddr(to).params.has("tag") ? to : `${to};tag=${tag}`;
  } catch {
    return to;
  }
}

/** Phrases of RFC 3261 §21 and its extensions, as far as this program sends them or logs them. */
const PHRASES: ReadonlyMap<number, string> = new Map([
  [100, "Trying"],
  [180, "Ringing"],
  [181, "Call Is Being Forwarded"],
  [182, "Queued"],
  [183, "Session Progress"],
  [200, "OK"],
  [202, "Accepted"],
  [204, "No Notification"],
  [300, "Multiple Choices"],
  [301, "Moved Permanently"],
  [302, "Moved Temporarily"],
  [305, "Use Proxy"],
  [380, "Alternative Service"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [402, "Payment Required"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [406, "Not Acceptable"],
  [407, "Proxy Authentication Required"],
  [408, "Request Timeout"],
  [410, "Gone"],
  [412, "Conditional Request Failed"],
  [413, "Request Entity Too Large"],
  [414, "Request-URI Too Long"],
  [415, "Unsupported Media Type"],
  [416, "Unsupported URI Scheme"],
  [420, "Bad Extension"],
  [421, "Extension Required"],
  [423, "Interval Too Brief"],
  [430, "Flow Failed"],
  [439, "First Hop Lacks Outbound Support"],
  [480, "Temporarily Unavailable"],
  [481, "Call/Transaction Does Not Exist"],
  [482, "Loop Detected"],
  [483, "Too Many Hops"],
  [484, "Address Incomplete"],
  [485, "Ambiguous"],
  [486, "Busy Here"],
  [487, "Request Terminated"],
  [488, "Not Acceptable Here"],
  [489, "Bad Event"],
  [491, "Request Pending"],
  [493, "Undecipherable"],
  [500, "Server Internal Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Server Time-out"],
  [505, "Version Not Supported"],
  [513, "Message Too Large"],
  [600, "Busy Everywhere"],
  [603, "Decline"],
  [604, "Does Not Exist Anywhere"],
  [606, "Not Acceptable"],
]);

/** What an unknown status is called by its class (RFC 3261 §8.1.3.2: x00 stands for the class). */
export function reasonPhrase(status: number): string {
  return PHRASES.get(status) ?? PHRASES.get(Math.floor(status / 100) * 100) ?? "Unknown";
}
