/**
 * A flow: one remote end we can answer, and the little that the layers above need from a transport.
 *
 * @module
 */
import type { ListenAddress, TransportName } from "../../base/net-names.ts";

/** Where a message came from, or goes to (RFC 5626 §2: "flow"). */
export interface Flow {
  readonly transport: TransportName;
  /** Index into `SipTransport.sockets`: the local socket. */
  readonly socket: number;
  /** Numeric address as the socket reports it; no brackets, no zone. */
  readonly remoteAddress: string;
  /** 1 .. 65535. */
  readonly remotePort: number;
  /** Stream connection, unique for the life of the process; -1 for UDP. */
  readonly connectionId: number;
}

/** When a message arrived, as well as can be known without the kernel's own stamp. */
export interface Arrival {
  /** Monotonic milliseconds when the message was read. */
  readonly readMs: number;
  /** Whether the event loop may have been busy for more than half a millisecond while the message waited. */
  readonly isImprecise: boolean;
}

/** Why a message or a connection was dropped before the parser saw it; a closed set, used as a label. */
export type TransportDropReason = "oversized" | "queue_full" | "connection_limit";

/** Why a stream ended; a closed set, used as a label. */
export type CloseReason = "peer" | "error" | "idle_timeout" | "malformed" | "shutdown";

/** What the transports tell the endpoint. Must not throw. */
export interface TransportEvents {
  /** @param octets one whole message (or datagram); valid only during the call */
  onMessage(octets: Buffer, flow: Flow, arrival: Arrival): void;
  onDropped(transport: TransportName, reason: TransportDropReason): void;
  onOpened(flow: Flow): void;
  onClosed(flow: Flow, reason: CloseReason): void;
  /** A send failed after `send` had returned `true` (EMSGSIZE, ECONNRESET ...). */
  onSendFailed(flow: Flow, code: string): void;
}

/** Every open listener of the daemon, as one. */
export interface SipTransport {
  /** The bound local sockets, ports filled in; a wildcard UDP listener gives one per local address. */
  readonly sockets: readonly ListenAddress[];
  /** Octets the kernel granted to the smallest UDP receive buffer; `null` without a UDP socket. */
  readonly receiveBufferOctets: number | null;
  /**
   * Sends one message over an existing flow; never opens a connection.
   *
   * @param octets given away: must not be changed afterwards (a full socket buffer queues it)
   * @returns `false` when nothing was sent: no such connection, its queue is full, or an impossible address
   */
  send(flow: Flow, octets: Buffer): boolean;
  /** Closes every socket and connection; safe to call twice. */
  close(): Promise<void>;
}
