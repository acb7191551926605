/**
 * A transport on real loopback sockets whose events can be read and waited for.
 *
 * @module
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { Log, LogFields } from "../../../src/base/log.ts";
import type { ListenAddress } from "../../../src/base/net-names.ts";
import type { Arrival, Flow, TransportEvents } from "../../../src/sip/transport/flow.ts";
import { type OpenTransport, openSipTransport, type TransportOptions } from "../../../src/sip/transport/open.ts";

/** Every event as one line, in order; messages also with their flow. */
export class RecordingEvents implements TransportEvents {
  readonly lines: string[] = [];
  readonly messages: { text: string; flow: Flow; arrival: Arrival }[] = [];
  readonly opened: Flow[] = [];
  /** What the endpoint would do with a message. */
  answer: (text: string, flow: Flow) => void = () => {};
  #waiting: { isMet: () => boolean; resolve: () => void }[] = [];

  onMessage(octets: Buffer, flow: Flow, arrival: Arrival): void {
    const text = octets.toString("latin1");
    this.messages.push({ text, flow, arrival });
    this.answer(text, flow);
    this.#happened(`message ${text.length}`);
  }
  onDropped(transport: string, reason: string): void {
    this.#happened(`dropped ${transport} ${reason}`);
  }
  onOpened(flow: Flow): void {
    this.opened.push(flow);
    this.#happened("opened");
  }
  onClosed(_flow: Flow, reason: string): void {
    this.#happened(`closed ${reason}`);
  }
  onSendFailed(_flow: Flow, code: string): void {
    this.#happened(`send failed ${code}`);
  }

  /** Resolves as soon as `isMet`, which is asked after every event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  /** Resolves when `line` has been recorded `times`. */
  untilLine(line: string, times = 1): Promise<void> {
    return this.until(() => this.lines.filter((each) => each === line).length >= times);
  }

  #happened(line: string): void {
    this.lines.push(line);
    const met = this.#waiting.filter((each) => each.isMet());
    this.#waiting = this.#waiting.filter((each) => !met.includes(each));
    for (const each of met) each.resolve();
  }
}

/** Keeps what was logged. */
export class RecordingLog implements Log {
  readonly entries: { level: string; event: string; fields: LogFields | undefined }[] = [];
  debug = (event: string, fields?: LogFields) => this.#add("debug", event, fields);
  info = (event: string, fields?: LogFields) => this.#add("info", event, fields);
  warn = (event: string, fields?: LogFields) => this.#add("warn", event, fields);
  error = (event: string, fields?: LogFields) => this.#add("error", event, fields);

  #add(level: string, event: string, fields: LogFields | undefined): void {
    this.entries.push({ level, event, fields });
  }
}

/** `udp:127.0.0.1:0` unless told otherwise. */
export function listenOn(fields: Partial<ListenAddress> = {}): ListenAddress {
  return { transport: "udp", host: "127.0.0.1", port: 0, advertise: null, ...fields };
}

export interface OpenedHarness {
  readonly transport: OpenTransport;
  readonly events: RecordingEvents;
  readonly log: RecordingLog;
  /** Of the first listener. */
  readonly port: number;
}

/** Opens a transport that is closed when the test is over. */
export async function openHarness(
  listen: readonly ListenAddress[],
  options: Partial<Pick<TransportOptions, "clock" | "limits">> = {},
): Promise<OpenedHarness> {
  const events = new RecordingEvents();
  const log = new RecordingLog();
  const transport = await openSipTransport({ clock: systemClock, ...options, listen, events, log });
  onTestFinished(() => transport.close());
  return { transport, events, log, port: transport.sockets[0]?.port ?? 0 };
}

/** A phone over UDP: a bound socket that collects what it receives. */
export async function openPhone(host = "127.0.0.1"): Promise<{ socket: DatagramSocket; port: number }> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  return { socket, port: socket.address().port };
}

/** A phone over TCP: connected, collecting what it receives as text. */
export async function dial(port: number, host = "127.0.0.1"): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect({ port, host, noDelay: true });
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return { socket, received: () => received };
}

/** Resolves when the socket is closed, whatever ended it. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** A phone over TCP that is turned away; resolves when it has noticed. */
export function dialInVain(port: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  return gone(socket);
}

/** A SIP request with a body of `bodyLength` octets and a matching Content-Length. */
export function options(bodyLength = 0, more = ""): string {
  return `OPTIONS sip:example.org SIP/2.0\r\nCSeq: 1 OPTIONS\r\n${more}Content-Length: ${bodyLength}\r\n\r\n${"b".repeat(bodyLength)}`;
}

/** Whether this machine has the address; tests name what they skip. */
export function hasLocalAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some((entry) => entry.address === address));
}
