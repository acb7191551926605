/**
 * What a parsed SIP message is (RFC 3261 §7). Text is latin1: one character per octet, UTF-8 left undecoded.
 *
 * @module
 */
import type { Headers } from "./headers.ts";

/** A request as received; nothing but the start line and the framing is checked yet. */
export interface SipRequest {
  readonly kind: "request";
  /** As received: methods are case-sensitive and never unescaped (RFC 3261 §7.1). */
  readonly method: string;
  /** Raw text. */
  readonly requestUri: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A response as received. */
export interface SipResponse {
  readonly kind: "response";
  /** 100 .. 699. */
  readonly status: number;
  /** Reason phrase, possibly empty. */
  readonly reason: string;
  readonly headers: Headers;
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;
