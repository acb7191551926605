/**
 * One accepted stream connection: frames in, messages out, and the deadlines that free it from a peer that dawdles.
 *
 *      open --peer hangs up, resets--------> closed
 *           --malformed--> answered, lingers > closed
 *           --a deadline passes------------> closed
 *
 * @module
 */
import type { Socket } from "node:net";
import type { CloseReason, Flow } from "./flow.ts";
import { StreamFramer } from "./framing.ts";
import { type ListenerParts, systemCodeOf } from "./listener.ts";

/** Answer to a ping (RFC 5626 §4.4.1). */
const CRLF = Buffer.from("\r\n");

/** One accepted connection, its framer, deadlines and write queue; a socket error never leaves it as an exception. */
export class StreamConnection {
  readonly flow: Flow;
  readonly #socket: Socket;
  readonly #parts: ListenerParts;
  readonly #framer = new StreamFramer();
  readonly #openedMs: number;
  #lastReadMs: number;
  #hasSpoken = false;
  /** When the message that is incomplete now began; `null` between messages. */
  #partialSinceMs: number | null = null;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => {};
  #isClosed = false;

  constructor(socket: Socket, flow: Flow, parts: ListenerParts) {
    this.flow = flow;
    this.#socket = socket;
    this.#parts = parts;
    this.#openedMs = this.#lastReadMs = parts.clock.monotonicMs();
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#finish("peer"));
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => {
      this.#finish("peer");
      this.#cancelTimer();
    });
    this.#armTimer();
  }

  send(octets: Buffer): boolean {
    if (this.#isClosed || !this.#socket.writable) return false;
    if (this.#socket.writableLength + octets.length > this.#parts.limits.streamQueueOctets) {
      this.#parts.events.onDropped(this.flow.transport, "queue_full");
      return false;
    }
    this.#socket.write(octets);
    return true;
  }

  /** Hangs up for our own reasons; a peer that lingers is not waited for. */
  shutDown(): void {
    if (this.#isClosed) this.#socket.destroy();
    else this.#finish("shutdown");
  }

  #read(chunk: Buffer): void {
    if (this.#isClosed) return;
    const arrival = this.#parts.arrivals.streamRead();
    this.#lastReadMs = arrival.readMs;
    this.#framer.push(chunk);
    let frame = this.#framer.next();
    while (frame !== null) {
      if (frame.kind === "message") {
        this.#hasSpoken = true;
        this.#partialSinceMs = null;
        this.#parts.events.onMessage(frame.octets, this.flow, arrival);
      } else if (frame.kind === "malformed") {
        if (frame.reason === "size") this.#parts.events.onDropped(this.flow.transport, "oversized");
        // The head goes where messages go: whoever parses it finds the same fault and answers 400.
        this.#parts.events.onMessage(frame.octets, this.flow, arrival);
        this.#finish("malformed");
      } else if (frame.kind === "ping") {
        this.send(CRLF);
      }
      if (this.#isClosed) return;
      frame = this.#framer.next();
    }
    if (!this.#framer.isMidMessage) this.#partialSinceMs = null;
    else this.#partialSinceMs ??= arrival.readMs;
    this.#armTimer();
  }

  #failed(error: Error): void {
    const code = systemCodeOf(error);
    this.#parts.log.debug("connection failed", { connection: this.flow.connectionId, code });
    const isWrite = "syscall" in error && error.syscall === "write";
    if (isWrite && !this.#isClosed) this.#parts.events.onSendFailed(this.flow, code);
    this.#finish("error");
  }

  /** When the peer has to have done something. */
  #deadlineMs(): number {
    const { limits } = this.#parts;
    return Math.min(
      this.#lastReadMs + limits.idleTimeoutMs,
      this.#hasSpoken ? Number.POSITIVE_INFINITY : this.#openedMs + limits.firstMessageMs,
      this.#partialSinceMs === null ? Number.POSITIVE_INFINITY : this.#partialSinceMs + limits.partialMessageMs,
    );
  }

  /** A deadline that moved away is noticed when the timer fires, so that most messages touch no timer. */
  #armTimer(): void {
    const dueMs = this.#deadlineMs();
    if (dueMs >= this.#timerDueMs) return;
    this.#cancelTimer();
    this.#timerDueMs = dueMs;
    this.#cancelTimer = this.#parts.clock.after(dueMs - this.#parts.clock.monotonicMs(), () => {
      this.#timerDueMs = Number.POSITIVE_INFINITY;
      if (this.#parts.clock.monotonicMs() >= this.#deadlineMs()) this.#finish("idle_timeout");
      else this.#armTimer();
    });
  }

  #finish(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    this.#hangUp(reason);
    this.#parts.events.onClosed(this.flow, reason);
  }

  #hangUp(reason: CloseReason): void {
    if (reason === "idle_timeout" || reason === "error") {
      this.#socket.destroy();
      return;
    }
    // What was answered still gets out. Octets the peer goes on sending are read and forgotten: closing on unread
    // octets would reset the connection and take the answer along.
    if (reason === "malformed") this.#socket.end();
    else this.#socket.destroySoon();
    this.#cancelTimer = this.#parts.clock.after(this.#parts.limits.lingerMs, () => this.#socket.destroy());
  }
}
