/**
 * Messages for the tests of this folder: builders that hide what a test is not about, and the recorded ones.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseContacts, parseNameAddr } from "../../../src/sip/syntax/address.ts";
import { MessageParseError } from "../../../src/sip/syntax/errors.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { ReplyHead } from "../../../src/sip/syntax/reply-head.ts";
import { canonicalAor, parseUri } from "../../../src/sip/syntax/uri.ts";

/** Header lines of a plain REGISTER, one per name. */
export const REGISTER_LINES: Readonly<Record<string, string>> = {
  Via: "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1;rport",
  "Max-Forwards": "Max-Forwards: 70",
  To: "To: <sip:alice@example.org>",
  From: "From: <sip:alice@example.org>;tag=a1",
  "Call-ID": "Call-ID: c1",
  CSeq: "CSeq: 7 REGISTER",
  Contact: "Contact: <sip:alice@10.0.0.9:5060>;expires=120",
  "Content-Length": "Content-Length: 0",
};

/** What differs from a plain REGISTER. */
export interface RegisterChanges {
  readonly startLine?: string;
  /** Replaces a header line by name; `null` leaves it out. */
  readonly lines?: Readonly<Record<string, string | null>>;
  /** Added behind the others. */
  readonly more?: readonly string[];
  readonly body?: string;
}

/** The text of a REGISTER. */
export function registerText(changes: RegisterChanges = {}): string {
  const lines: (string | null)[] = Object.values({ ...REGISTER_LINES, ...changes.lines });
  const start = changes.startLine ?? "REGISTER sip:example.org SIP/2.0";
  const all = [start, ...lines.filter((line) => line !== null), ...(changes.more ?? [])];
  return `${all.join("\r\n")}\r\n\r\n${changes.body ?? ""}`;
}

export const octetsOf = (text: string): Buffer => Buffer.from(text, "latin1");

/** A REGISTER, parsed and not checked. */
export function aRegister(changes: RegisterChanges = {}): SipRequest {
  const message = parseMessage(octetsOf(registerText(changes)));
  if (message.kind !== "request") throw new TypeError("a REGISTER must be a request");
  return message;
}

/** The error that `action` throws; anything else than a MessageParseError is thrown on. */
export function refusalOf(action: () => unknown): MessageParseError {
  try {
    action();
  } catch (error) {
    if (error instanceof MessageParseError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Everything a registrar reads of a message, as one word: `ok`, `dropped`, or status and reason. */
export function verdictOf(octets: Buffer): string {
  try {
    const message = parseMessage(octets);
    if (message.kind === "response") return verdictOfResponse(octets);
    checkRequest(message);
    if (message.method === "REGISTER") readRegister(message);
    return "ok";
  } catch (error) {
    if (!(error instanceof MessageParseError)) throw error;
    const isAnswered = error.request !== null || error.reason === "contact";
    return isAnswered ? `${error.status} ${error.reason}` : "dropped";
  }
}

function verdictOfResponse(octets: Buffer): string {
  const head = new ReplyHead();
  const isReadable = head.read(octets, octets.length) && head.cseqMethodEnd > head.cseqMethodStart;
  return isReadable && head.viaCount === 1 ? "ok" : "dropped";
}

function readRegister(request: SipRequest): void {
  canonicalAor(parseUri(parseNameAddr(request.headers.first("to") ?? "").uri), true);
  const contacts = parseContacts(request.headers);
  if (contacts !== "*") for (const contact of contacts) parseUri(contact.uri);
}

const TORTURE = fileURLToPath(new URL("../../data/torture", import.meta.url));

/** Octets of one torture message, e.g. `tortureOctets("rfc4475/wsinv")`. */
export function tortureOctets(name: string): Buffer {
  return readFileSync(`${TORTURE}/${name}.dat`);
}

/** Names of all torture messages. */
export function tortureNames(): readonly string[] {
  return ["rfc4475", "rfc5118"].flatMap((folder) =>
    readdirSync(`${TORTURE}/${folder}`)
      .filter((file) => file.endsWith(".dat"))
      .map((file) => `${folder}/${file.slice(0, -".dat".length)}`),
  );
}
