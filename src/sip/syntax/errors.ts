/**
 * The one error of this folder: the peer sent octets that are not a SIP message we can act on.
 *
 * @module
 */
import { QUOTED_BACK_MAX } from "./limits.ts";
import type { SipRequest } from "./message.ts";

/** Why a message was refused: a closed list, fit for a metric label. */
export const PARSE_REASONS = [
  "empty",
  "start_line",
  "version",
  "header",
  "header_limit",
  "size",
  "content_length",
  "missing_header",
  "duplicate_header",
  "via",
  "from",
  "to",
  "call_id",
  "cseq",
  "max_forwards",
  "contact",
  "uri",
  "truncated",
] as const;
export type ParseReason = (typeof PARSE_REASONS)[number];

/** Statuses a refused request is answered with. */
export type ParseStatus = 400 | 413 | 416 | 505 | 513;

/** Something wrong with the text of a message, found while the rest is still being read. */
export interface Problem {
  readonly reason: ParseReason;
  readonly message: string;
  /** Octet in the message. */
  readonly offset: number;
  readonly status: ParseStatus;
}

/** Where and how a text is wrong; what is left out has the usual value. */
export interface ParseErrorDetails {
  readonly offset?: number;
  readonly status?: ParseStatus;
  readonly request?: SipRequest | null;
  readonly cause?: unknown;
}

/** The peer sent octets that are not a SIP message we can act on. */
export class MessageParseError extends SyntaxError {
  override readonly name = "MessageParseError";
  readonly code = "SIP_PARSE";
  readonly reason: ParseReason;
  /** Octet offset of what is wrong: into the message, or into the value when a value alone was parsed. */
  readonly offset: number;
  /** Status to answer with, when the request can be answered. */
  readonly status: ParseStatus;
  /** What could be read of a request whose top Via is usable, so that it can be answered; `null`: drop silently. */
  readonly request: SipRequest | null;

  constructor(reason: ParseReason, message: string, details: ParseErrorDetails = {}) {
    const offset = details.offset ?? 0;
    super(`${message} (octet ${offset})`, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.offset = offset;
    this.status = details.status ?? 400;
    this.request = details.request ?? null;
  }
}

/** Text from the network, shortened and quoted for an error message. */
export function quotedBack(text: string): string {
  return JSON.stringify(text.length > QUOTED_BACK_MAX ? `${text.slice(0, QUOTED_BACK_MAX)}...` : text);
}
