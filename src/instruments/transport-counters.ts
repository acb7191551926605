/**
 * Counts messages, what was not one, and connections.
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";
import type { EndpointObserver } from "../sip/endpoint.ts";
import { PARSE_REASONS, type ParseReason } from "../sip/syntax/errors.ts";
import type { CloseReason, TransportDropReason } from "../sip/transport/flow.ts";
import type { Instruments } from "./instruments.ts";
import { CLOSE_REASON, DROP_REASON } from "./labels.ts";

/** Methods whose cells are kept; the catalogue folds what is not a method we know. */
const METHODS_KEPT_MAX = 32;

/** The transport rows of the catalogue. */
export class TransportCounters implements EndpointObserver {
  readonly #instruments: Instruments;
  readonly #messages = { in: cellsByMethod(), out: cellsByMethod() };

  constructor(instruments: Instruments) {
    this.#instruments = instruments;
  }

  /** Makes the series of a transport exist at 0 before their first event. */
  prepare(transport: TransportName): void {
    const instruments = this.#instruments;
    for (const reason of PARSE_REASONS) instruments.cell("transportParseErrors", transport, reason);
    for (const reason of DROP_REASON.values ?? []) instruments.cell("transportDroppedMessages", transport, reason);
    this.#message(transport, "in", "REGISTER");
    this.#message(transport, "out", "REGISTER");
    if (transport === "udp") return;
    instruments.cell("transportConnections", transport);
    for (const reason of CLOSE_REASON.values ?? []) instruments.cell("transportConnectionsClosed", transport, reason);
  }

  messageReceived(transport: TransportName, method: string): void {
    this.#instruments.add(this.#message(transport, "in", method));
  }

  messageSent(transport: TransportName, method: string): void {
    this.#instruments.add(this.#message(transport, "out", method));
  }

  parseFailed(transport: TransportName, reason: ParseReason): void {
    this.#instruments.add(this.#instruments.cell("transportParseErrors", transport, reason));
  }

  dropped(transport: TransportName, reason: TransportDropReason): void {
    this.#instruments.add(this.#instruments.cell("transportDroppedMessages", transport, reason));
  }

  /** The kernel keeps this count; it is set, not added to. */
  kernelDropped(drops: number): void {
    this.#instruments.set(this.#instruments.cell("transportDroppedMessages", "udp", "socket_buffer"), drops);
  }

  connectionOpened(transport: TransportName): void {
    this.#instruments.add(this.#instruments.cell("transportConnections", transport));
  }

  connectionClosed(transport: TransportName, reason: CloseReason): void {
    this.#instruments.add(this.#instruments.cell("transportConnections", transport), -1);
    this.#instruments.add(this.#instruments.cell("transportConnectionsClosed", transport, reason));
  }

  #message(transport: TransportName, direction: "in" | "out", method: string): number {
    const cells = this.#messages[direction][transport];
    const known = cells.get(method);
    if (known !== undefined) return known;
    const cell = this.#instruments.cell("transportMessages", transport, direction, method);
    if (cells.size < METHODS_KEPT_MAX) cells.set(method, cell);
    return cell;
  }
}

function cellsByMethod(): Record<TransportName, Map<string, number>> {
  return { udp: new Map(), tcp: new Map(), tls: new Map(), ws: new Map(), wss: new Map() };
}
