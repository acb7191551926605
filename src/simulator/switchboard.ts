/**
 * Brings every message that arrives to the phone it is for.
 *
 * Requests find their phone by the user of the Request-URI, responses by the branch that the phone chose. A phone is
 * only found on its own line: a registrar that uses the flow of another phone is told 404, and counted.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { SipMessage, SipRequest, SipResponse } from "../sip/syntax/message.ts";
import { parseMessage } from "../sip/syntax/parse.ts";
import { parseUri } from "../sip/syntax/uri.ts";
import { parseVia } from "../sip/syntax/via.ts";
import { type Line, phoneOfBranch, phoneOfUser, type Source } from "./line.ts";
import type { LinesEvents } from "./lines.ts";
import { printAnswer } from "./messages.ts";
import type { Phone } from "./phone.ts";
import type { Tally } from "./tally.ts";

/** Where a response goes that the Via gives no port for (RFC 3261 §18.2.2). */
const DEFAULT_PORT = 5_060;
/** Any tag will do for a user that does not exist. */
const NOBODYS_TAG = "nobody";

/** The connections between the lines and the phones. */
export class Switchboard implements LinesEvents {
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #phones: Phone[] = [];

  constructor(clock: Clock, tally: Tally) {
    this.#clock = clock;
    this.#tally = tally;
  }

  /** Adds the next phone, in the order of their numbers. */
  connect(phone: Phone): void {
    this.#phones.push(phone);
  }

  onMessage(octets: Buffer, source: Source, line: Line): void {
    const arrivedMs = this.#clock.monotonicMs();
    try {
      const message: SipMessage = parseMessage(octets);
      if (message.kind === "request") this.#onRequest(message, { source, line, arrivedMs });
      else this.#onResponse(message, line);
    } catch (error) {
      // What the parsers refuse is a SyntaxError; anything else is a defect of ours and must be seen.
      if (!(error instanceof SyntaxError)) throw error;
      this.#tally.malformed += 1;
    }
  }

  onMalformed(): void {
    this.#tally.malformed += 1;
  }

  onSendFailed(): void {
    this.#tally.sendFailures += 1;
  }

  onUp(phone: number): void {
    this.#phones[phone]?.lineUp();
  }

  onDown(phone: number, wasUp: boolean): void {
    if (wasUp) this.#tally.connectionsLost += 1;
    else this.#tally.connectionsRefused += 1;
    this.#phones[phone]?.lineDown(wasUp ? "connection lost" : "no connection");
  }

  #onRequest(request: SipRequest, arrival: { source: Source; line: Line; arrivedMs: number }): void {
    const { source, line, arrivedMs } = arrival;
    const to = { address: source.address, port: answerPort(request, source) };
    const phone = this.#phoneOn(line, phoneOfUser(parseUri(request.requestUri).user));
    if (phone !== null) {
      phone.onRequest(request, { source, to, arrivedMs });
      return;
    }
    this.#tally.strayRequests += 1;
    if (request.method === "ACK") return;
    const answer = printAnswer(request, { status: 404, tag: NOBODYS_TAG, source, userAgent: null });
    if (!line.answer(answer, to)) this.#tally.dropped += 1;
  }

  #onResponse(response: SipResponse, line: Line): void {
    const { branch } = parseVia(response.headers.list("via")[0] ?? "");
    const phone = this.#phoneOn(line, phoneOfBranch(branch));
    if (phone === null || branch === null) this.#tally.unmatchedResponses += 1;
    else phone.onResponse(branch, response);
  }

  #phoneOn(line: Line, index: number | null): Phone | null {
    const phone = index === null ? undefined : this.#phones[index];
    return phone?.line === line ? phone : null;
  }
}

/** With rport to where the request came from (RFC 3581 §4), else to the port of the Via (RFC 3261 §18.2.2). */
function answerPort(request: SipRequest, source: Source): number {
  const via = parseVia(request.headers.list("via")[0] ?? "");
  return via.rport === null ? (via.port ?? DEFAULT_PORT) : source.port;
}
