/**
 * What every request must have before anyone acts on it, whatever its method (RFC 3261 §8.1.1, §8.2).
 *
 * Left out: whether the method is known, the domain ours, the sender allowed.
 *
 * @module
 */
import { parseNameAddr } from "./address.ts";
import { MessageParseError, type ParseReason, quotedBack } from "./errors.ts";
import type { SipRequest } from "./message.ts";
import { parseUri } from "./uri.ts";
import { parseCSeq, parseMaxForwards } from "./values.ts";
import { parseVia, parseVias } from "./via.ts";

/** Start of a branch made by RFC 3261 or later (§8.1.1.7). */
const MAGIC_COOKIE = "z9hG4bK";
const REQUIRED = ["via", "from", "to", "call-id", "cseq"] as const;
const KNOWN_SCHEMES: ReadonlySet<string> = new Set(["sip", "sips", "tel"]);

/**
 * Checks the mandatory headers of a request: present, once, readable, and CSeq in agreement with the request line.
 *
 * A request whose branch lacks the magic cookie may do without Max-Forwards: RFC 2543 clients do not know it.
 *
 * @throws {MessageParseError} status 400; 416 for a Request-URI of an unknown scheme (RFC 3261 §8.2.2.1)
 */
export function checkRequest(request: SipRequest): void {
  const { headers } = request;
  for (const name of REQUIRED) {
    if (!headers.has(name)) throw refusal(request, "missing_header", `A request must have ${name}`);
  }
  refuseDuplicates(request);
  const branch = checkVias(request);
  read(request, "from", "from", parseFrom);
  read(request, "to", "to", parseTo);
  checkCallId(request);
  const cseq = read(request, "cseq", "cseq", parseCSeq);
  if (cseq.method !== request.method) {
    const message = `CSeq must name the method of the request, got ${quotedBack(cseq.method)}`;
    throw refusal(request, "cseq", message, "cseq");
  }
  checkMaxForwards(request, branch);
  checkRequestUri(request);
}

const parseFrom = (value: string) => parseNameAddr(value, "from");
const parseTo = (value: string) => parseNameAddr(value, "to");

/** Reads the first value of a header; an error gets the place in the message and the request to answer. */
function read<T>(request: SipRequest, name: string, reason: ParseReason, parse: (value: string) => T): T {
  try {
    return parse(request.headers.first(name) ?? "");
  } catch (error) {
    throw rebased(error, request, reason, request.headers.offsetOf(name));
  }
}

/** The same error at its place in the message. Offsets inside a folded value are approximate. */
function rebased(error: unknown, request: SipRequest, reason: ParseReason, base: number): unknown {
  if (!(error instanceof MessageParseError)) return error;
  const offset = base + error.offset;
  const { status, cause } = error;
  return new MessageParseError(reason, error.message, { offset, status, request: answerable(request), cause });
}

function refuseDuplicates(request: SipRequest): void {
  const { duplicate } = request.headers;
  if (duplicate === null) return;
  throw refusal(request, "duplicate_header", `A request must have ${duplicate} once`, duplicate);
}

/** Reads every Via. @returns the branch of the topmost */
function checkVias(request: SipRequest): string | null {
  try {
    return parseVias(request.headers)[0]?.branch ?? null;
  } catch (error) {
    throw rebased(error, request, "via", request.headers.offsetOf("via"));
  }
}

function checkCallId(request: SipRequest): void {
  const callId = request.headers.first("call-id") ?? "";
  if (callId.length > 0 && !callId.includes(" ") && !callId.includes("\t")) return;
  throw refusal(request, "call_id", `Call-ID must be one word, got ${quotedBack(callId)}`, "call-id");
}

function checkMaxForwards(request: SipRequest, branch: string | null): void {
  const value = request.headers.first("max-forwards");
  if (value === null) {
    if (!branch?.startsWith(MAGIC_COOKIE)) return;
    throw refusal(request, "missing_header", "A request must have max-forwards");
  }
  if (parseMaxForwards(value) !== null) return;
  const message = `Max-Forwards must be 0 .. 255, got ${quotedBack(value)}`;
  throw refusal(request, "max_forwards", message, "max-forwards");
}

function checkRequestUri(request: SipRequest): void {
  const uri = readRequestUri(request);
  if (!KNOWN_SCHEMES.has(uri.scheme)) {
    const message = `The Request-URI must be sip, sips or tel, got ${quotedBack(uri.scheme)}`;
    throw new MessageParseError("uri", message, { status: 416, request: answerable(request) });
  }
  if (uri.headers !== null) throw refusal(request, "uri", "A Request-URI must have no headers");
}

function readRequestUri(request: SipRequest) {
  try {
    return parseUri(request.requestUri);
  } catch (error) {
    throw rebased(error, request, "uri", request.method.length + 1);
  }
}

function refusal(request: SipRequest, reason: ParseReason, message: string, header = ""): MessageParseError {
  const offset = request.headers.offsetOf(header);
  return new MessageParseError(reason, message, { offset, request: answerable(request) });
}

/** The request itself when a response to it would find its way back: its top Via can be read. Otherwise `null`. */
export function answerable(request: SipRequest): SipRequest | null {
  const [top] = request.headers.list("via");
  if (top === undefined) return null;
  try {
    parseVia(top);
    return request;
  } catch {
    return null;
  }
}
