/**
 * One UDP socket that many phones share.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { hostPort } from "../base/net-names.ts";
import type { Line, LineEvents, Source } from "./line.ts";

/** Thousands of probes may come while the loop is busy; the usual 208 KiB hold 166 of them. */
export const RECEIVE_BUFFER_OCTETS = 4 * 1_024 * 1_024;
/** Shorter datagrams are pings (CRLF, four zeros), never a start line with a version. */
const SHORTEST_MESSAGE_OCTETS = 16;

/** A bound socket and the registrar it sends to. */
export class UdpLine implements Line {
  readonly transport = "udp";
  readonly local: string;
  readonly #socket: Socket;
  readonly #target: Source;
  readonly #onSent: (error: Error | null) => void;
  #isClosed = false;

  private constructor(socket: Socket, target: Source, events: LineEvents) {
    const { address, port } = socket.address();
    this.local = hostPort(address, port);
    this.#socket = socket;
    this.#target = target;
    this.#onSent = (error) => {
      if (error !== null) events.onSendFailed();
    };
    socket.on("message", (octets, from) => this.#onDatagram(octets, from, events));
    socket.on("error", () => events.onSendFailed());
  }

  /** Resolves when the socket is bound to a port of `options.address`. */
  static async open(options: { address: string; target: Source }, events: LineEvents): Promise<UdpLine> {
    const family = options.address.includes(":") ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: RECEIVE_BUFFER_OCTETS,
      sendBufferSize: RECEIVE_BUFFER_OCTETS,
      // Addresses are numeric already; the default lookup would put every send off to a later tick.
      lookup: (address, _options, done) => done(null, address, family),
    });
    // Listens before it is asked to: with this lookup the event comes during the call.
    const listening = once(socket, "listening");
    socket.bind(0, options.address);
    try {
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    return new UdpLine(socket, options.target, events);
  }

  /** What the kernel granted; Linux reports the double of it. */
  get receiveBufferOctets(): number {
    return this.#socket.getRecvBufferSize();
  }

  send(octets: Buffer): boolean {
    return this.answer(octets, this.#target);
  }

  answer(octets: Buffer, to: Source): boolean {
    if (this.#isClosed || to.port < 1 || to.port > 65_535) return false;
    this.#socket.send(octets, to.port, to.address, this.#onSent);
    return true;
  }

  /** Resolves when the socket is closed; safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  /** Pings of two or four octets (CRLF, zeros) are not messages. */
  #onDatagram(octets: Buffer, from: RemoteInfo, events: LineEvents): void {
    if (octets.length < SHORTEST_MESSAGE_OCTETS) return;
    events.onMessage(octets, from, this);
  }
}
