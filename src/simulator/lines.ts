/**
 * The sockets of a population: a few for all UDP phones, one connection per TCP phone.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Line, LineEvents, Source } from "./line.ts";
import { TcpLine } from "./tcp-line.ts";
import { RECEIVE_BUFFER_OCTETS, UdpLine } from "./udp-line.ts";

/** Phones behind one UDP socket: few enough that its buffer holds a probe of each, many enough for 50,000 phones. */
const PHONES_PER_SOCKET = 500;

/** What the lines tell the population. */
export interface LinesEvents extends LineEvents {
  onUp(phone: number): void;
  /** @param wasUp whether there had been a connection: `false` when it could not be opened */
  onDown(phone: number, wasUp: boolean): void;
}

/** What every line needs. */
export interface LinesOptions {
  /** Transport of each phone, by number. */
  readonly transports: readonly ("udp" | "tcp")[];
  /** Local numeric address. */
  readonly address: string;
  readonly target: Source;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log | null;
}

/** Every line of a population, found by the number of the phone. */
export class Lines {
  readonly #udp: UdpLine[] = [];
  readonly #tcp: TcpLine[] = [];
  /** By number of the phone. */
  readonly #byPhone: Line[] = [];

  /** Resolves when every UDP socket is bound; connections are opened one by one, by `start`. */
  static async open(options: LinesOptions, events: LinesEvents): Promise<Lines> {
    const lines = new Lines();
    try {
      for (const [phone, transport] of options.transports.entries()) {
        const line =
          transport === "tcp" ? lines.#addTcp(phone, options, events) : await lines.#udpLine(options, events);
        lines.#byPhone.push(line);
      }
      return lines;
    } catch (error) {
      await lines.close();
      throw error;
    }
  }

  of(phone: number): Line {
    return this.#byPhone[phone] as Line;
  }

  /** Connects the phone in the background; nothing to do on UDP. */
  start(phone: number): void {
    const line = this.#byPhone[phone];
    if (line instanceof TcpLine) line.open();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all([...this.#udp, ...this.#tcp].map((line) => line.close()));
  }

  #addTcp(phone: number, options: LinesOptions, events: LinesEvents): TcpLine {
    const line = new TcpLine(
      { ...options, phone },
      {
        onMessage: (octets, source, from) => events.onMessage(octets, source, from),
        onMalformed: () => events.onMalformed(),
        onSendFailed: () => events.onSendFailed(),
        onUp: () => events.onUp(phone),
        onDown: (wasUp) => events.onDown(phone, wasUp),
      },
    );
    this.#tcp.push(line);
    return line;
  }

  /** The socket of the next UDP phone. */
  async #udpLine(options: LinesOptions, events: LinesEvents): Promise<UdpLine> {
    const taken = this.#byPhone.length - this.#tcp.length;
    const open = this.#udp.at(-1);
    if (open !== undefined && taken % PHONES_PER_SOCKET !== 0) return open;
    const line = await UdpLine.open(options, events);
    this.#udp.push(line);
    if (open === undefined) warnOfSmallBuffer(line, options.log);
    return line;
  }
}

/** A full buffer here looks like loss on the network there. */
function warnOfSmallBuffer(line: UdpLine, log: Log | null): void {
  const grantedOctets = line.receiveBufferOctets;
  if (grantedOctets >= RECEIVE_BUFFER_OCTETS) return;
  log?.warn("simulator receive buffer smaller than asked", {
    grantedOctets,
    askedOctets: RECEIVE_BUFFER_OCTETS,
    sysctl: "net.core.rmem_max",
  });
}
