/**
 * The local sockets by number and by name, before and after they are open: what Via and `Socket` show, and the way out.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { hostPort, type ListenAddress, type TransportName } from "../../base/net-names.ts";
import type { Flow, SipTransport } from "./flow.ts";

/** Nothing can be sent and no socket has a name until `open` is called. */
export class Outlet {
  #transport: SipTransport | null = null;
  /** `HOST:PORT` by socket number, for Via. */
  #sentBy: readonly string[] = [];
  /** `udp:HOST:PORT` by socket number. */
  #names: readonly string[] = [];

  /** The open sockets; empty before. */
  get sockets(): readonly ListenAddress[] {
    return this.#transport?.sockets ?? [];
  }

  open(transport: SipTransport): void {
    this.#transport = transport;
    this.#sentBy = transport.sockets.map(({ advertise, host, port }) => advertise ?? hostPort(host, port));
    this.#names = transport.sockets.map(({ transport: name, host, port }) => `${name}:${hostPort(host, port)}`);
  }

  /** @returns `false` when nothing was sent */
  send(flow: Flow, octets: Buffer): boolean {
    return this.#transport?.send(flow, octets) ?? false;
  }

  /** What Via shows for a socket (RFC 3261 §18.1.1 sent-by). */
  sentBy(socket: number): string {
    return this.#sentBy[socket] ?? "invalid.invalid";
  }

  /** `udp:127.0.0.1:5060`; "" for a socket that is no longer open. */
  nameOf(socket: number): string {
    return this.#names[socket] ?? "";
  }

  /**
   * The socket to use for a contact that was stored with another life's socket name: the same one, else the only
   * one of that transport; -1 when that cannot be told.
   */
  socketOf(name: string, transport: TransportName): number {
    const same = this.#names.indexOf(name);
    if (same !== -1) return same;
    const alike = this.sockets.flatMap((socket, index) => (socket.transport === transport ? [index] : []));
    return alike.length === 1 ? (alike[0] as number) : -1;
  }
}
