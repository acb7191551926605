/**
 * The octets of a probe: a complete request outside any dialog (RFC 3261 §8.1.1), sent once and never again.
 *
 * @module
 */
import { hex32 } from "./token.ts";

/** What one probe says. */
export interface ProbeParts {
  readonly method: string;
  /** Contact URI, as registered. */
  readonly requestUri: string;
  /** `UDP`, `TCP` ... */
  readonly viaTransport: string;
  /** `host:port` of the local socket, or what it advertises. */
  readonly sentBy: string;
  readonly branch: string;
  /** Stored Path vector, comma-joined; becomes the Route set (RFC 3327 §5.1). */
  readonly path: string | null;
  readonly from: string;
  /** `user@host` or `user`. */
  readonly aor: string;
  /** Host for an AoR without one. */
  readonly domain: string;
  /** Three random words: the From tag and the Call-ID. */
  readonly tag: number;
  readonly callIdHigh: number;
  readonly callIdLow: number;
}

/** RFC 3261 §8.1.1.6. */
const MAX_FORWARDS = 70;

/** The request as latin1 text. */
export function printProbe(parts: ProbeParts): string {
  const route = parts.path === null ? "" : `Route: ${parts.path}\r\n`;
  return (
    `${parts.method} ${parts.requestUri} SIP/2.0\r\n` +
    `Via: SIP/2.0/${parts.viaTransport} ${parts.sentBy};branch=${parts.branch};rport\r\n` +
    route +
    `Max-Forwards: ${MAX_FORWARDS}\r\n` +
    `From: <${parts.from}>;tag=${hex32(parts.tag)}\r\n` +
    `To: <${toUri(parts.aor, parts.domain)}>\r\n` +
    `Call-ID: ${hex32(parts.callIdHigh)}${hex32(parts.callIdLow)}@sipulse\r\n` +
    `CSeq: 1 ${parts.method}\r\n` +
    "User-Agent: sipulse\r\n" +
    "Content-Length: 0\r\n\r\n"
  );
}

/** The From URI of a probe when none is configured. */
export function defaultFrom(aor: string, domain: string): string {
  const at = aor.lastIndexOf("@");
  return `sip:keepalive@${at === -1 ? domain : aor.slice(at + 1)}`;
}

function toUri(aor: string, domain: string): string {
  // A bracket is an IPv6 host: it may not stand in a user (RFC 3261 §25.1).
  return aor.includes("@") || aor.startsWith("[") ? `sip:${aor}` : `sip:${aor}@${domain}`;
}
