/**
 * The messages of a simulated phone: prints its REGISTER and its answers, and judges the registrar's replies.
 *
 * @module
 */
import { printable } from "../base/log.ts";
import { type Random, randomHex } from "../base/random.ts";
import { type NameAddr, parseContacts } from "../sip/syntax/address.ts";
import type { SipRequest, SipResponse } from "../sip/syntax/message.ts";
import { printReply, printRequest, reasonPhrase } from "../sip/syntax/print.ts";
import { parseUri, uriEquals } from "../sip/syntax/uri.ts";
import { parseDeltaSeconds } from "../sip/syntax/values.ts";
import type { Line, Source } from "./line.ts";

/** Who a phone says it is; lasts until it is switched off. */
export interface PhoneIdentity {
  readonly user: string;
  readonly domain: string;
  readonly userAgent: string;
  readonly callId: string;
  readonly tag: string;
  /** `urn:uuid:…` (RFC 5626 §4.1), the same over reboots. */
  readonly instance: string;
}

/** What the registrar's final answer to a REGISTER means for the phone. */
export type RegisterVerdict =
  /** 2xx that lists our contact (RFC 3261 §10.2.4). */
  | { readonly kind: "bound"; readonly expiresS: number }
  /** 423 with a Min-Expires above what was asked (RFC 3261 §10.2.8). */
  | { readonly kind: "too-brief"; readonly minExpiresS: number }
  /** Anything else; `retryAfterS` is `null` when the registrar did not say. */
  | { readonly kind: "refused"; readonly status: number; readonly retryAfterS: number | null };

const ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, SUBSCRIBE, INFO, MESSAGE, REFER";
/** RFC 3261 §8.1.1.6. */
const MAX_FORWARDS = "70";

/** The contact that a phone registers. */
export function contactUri(user: string, line: { transport: Line["transport"]; local: string }): string {
  return `sip:${user}@${line.local}${line.transport === "tcp" ? ";transport=tcp" : ""}`;
}

/** A version 4 UUID as URN (RFC 4122 §4.4). */
export function instanceUrn(random: Random): string {
  const hex = randomHex(random, 4);
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) & 3);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ];
  return `urn:uuid:${groups.join("-")}`;
}

/** @param request.expiresS 0 removes the binding (RFC 3261 §10.2.2) */
export function printRegister(
  phone: PhoneIdentity,
  line: { transport: Line["transport"]; local: string },
  request: { cseq: number; branch: string; expiresS: number },
): Buffer {
  const aor = `sip:${phone.user}@${phone.domain}`;
  const text = printRequest({
    method: "REGISTER",
    requestUri: `sip:${phone.domain}`,
    headers: [
      ["Via", `SIP/2.0/${line.transport.toUpperCase()} ${line.local};branch=${request.branch};rport`],
      ["Max-Forwards", MAX_FORWARDS],
      ["From", `<${aor}>;tag=${phone.tag}`],
      ["To", `<${aor}>`],
      ["Call-ID", phone.callId],
      ["CSeq", `${request.cseq} REGISTER`],
      ["Contact", `<${contactUri(phone.user, line)}>;expires=${request.expiresS};+sip.instance="<${phone.instance}>"`],
      ["Expires", String(request.expiresS)],
      ["User-Agent", phone.userAgent],
      ["Allow", ALLOW],
    ],
  });
  return Buffer.from(text, "latin1");
}

/** The answer to any request: Via, From, To, Call-ID and CSeq are copied (RFC 3261 §8.2.6.2). */
export function printAnswer(
  request: SipRequest,
  answer: { status: number; tag: string; source: Source; userAgent: string | null },
): Buffer {
  const text = printReply(request, {
    status: answer.status,
    reason: reasonPhrase(answer.status),
    toTag: answer.tag,
    source: answer.source,
    headers: [
      ["Allow", ALLOW],
      ["Accept", "application/sdp"],
      ...(answer.userAgent === null ? [] : [["User-Agent", answer.userAgent] as const]),
    ],
  });
  return Buffer.from(text, "latin1");
}

/**
 * Reads the registrar's final answer.
 *
 * @param asked the contact and the lifetime of the request
 */
export function judgeRegisterReply(
  response: SipResponse,
  asked: { contact: string; expiresS: number },
): RegisterVerdict {
  const { status, headers } = response;
  const seconds = (name: string): number | null => parseDeltaSeconds(leadingDigits(headers.first(name) ?? ""));
  if (status >= 200 && status < 300) {
    const ours = listedContact(response, asked.contact);
    const granted = ours === null ? 0 : (parseDeltaSeconds(ours.params.get("expires") ?? "") ?? seconds("expires"));
    const expiresS = granted ?? asked.expiresS;
    return expiresS > 0 ? { kind: "bound", expiresS } : { kind: "refused", status, retryAfterS: null };
  }
  const minExpiresS = status === 423 ? seconds("min-expires") : null;
  if (minExpiresS !== null && minExpiresS > asked.expiresS) return { kind: "too-brief", minExpiresS };
  return { kind: "refused", status, retryAfterS: seconds("retry-after") };
}

/** Our contact among those of a 200; `null` when it is not there or the header cannot be read. */
function listedContact(response: SipResponse, contact: string): NameAddr | null {
  try {
    const contacts = parseContacts(response.headers);
    if (contacts === "*") return null;
    const ours = parseUri(contact);
    return contacts.find(({ uri }) => uri === contact || uriEquals(parseUri(uri), ours)) ?? null;
  } catch {
    return null;
  }
}

/** `Retry-After: 18000;duration=3600` and `120 (I'm in a meeting)` begin with the seconds (RFC 3261 §20.33). */
function leadingDigits(value: string): string {
  return /^\d*/.exec(value)?.[0] ?? "";
}

/** For the log: what the registrar said, safe to print. */
export function statusText(response: SipResponse): string {
  return `${response.status} ${printable(response.reason)}`;
}
