/**
 * Opens every listener of the daemon, or none.
 *
 *      sip.listen --> udp, one socket per local address --+
 *                 --> tcp, one listener ------------------+--> SipTransport: sockets[0], sockets[1] ...
 *
 * `Flow.socket` is the index into that flat list.
 *
 * @module
 */
import { type LoopMeter, threadLoop } from "../../base/loop-idle.ts";
import type { ListenAddress } from "../../base/net-names.ts";
import { ArrivalGauge } from "./arrival.ts";
import type { Flow, SipTransport } from "./flow.ts";
import { TRANSPORT_LIMITS, type TransportLimits } from "./limits.ts";
import { ListenError, type Listener, type ListenerParts } from "./listener.ts";
import { ConnectionBook, openTcp } from "./tcp.ts";
import { openUdp } from "./udp.ts";
import { isWildcard, openUdpWildcard } from "./wildcard.ts";

/** What `openSipTransport` needs. */
export interface TransportOptions extends Pick<ListenerParts, "clock" | "events" | "log"> {
  /** In the order of `sockets`. */
  readonly listen: readonly ListenAddress[];
  /** What differs from `TRANSPORT_LIMITS`. */
  readonly limits?: Partial<TransportLimits>;
  /** The loop of the current thread unless a test says otherwise. */
  readonly loop?: LoopMeter;
}

/** A transport that also wants to hear the ticks of the wheel. */
export interface OpenTransport extends SipTransport {
  /** To be called first thing in every tick (about once a millisecond); keeps `Arrival.isImprecise` sharp. */
  tickStarted(): void;
}

/**
 * Opens every address of `options.listen`.
 *
 * @throws {ListenError} naming the first address that cannot be opened; what was open is closed again
 */
export async function openSipTransport(options: TransportOptions): Promise<OpenTransport> {
  const { clock, events, log } = options;
  const limits = { ...TRANSPORT_LIMITS, ...options.limits };
  const arrivals = new ArrivalGauge(clock, options.loop ?? threadLoop);
  const parts: ListenerParts = { clock, events, log, limits, arrivals };
  const book = new ConnectionBook(parts);

  await using opened = new AsyncDisposableStack();
  const listeners: Listener[] = [];
  for (const address of options.listen) {
    for (const listener of await openListener(address, listeners.length, book, parts)) {
      opened.defer(() => listener.close());
      listeners.push(listener);
    }
  }
  opened.move();
  return new Listeners(listeners, parts);
}

/** One configured address; several sockets when it is a wildcard. */
async function openListener(
  address: ListenAddress,
  firstIndex: number,
  book: ConnectionBook,
  parts: ListenerParts,
): Promise<readonly Listener[]> {
  switch (address.transport) {
    case "udp":
      if (isWildcard(address.host)) return openUdpWildcard(address, firstIndex, parts);
      return [await openUdp(address, firstIndex, parts)];
    case "tcp":
      return [await openTcp(address, firstIndex, book, parts)];
    default:
      throw new ListenError(address, "transport not supported, expected udp or tcp");
  }
}

class Listeners implements OpenTransport {
  readonly sockets: readonly ListenAddress[];
  readonly receiveBufferOctets: number | null;
  readonly #listeners: readonly Listener[];
  readonly #arrivals: ArrivalGauge;

  constructor(listeners: readonly Listener[], parts: ListenerParts) {
    this.#listeners = listeners;
    this.#arrivals = parts.arrivals;
    this.sockets = listeners.map((listener) => listener.address);
    this.receiveBufferOctets = smallestReceiveBuffer(listeners);
    const asked = parts.limits.udpBufferOctets;
    if (this.receiveBufferOctets !== null && this.receiveBufferOctets < asked) {
      parts.log.warn("udp receive buffer smaller than asked", {
        grantedOctets: this.receiveBufferOctets,
        askedOctets: asked,
        sysctl: "net.core.rmem_max",
      });
    }
  }

  tickStarted(): void {
    this.#arrivals.tickStarted();
  }

  send(flow: Flow, octets: Buffer): boolean {
    const listener = this.#listeners[flow.socket];
    if (listener === undefined || listener.address.transport !== flow.transport) return false;
    return listener.send(flow, octets);
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

function smallestReceiveBuffer(listeners: readonly Listener[]): number | null {
  const granted = listeners.map((listener) => listener.receiveBufferOctets).filter((octets) => octets !== null);
  return granted.length === 0 ? null : Math.min(...granted);
}
