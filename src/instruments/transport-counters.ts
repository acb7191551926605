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

/** Series kept by name; the names are words of ours and known methods, the catalogue folds the rest. */
const SERIES_KEPT_MAX = 256;

/** The transport rows of the catalogue. */
export class TransportCounters implements EndpointObserver {
  readonly #instruments: Instruments;
  readonly #messages = new Map<string, number>();

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

  connectionOpened(transport: TransportName): void {
    this.#instruments.add(this.#instruments.cell("transportConnections", transport));
  }

  connectionClosed(transport: TransportName, reason: CloseReason): void {
    this.#instruments.add(this.#instruments.cell("transportConnections", transport), -1);
    this.#instruments.add(this.#instruments.cell("transportConnectionsClosed", transport, reason));
  }

  #message(transport: TransportName, direction: "in" | "out", method: string): number {
    const name = `${transport} ${direction} ${method}`;
    const known = this.#messages.get(name);
    if (known !== undefined) return known;
    const cell = this.#instruments.cell("transportMessages", transport, direction, method);
    if (this.#messages.size < SERIES_KEPT_MAX) this.#messages.set(name, cell);
    return cell;
  }
}
