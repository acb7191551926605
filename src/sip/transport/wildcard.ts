/**
 * UDP on a wildcard address: one socket per local address, so that an answer leaves from the address that was asked
 * (RFC 3581 §4); a single wildcard socket would let the routing table choose.
 *
 * Addresses that appear later, and broadcast, are not served.
 *
 * @module
 */
import { networkInterfaces } from "node:os";
import type { Log } from "../../base/log.ts";
import type { ListenAddress } from "../../base/net-names.ts";
import { addressText, ListenError, type Listener, type ListenerParts } from "./listener.ts";
import { openUdp } from "./udp.ts";

/** A port chosen on one address may be taken on the next; how often another one is tried. */
const PORT_ATTEMPTS_MAX = 10;

/** Whether `host` stands for every local address. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/**
 * Binds every local address of the family on one port; port 0 lets the system choose it.
 *
 * @param firstIndex index of the first socket; the others follow
 * @throws {ListenError} when one address cannot be bound; those already open are closed again
 */
export async function openUdpWildcard(
  address: ListenAddress,
  firstIndex: number,
  parts: ListenerParts,
): Promise<readonly Listener[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openEach(address, firstIndex, parts);
    } catch (error) {
      const isUnlucky = address.port === 0 && error instanceof ListenError && error.systemCode === "EADDRINUSE";
      if (!isUnlucky || attempt === PORT_ATTEMPTS_MAX) throw error;
    }
  }
}

async function openEach(address: ListenAddress, firstIndex: number, parts: ListenerParts): Promise<Listener[]> {
  await using opened = new AsyncDisposableStack();
  const listeners: Listener[] = [];
  let { port } = address;
  for (const host of localAddresses(address.host)) {
    const listener = await openUnlessGone({ ...address, host, port }, firstIndex + listeners.length, parts);
    if (listener === null) continue;
    opened.defer(() => listener.close());
    listeners.push(listener);
    port = listener.address.port;
  }
  if (listeners.length === 0) throw new ListenError(address, "no local address of this family");
  opened.move();
  return listeners;
}

/** An address can vanish between the listing and the bind, or be tentative (RFC 4862 §5.4): that one is left out. */
async function openUnlessGone(address: ListenAddress, index: number, parts: ListenerParts): Promise<Listener | null> {
  try {
    return await openUdp(address, index, parts);
  } catch (error) {
    if (!(error instanceof ListenError) || error.systemCode !== "EADDRNOTAVAIL") throw error;
    logSkipped(parts.log, address);
    return null;
  }
}

function logSkipped(log: Log, address: ListenAddress): void {
  log.warn("listen address skipped", { address: addressText(address), code: "EADDRNOTAVAIL" });
}

/** Numeric addresses of this machine, loopback included; without IPv6 link-local ones, which need a zone. */
function localAddresses(wildcard: string): readonly string[] {
  const family = wildcard === "::" ? "IPv6" : "IPv4";
  const found = new Set<string>();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const entry of addresses ?? []) {
      const needsZone = entry.family === "IPv6" && entry.scopeid !== 0;
      if (entry.family === family && !needsZone) found.add(entry.address);
    }
  }
  return [...found];
}
