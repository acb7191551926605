/**
 * The bounds of the transports: one table, every value overridable when they are opened.
 *
 * The bounds on one message (head 32 KiB, whole 65,535 octets) are in framing.ts.
 *
 * @module
 */
import { sToMs } from "../../base/units.ts";

/** Bounds of every listener; hitting one is counted. */
export interface TransportLimits {
  /** Stream connections of all listeners together. */
  readonly connections: number;
  /** Stream connections from one remote address; 0 = off. Loopback is not exempt. */
  readonly connectionsPerSource: number;
  /** Octets that may wait in the process for one slow connection to read. */
  readonly streamQueueOctets: number;
  /** Octets that may wait in the process for one UDP socket whose kernel buffer is full. */
  readonly datagramQueueOctets: number;
  /** Asked of the kernel for each UDP socket, for receiving and again for sending. */
  readonly udpBufferOctets: number;
  /** From accepting a connection to its first complete message. */
  readonly firstMessageMs: number;
  /** From the first octet of a message to its last. */
  readonly partialMessageMs: number;
  /** Since the last octet was received. */
  readonly idleTimeoutMs: number;
  /** How long a peer that was told to go may take to hang up. */
  readonly lingerMs: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;

export const TRANSPORT_LIMITS: TransportLimits = {
  connections: 10_000,
  connectionsPerSource: 200,
  streamQueueOctets: 256 * KIB,
  datagramQueueOctets: 4 * MIB,
  // The default of Linux, 212,992, holds 166 replies: a pause of 33 ms at 5,000 replies/s.
  udpBufferOctets: 4 * MIB,
  firstMessageMs: sToMs(10),
  // 64*T1 (RFC 3261 §17.1.1.2): nobody waits longer for an answer.
  partialMessageMs: sToMs(32),
  // More than the longest lifetime granted by default (1 h), so that a phone which is only silent keeps its flow;
  // every keepalive interval is shorter still.
  idleTimeoutMs: sToMs(3_900),
  lingerMs: sToMs(2),
};
