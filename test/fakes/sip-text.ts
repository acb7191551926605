/**
 * Requests and replies as text, for whoever talks to a registrar over the wire: builders that hide what a test is not about.
 *
 * @module
 */
import type { SipResponse } from "../../src/sip/syntax/message.ts";
import { parseMessage } from "../../src/sip/syntax/parse.ts";

/** What differs from a plain request; every request gets a branch of its own. */
export interface RequestFields {
  readonly method?: string;
  readonly uri?: string;
  readonly transport?: "UDP" | "TCP";
  readonly sentBy?: string;
  readonly branch?: string;
  /** Behind the branch, e.g. `;rport`. */
  readonly viaParams?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
  /** Whole lines, e.g. `Contact: <sip:alice@192.0.2.7>`. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

let requests = 0;

/** A number that no other call gets. */
export const unique = (): number => ++requests;

/** The text of a request that `checkRequest` passes. */
export function requestText(fields: RequestFields = {}): string {
  const { method = "OPTIONS", uri = "sip:example.org", transport = "UDP", sentBy = "192.0.2.7:5060" } = fields;
  const number = unique();
  const { branch = `z9hG4bKtest${number}`, viaParams = ";rport", body = "" } = fields;
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${sentBy};branch=${branch}${viaParams}`,
    "Max-Forwards: 70",
    `From: ${fields.from ?? `<sip:alice@example.org>;tag=f${number}`}`,
    `To: ${fields.to ?? "<sip:alice@example.org>"}`,
    `Call-ID: ${fields.callId ?? `call-${number}`}`,
    `CSeq: ${fields.cseq ?? 1} ${method}`,
    ...(fields.headers ?? []),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

/** The text of a REGISTER of alice@example.org with these Contact values. */
export function registerText(contacts: readonly string[] = [], fields: RequestFields = {}): string {
  const lines = contacts.map((contact) => `Contact: ${contact}`);
  return requestText({ method: "REGISTER", ...fields, headers: [...lines, ...(fields.headers ?? [])] });
}

/** A reply to a probe, or to any other request: what RFC 3261 §8.2.6.2 says must be copied. */
export function replyText(request: string, statusLine = "SIP/2.0 200 OK"): string {
  const copied = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
  return [statusLine, ...copied, "Content-Length: 0", "", ""].join("\r\n");
}

/** Value of the first header of that name. */
export function headerOf(text: string, name: string): string | null {
  const found = new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, "im").exec(text);
  return found?.[1]?.trimEnd() ?? null;
}

/** @throws when the octets are no response */
export function responseOf(octets: Buffer): SipResponse {
  const message = parseMessage(octets);
  if (message.kind !== "response") throw new TypeError(`a reply was expected, got ${octets.toString("latin1")}`);
  return message;
}
