/**
 * Octets in, handler, octets out: the part of SIP that is the same for every request and response.
 *
 *      transport --onMessage--> response? --> keepalive
 *                               request   --> known transaction? --> the same answer again
 *                                         --> REGISTER --> registrar --+
 *                                         --> anything else -----------+--> answer on the flow it came from
 *
 * Responses are never answered, malformed ones are dropped and counted (RFC 3261 §18.1.2, §17.1.3).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { TransportName } from "../base/net-names.ts";
import { type Random, randomHex } from "../base/random.ts";
import { type Answer, plainAnswer } from "./answer.ts";
import type { ServerTransactions } from "./server-transactions.ts";
import { MessageParseError, type ParseReason } from "./syntax/errors.ts";
import type { SipRequest } from "./syntax/message.ts";
import { checkRequest, parseMessage } from "./syntax/parse.ts";
import { printReply } from "./syntax/print.ts";
import { parseVia } from "./syntax/via.ts";
import type { Arrival, Flow } from "./transport/flow.ts";

/** Who handles what arrives. */
export interface Handlers {
  register(request: SipRequest, flow: Flow): Answer;
  onResponse(octets: Buffer, flow: Flow, arrival: Arrival): void;
}

/** What the rest of the engine may learn about messages. Must not throw. */
export interface EndpointObserver {
  /** @param method of the request, or of the CSeq of a response where it is known */
  messageReceived(transport: TransportName, method: string): void;
  messageSent(transport: TransportName, method: string): void;
  parseFailed(transport: TransportName, reason: ParseReason): void;
}

/** Everything the endpoint needs from the world. */
export interface EndpointParts {
  readonly handlers: Handlers;
  readonly transactions: ServerTransactions;
  readonly observer: EndpointObserver;
  readonly random: Random;
  readonly send: (flow: Flow, octets: Buffer) => boolean;
}

/** Methods we act on (RFC 3261 §20.5). */
const ALLOW = "REGISTER, OPTIONS";
/** Extensions we know (RFC 3261 §20.37). */
const SUPPORTED = "path";
/** Start of a branch that is unique in space and time (RFC 3261 §8.1.1.7). */
const MAGIC_COOKIE = "z9hG4bK";
/** "SIP/" at the start of a response; every request starts with a method, and none of ours is "SIP/…". */
const RESPONSE_START = Buffer.from("SIP/");
const OWN_SCHEMES = /^(sips?|tel):/i;

/** Serves messages of every transport. */
export class SipEndpoint {
  readonly #parts: EndpointParts;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** Takes one whole message; never throws for what it says. */
  onMessage(octets: Buffer, flow: Flow, arrival: Arrival): void {
    if (isResponse(octets)) this.#parts.handlers.onResponse(octets, flow, arrival);
    else this.#onRequest(octets, flow);
  }

  #onRequest(octets: Buffer, flow: Flow): void {
    try {
      const message = parseMessage(octets);
      if (message.kind === "response") return;
      this.#parts.observer.messageReceived(flow.transport, message.method);
      checkRequest(message);
      checkFraming(message, flow);
      this.#serve(message, flow);
    } catch (error) {
      if (!(error instanceof MessageParseError)) throw error;
      this.#parts.observer.parseFailed(flow.transport, error.reason);
      if (error.request !== null) this.#refuse(error.request, error.status, flow);
    }
  }

  /** A request that can be answered, though not understood. An ACK never is (RFC 3261 §17.1.1.3). */
  #refuse(request: SipRequest, status: number, flow: Flow): void {
    if (request.method !== "ACK") this.#send(request, plainAnswer(status, reasonOf(status)), flow);
  }

  #serve(request: SipRequest, flow: Flow): void {
    if (request.method === "ACK") return;
    if (request.method !== "REGISTER") {
      this.#send(request, answerOther(request), flow);
      return;
    }
    const key = transactionKey(request, flow);
    const known = this.#parts.transactions.find(key);
    if (known !== null) {
      this.#sendOctets(known, request.method, flow);
      return;
    }
    const hasOwnScheme = OWN_SCHEMES.test(request.requestUri);
    const answer = hasOwnScheme ? this.#parts.handlers.register(request, flow) : UNSUPPORTED_SCHEME;
    this.#parts.transactions.store(key, this.#send(request, answer, flow));
  }

  #send(request: SipRequest, answer: Answer, flow: Flow): Buffer {
    const source = { address: flow.remoteAddress, port: flow.remotePort };
    const toTag = randomHex(this.#parts.random, 1);
    const octets = Buffer.from(printReply(request, { ...answer, toTag, source }), "latin1");
    this.#sendOctets(octets, request.method, flow);
    return octets;
  }

  #sendOctets(octets: Buffer, method: string, flow: Flow): void {
    if (this.#parts.send(flow, octets)) this.#parts.observer.messageSent(flow.transport, method);
  }
}

const UNSUPPORTED_SCHEME = plainAnswer(416, "Unsupported URI Scheme");

/** Requests other than REGISTER and ACK (RFC 3261 §8.2.1, §9.2, §11.2). */
function answerOther(request: SipRequest): Answer {
  const required = request.headers.list("require");
  if (!OWN_SCHEMES.test(request.requestUri)) return UNSUPPORTED_SCHEME;
  if (request.method === "CANCEL") return plainAnswer(481, "Call/Transaction Does Not Exist");
  if (request.method !== "OPTIONS") return plainAnswer(405, "Method Not Allowed", ["Allow", ALLOW]);
  if (required.length > 0) return plainAnswer(420, "Bad Extension", ["Unsupported", required.join(", ")]);
  return plainAnswer(
    200,
    "OK",
    ["Allow", ALLOW],
    ["Accept", "*/*"],
    ["Accept-Encoding", "identity"],
    ["Accept-Language", "en"],
    ["Supported", SUPPORTED],
  );
}

/**
 * What makes two requests one transaction (RFC 3261 §17.2.3), and the source, so that nobody else can fetch an
 * answer. Without the magic cookie every header that names the transaction takes part.
 */
function transactionKey(request: SipRequest, flow: Flow): string {
  const { headers, method } = request;
  const topVia = headers.list("via")[0] ?? "";
  const { branch, host, port } = parseVia(topVia);
  const source = `${flow.remoteAddress} ${flow.remotePort} ${flow.connectionId}`;
  if (branch?.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) {
    // The magic cookie promises uniqueness, and some phones break the promise: CSeq tells their requests apart.
    return `${branch} ${host} ${port} ${method} ${headers.first("cseq")} ${source}`;
  }
  const { requestUri } = request;
  return `${requestUri} ${headers.first("to")} ${headers.first("from")} ${headers.first("call-id")} ${headers.first("cseq")} ${topVia} ${source}`;
}

/** On a stream nothing but Content-Length tells where a message ends (RFC 3261 §20.14). */
function checkFraming(request: SipRequest, flow: Flow): void {
  if (flow.connectionId === -1 || request.headers.count("content-length") > 0) return;
  throw new MessageParseError("content_length", "A message on a stream must have Content-Length", { request });
}

function isResponse(octets: Buffer): boolean {
  for (let i = 0; i < RESPONSE_START.length; i++) if (octets[i] !== RESPONSE_START[i]) return false;
  return true;
}

function reasonOf(status: number): string {
  return (
    {
      413: "Request Entity Too Large",
      416: "Unsupported URI Scheme",
      505: "Version Not Supported",
      513: "Message Too Large",
    }[status] ?? "Bad Request"
  );
}
