/**
 * Remote addresses in one spelling, whatever socket they came from.
 *
 * @module
 */

/** What Linux puts before an IPv4 address on a dual-stack socket (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX = "::ffff:";

/** IPv4 mapped into IPv6 becomes IPv4, and a zone (`fe80::1%eth0`) is cut off. */
export function plainAddress(address: string): string {
  if (!address.includes(":")) return address;
  if (address.startsWith(MAPPED_PREFIX) && address.includes(".")) return address.slice(MAPPED_PREFIX.length);
  const zoneAt = address.indexOf("%");
  return zoneAt === -1 ? address : address.slice(0, zoneAt);
}

/** 1 .. 65535: what a message can be sent to. */
export function isSendablePort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
