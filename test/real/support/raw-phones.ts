/**
 * Many phones behind one UDP socket, written in plain text: they register, answer what they are asked, and count it.
 *
 * Not the simulator: what proves the simulator and the daemon must not be made of either.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { systemClock } from "../../../src/base/clock.ts";
import { headerOf, type RequestFields, registerText, replyText } from "../../fakes/sip-text.ts";

const HOST = "127.0.0.1";
/** Until the first retransmission of a REGISTER, doubled each time (RFC 3261 §17.1.2.2). */
const T1_MS = 500;
/** Sends of one REGISTER before it is given up. */
const SENDS_MAX = 5;

/** What differs from a plain registration. */
export interface Registration extends RequestFields {
  /** In Contact; that of the phone's own socket when missing. */
  readonly contactUri?: string;
  /** Behind the URI in Contact, e.g. `;q=0.5`. */
  readonly contactParams?: string;
  /** Seconds; 0 removes the binding. */
  readonly expiresS?: number;
}

/** Phones `user@domain` that share a socket. */
export class RawPhones implements AsyncDisposable {
  /** Probes seen so far, by user. */
  readonly probes = new Map<string, number>();
  readonly port: number;
  readonly #socket: Socket;
  /** By Call-ID: who waits for the reply to a REGISTER. */
  readonly #waiting = new Map<string, (reply: string) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (octets, from) => this.#onMessage(octets.toString("latin1"), from.port));
  }

  static async open(): Promise<RawPhones> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1_048_576 });
    socket.bind(0, HOST);
    await once(socket, "listening");
    return new RawPhones(socket);
  }

  /**
   * Registers `user@example.org` with the server on that port; resolves with the reply.
   *
   * @throws {Error} when no reply comes, or another than 200
   */
  async register(serverPort: number, user: string, registration: Registration = {}): Promise<string> {
    const {
      contactUri = `sip:${user}@${HOST}:${this.port}`,
      contactParams = "",
      expiresS = 600,
      ...fields
    } = registration;
    const aor = `<sip:${user}@example.org>`;
    const callId = registration.callId ?? `${user}-${this.port}`;
    const text = registerText([`<${contactUri}>${contactParams}`], {
      sentBy: `${HOST}:${this.port}`,
      ...{ from: `${aor};tag=${user}`, to: aor, ...fields, callId },
      headers: [`Expires: ${expiresS}`, ...(registration.headers ?? [])],
    });
    const reply = await this.#send(serverPort, text, callId);
    if (!reply.startsWith("SIP/2.0 200 ")) throw new Error(`${user} was refused: ${reply}`);
    return reply;
  }

  /** Registers all of them at once. */
  async registerAll(serverPort: number, users: readonly string[], registration: Registration = {}): Promise<void> {
    await Promise.all(users.map((user) => this.register(serverPort, user, registration)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
  }

  #send(serverPort: number, text: string, callId: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let sends = 0;
      let cancel = (): void => {};
      const send = (): void => {
        if (sends === SENDS_MAX) {
          reject(new Error(`no reply to the REGISTER ${callId}`));
          return;
        }
        this.#socket.send(Buffer.from(text, "latin1"), serverPort, HOST);
        cancel = systemClock.after(T1_MS * 2 ** sends++, send);
      };
      this.#waiting.set(callId, (reply) => {
        cancel();
        this.#waiting.delete(callId);
        resolve(reply);
      });
      send();
    });
  }

  #onMessage(text: string, fromPort: number): void {
    if (text.startsWith("SIP/2.0 ")) {
      this.#waiting.get(headerOf(text, "Call-ID") ?? "")?.(text);
      return;
    }
    const user = /^OPTIONS sip:([^@]+)@/.exec(text)?.[1];
    if (user === undefined) return;
    this.probes.set(user, (this.probes.get(user) ?? 0) + 1);
    this.#socket.send(Buffer.from(replyText(text), "latin1"), fromPort, HOST);
  }
}

/** `count` names from `prefix00` on. */
export function users(count: number, prefix = "phone"): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(2, "0")}`);
}
