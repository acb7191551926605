/**
 * Whether a phone sits behind a NAT: what it says of itself differs from where its request came from.
 *
 * @module
 */
import { hostPort, type TransportName } from "../base/net-names.ts";
import { canonicalHost } from "../sip/syntax/host.ts";

/** RFC 3261 §19.1.2: the port of a URI without one. */
const DEFAULT_PORT = 5_060;

/** A host and port that the phone claims, IPv6 in brackets. */
export interface Claim {
  readonly host: string;
  /** `null` = not said. */
  readonly port: number | null;
}

/** Where the request really came from. */
export interface Source {
  readonly transport: TransportName;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Whether a claim names the source. A stream's own port is always another one, so only datagrams compare it. */
export function isSource(claim: Claim, source: Source): boolean {
  const { remoteAddress } = source;
  const host = remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress;
  if (claim.host !== host && canonicalHost(claim.host) !== canonicalHost(host)) return false;
  return source.transport !== "udp" || (claim.port ?? DEFAULT_PORT) === source.remotePort;
}

const PRIVATE_IPV4 = /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(\.\d{1,3}){2,3}$/;

/** RFC 1918, RFC 6598 (carrier-grade NAT), and unique local IPv6 (RFC 4193). Names are never private. */
export function isPrivate(host: string): boolean {
  return PRIVATE_IPV4.test(host) || /^\[f[cd]/i.test(host);
}

/** Whether the contact is marked NATed (Kamailio: `nat_bflag` set by `nat_uac_test`). */
export function isBehindNat(contact: Claim, via: Claim, source: Source): boolean {
  if (!isSource(contact, source) || !isSource(via, source)) return true;
  return isPrivate(contact.host) || isPrivate(via.host);
}

/** The source as a URI, in the form Kamailio stores as `received`. */
export function receivedUri(source: Source): string {
  const transport = source.transport === "udp" ? "" : `;transport=${source.transport}`;
  return `sip:${hostPort(source.remoteAddress, source.remotePort)}${transport}`;
}
