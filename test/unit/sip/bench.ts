/**
 * An endpoint between a registrar that answers what it is told and a transport that only takes notes.
 *
 * @module
 */
import { seededRandom } from "../../../src/base/random.ts";
import { type Answer, plainAnswer } from "../../../src/sip/answer.ts";
import { SipEndpoint } from "../../../src/sip/endpoint.ts";
import { ServerTransactions } from "../../../src/sip/server-transactions.ts";
import type { Flow } from "../../../src/sip/transport/flow.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

export const UDP: Flow = {
  transport: "udp",
  socket: 0,
  remoteAddress: "192.0.2.7",
  remotePort: 5_060,
  connectionId: -1,
};
export const TCP: Flow = { ...UDP, transport: "tcp", remotePort: 49_152, connectionId: 3 };

/** An endpoint whose registrar answers `answer`, and everything it did. */
export class Bench {
  readonly clock = new ManualClock();
  readonly sent: { flow: Flow; text: string }[] = [];
  readonly registered: string[] = [];
  readonly responses: string[] = [];
  readonly observed: string[] = [];
  answer: () => Answer = () => plainAnswer(200, "OK", ["Contact", `<sip:a@h>;expires=${this.registered.length}`]);
  isSent = true;
  readonly #endpoint: SipEndpoint;

  constructor() {
    const random = seededRandom(1);
    this.#endpoint = new SipEndpoint({
      handlers: {
        register: (request) => {
          this.registered.push(request.requestUri);
          return this.answer();
        },
        onResponse: (octets) => void this.responses.push(octets.toString("latin1")),
      },
      transactions: new ServerTransactions({ clock: this.clock, random }),
      observer: {
        messageReceived: (transport, method) => void this.observed.push(`in ${transport} ${method}`),
        messageSent: (transport, method) => void this.observed.push(`out ${transport} ${method}`),
        parseFailed: (transport, reason) => void this.observed.push(`failed ${transport} ${reason}`),
      },
      random,
      send: (flow, octets) => {
        this.sent.push({ flow, text: octets.toString("latin1") });
        return this.isSent;
      },
    });
  }

  receive(text: string, flow: Flow = UDP): void {
    const arrival = { readMs: this.clock.monotonicMs(), isImprecise: false };
    this.#endpoint.onMessage(Buffer.from(text, "latin1"), flow, arrival);
  }

  /** The text of the last answer; "" for silence. */
  answerTo(text: string, flow: Flow = UDP): string {
    const before = this.sent.length;
    this.receive(text, flow);
    if (this.sent.length > before + 1) throw new RangeError("one request, one answer");
    return this.sent[before]?.text ?? "";
  }
}

/** The first line of a message; "" of silence. */
export const statusLine = (text: string): string => text.slice(0, text.indexOf("\r\n"));
