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
import type { Random } from "../base/random.ts";
import { type Answer, plainAnswer } from "./answer.ts";
import { KNOWN_EXTENSIONS, unknownExtensions } from "./extensions.ts";
import { keyedHash } from "./keyed-hash.ts";
import type { ServerTransactions } from "./server-transactions.ts";
import { MessageParseError, type ParseReason } from "./syntax/errors.ts";
import type { SipRequest } from "./syntax/message.ts";
import { checkRequest, parseMessage } from "./syntax/parse.ts";
import { printReply } from "./syntax/print.ts";
import { parseVia } from "./syntax/via.ts";
import type { Arrival, Flow } from "./transport/flow.ts";

/** Who handles what arrives. */
export interface Handlers {
  /** @throws {MessageParseError} when a header is malformed that nobody but a registrar reads */
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
/** Start of a branch that is unique in space and time (RFC 3261 §8.1.1.7). */
const MAGIC_COOKIE = "z9hG4bK";
/** "SIP/" at the start of a response; every request starts with a method, and none of ours is "SIP/…". */
const RESPONSE_START = Buffer.from("SIP/");
const CR = 0x0d;
const LF = 0x0a;

/** Serves messages of every transport. */
export class SipEndpoint {
  readonly #parts: EndpointParts;
  readonly #tagSecret: number;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#tagSecret = parts.random.u32();
  }

  /** Takes one whole message; never throws for what it says. */
  onMessage(octets: Buffer, flow: Flow, arrival: Arrival): void {
    const message = withoutEmptyLines(octets);
    if (isResponse(message)) this.#parts.handlers.onResponse(message, flow, arrival);
    else this.#onRequest(message, flow);
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
    if (request.method !== "ACK")
      this.#send(request, plainAnswer(status, reasonOf(status)), flow, keyOf(request, flow));
  }

  #serve(request: SipRequest, flow: Flow): void {
    if (request.method === "ACK") return;
    const key = keyOf(request, flow);
    if (request.method !== "REGISTER") {
      this.#send(request, answerOther(request), flow, key);
      return;
    }
    const known = this.#parts.transactions.find(key);
    if (known !== null) {
      this.#sendOctets(known, request.method, flow);
      return;
    }
    this.#parts.transactions.store(key, this.#send(request, this.#register(request, flow), flow, key));
  }

  #register(request: SipRequest, flow: Flow): Answer {
    try {
      return this.#parts.handlers.register(request, flow);
    } catch (error) {
      if (!(error instanceof MessageParseError)) throw error;
      this.#parts.observer.parseFailed(flow.transport, error.reason);
      return plainAnswer(error.status, reasonOf(error.status));
    }
  }

  #send(request: SipRequest, answer: Answer, flow: Flow, key: string): Buffer {
    const source = { address: flow.remoteAddress, port: flow.remotePort };
    // The same request gets the same tag, whether it is remembered or not (RFC 3261 §8.2.7).
    const toTag = keyedHash(key, this.#tagSecret).toString(16).padStart(8, "0");
    const octets = Buffer.from(printReply(request, { ...answer, toTag, source }), "latin1");
    this.#sendOctets(octets, request.method, flow);
    return octets;
  }

  #sendOctets(octets: Buffer, method: string, flow: Flow): void {
    if (this.#parts.send(flow, octets)) this.#parts.observer.messageSent(flow.transport, method);
  }
}

/** Requests other than REGISTER and ACK (RFC 3261 §8.2.1, §9.2, §11.2). */
function answerOther(request: SipRequest): Answer {
  if (request.method === "CANCEL") return plainAnswer(481, "Call/Transaction Does Not Exist");
  if (request.method !== "OPTIONS") return plainAnswer(405, "Method Not Allowed", ["Allow", ALLOW]);
  const unknown = unknownExtensions(request.headers);
  if (unknown.length > 0) return plainAnswer(420, "Bad Extension", ["Unsupported", unknown.join(", ")]);
  return plainAnswer(
    200,
    "OK",
    ["Allow", ALLOW],
    ["Accept", "*/*"],
    ["Accept-Encoding", "identity"],
    ["Accept-Language", "en"],
    ["Supported", KNOWN_EXTENSIONS.join(", ")],
  );
}

/**
 * What makes two requests one transaction (RFC 3261 §17.2.3), and the source, so that nobody else can fetch an
 * answer. Without the magic cookie every header that names the transaction takes part.
 */
function keyOf(request: SipRequest, flow: Flow): string {
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

/** Empty lines before a start line are ignored (RFC 3261 §7.5). */
function withoutEmptyLines(octets: Buffer): Buffer {
  let start = 0;
  while (octets[start] === CR && octets[start + 1] === LF) start += 2;
  return start === 0 ? octets : octets.subarray(start);
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
