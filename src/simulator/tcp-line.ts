/**
 * One TCP connection of one phone, opened again whenever it is lost.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { hostPort } from "../base/net-names.ts";
import { fraction, type Random } from "../base/random.ts";
import { StreamFramer } from "../sip/transport/framing.ts";
import type { Line, LineEvents, Source } from "./line.ts";

/** First wait before a lost connection is opened again; doubled each time (RFC 5626 §4.5 starts at 30 s). */
const RECONNECT_MS_MIN = 1_000;
const RECONNECT_MS_MAX = 60_000;
/** A peer that reads nothing does not make a phone grow. */
const WRITE_QUEUE_OCTETS_MAX = 65_536;
/** A peer that takes nothing, or never answers the handshake, has this long when the line is closed. */
const LINGER_MS = 500;
/** A registrar caps the connections of one address; on loopback every address of 127/8 is ours. */
const CONNECTIONS_PER_LOOPBACK_ADDRESS = 100;

/** What a connection tells its phone. */
export interface ConnectionEvents {
  onUp(): void;
  /** @param wasUp `false` when the connection could not be opened */
  onDown(wasUp: boolean): void;
}

/** One end and the other of a connection, and what it is kept up with. */
export interface TcpLineOptions {
  /** Number of the phone: chooses the loopback address. */
  readonly phone: number;
  /** Local numeric address. */
  readonly address: string;
  readonly target: Source;
  readonly clock: Clock;
  readonly random: Random;
}

/** The line of one phone on TCP. */
export class TcpLine implements Line {
  readonly transport = "tcp";
  readonly #options: TcpLineOptions;
  readonly #events: LineEvents & ConnectionEvents;
  #socket: Socket | null = null;
  #local: string | null = null;
  #isClosed = false;
  #failuresInARow = 0;
  #cancelReconnect: () => void = () => {};

  constructor(options: TcpLineOptions, events: LineEvents & ConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  get local(): string | null {
    return this.#local;
  }

  /** Connects in the background; `onUp` tells when. */
  open(): void {
    if (this.#isClosed || this.#socket !== null) return;
    const { phone, address, target } = this.#options;
    const socket = connect({
      host: target.address,
      port: target.port,
      localAddress: sourceAddress(address, phone),
      noDelay: true,
    });
    this.#socket = socket;
    const framer = new StreamFramer();
    socket.on("connect", () => this.#onConnected(socket));
    socket.on("data", (chunk) => this.#onData(framer, chunk, socket));
    socket.on("error", () => {}); // "close" follows and says all we need.
    socket.on("close", () => this.#onClosed());
  }

  send(octets: Buffer): boolean {
    const socket = this.#socket;
    if (socket === null || this.#local === null || socket.writableLength > WRITE_QUEUE_OCTETS_MAX) return false;
    socket.write(octets);
    return true;
  }

  answer(octets: Buffer): boolean {
    return this.send(octets);
  }

  /** Says what is still queued, then closes; resolves within half a second whatever the peer does. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelReconnect();
    const socket = this.#socket;
    if (socket === null) return;
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    // There is nothing to say to a peer that has not answered the handshake: the system would try for two minutes.
    if (this.#local === null) socket.destroy();
    else socket.destroySoon();
    const cancelLinger = this.#options.clock.after(LINGER_MS, () => socket.destroy());
    await closed;
    cancelLinger();
  }

  #onConnected(socket: Socket): void {
    this.#failuresInARow = 0;
    this.#local = hostPort(socket.localAddress ?? this.#options.address, socket.localPort ?? 0);
    this.#events.onUp();
  }

  #onClosed(): void {
    const wasUp = this.#local !== null;
    this.#socket = null;
    this.#local = null;
    if (this.#isClosed) return;
    this.#events.onDown(wasUp);
    const waitMs = Math.min(RECONNECT_MS_MIN * 2 ** Math.min(this.#failuresInARow, 10), RECONNECT_MS_MAX);
    this.#failuresInARow += 1;
    const { clock, random } = this.#options;
    this.#cancelReconnect = clock.after(waitMs * (0.5 + 0.5 * fraction(random)), () => this.open());
  }

  #onData(framer: StreamFramer, chunk: Buffer, socket: Socket): void {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== null; frame = framer.next()) {
      if (frame.kind === "message") {
        this.#events.onMessage(frame.octets, this.#options.target, this);
      } else if (frame.kind === "ping") {
        socket.write("\r\n"); // RFC 5626 §4.4.1.
      } else if (frame.kind === "malformed") {
        this.#events.onMalformed();
        socket.destroy();
        return;
      }
    }
  }
}

/** On Linux each hundred phones take another address of 127/8; elsewhere only the first one exists. */
function sourceAddress(address: string, phone: number): string {
  if (address !== "127.0.0.1" || process.platform !== "linux") return address;
  const nth = Math.floor(phone / CONNECTIONS_PER_LOOPBACK_ADDRESS) % 65_000;
  return `127.0.${Math.floor(nth / 250)}.${(nth % 250) + 1}`;
}
