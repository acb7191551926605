/**
 * What every kind of listener has in common: the parts it is given, what it offers, how it fails to open.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { hostPort, type ListenAddress } from "../../base/net-names.ts";
import type { ArrivalGauge } from "./arrival.ts";
import type { Flow, TransportEvents } from "./flow.ts";
import type { TransportLimits } from "./limits.ts";

/** What a listener needs from the rest of the engine. */
export interface ListenerParts {
  readonly clock: Clock;
  readonly events: TransportEvents;
  readonly log: Log;
  readonly limits: TransportLimits;
  readonly arrivals: ArrivalGauge;
}

/** One bound socket. */
export interface Listener {
  /** With the port the system chose. */
  readonly address: ListenAddress;
  /** Octets the kernel granted for receiving; `null` for streams. */
  readonly receiveBufferOctets: number | null;
  /** @returns `false` when nothing was sent */
  send(flow: Flow, octets: Buffer): boolean;
  close(): Promise<void>;
}

/** A listen address could not be opened; a person has to change the configuration or stop another program. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "LISTEN";
  readonly address: ListenAddress;
  /** System error such as `EADDRINUSE`; `null` when the system was not asked. */
  readonly systemCode: string | null;

  constructor(address: ListenAddress, reason: string, options: { systemCode?: string; cause?: unknown } = {}) {
    super(`cannot listen on ${addressText(address)}: ${reason}`, { cause: options.cause });
    this.address = address;
    this.systemCode = options.systemCode ?? null;
  }
}

/** Causes an operator meets, in words; the rest keep their system code. */
const SYSTEM_REASONS: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "address already in use"],
  ["EADDRNOTAVAIL", "address not available on this machine"],
  ["EACCES", "permission denied"],
  ["EAFNOSUPPORT", "address family not supported"],
  ["EMFILE", "too many open files"],
]);

/** The failure of a bind, named after the address. */
export function listenError(address: ListenAddress, cause: unknown): ListenError {
  if (cause instanceof ListenError) return cause;
  const systemCode = systemCodeOf(cause);
  return new ListenError(address, SYSTEM_REASONS.get(systemCode) ?? systemCode, { systemCode, cause });
}

/** `code` of a system error, e.g. `ECONNRESET`; `UNKNOWN` when there is none. */
export function systemCodeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "UNKNOWN";
}

/** `udp:127.0.0.1:5060`, as in the setting `sip.listen`. */
export function addressText(address: ListenAddress): string {
  return `${address.transport}:${hostPort(address.host, address.port)}`;
}
