/**
 * One whole message, from octets to start line, header index and body.
 *
 * Only the framing is decided here; the meaning of a request is checked by `checkRequest`, and headers are read when asked
 * for. Octets become one latin1 string, one character per octet, so that offsets and lengths stay what they are.
 *
 * @module
 */
import { readBodyLength } from "./body.ts";
import { answerable } from "./check.ts";
import { MessageParseError, type Problem } from "./errors.ts";
import { type Head, readHead } from "./head.ts";
import { MESSAGE_OCTETS_MAX } from "./limits.ts";
import type { SipMessage } from "./message.ts";

export { checkRequest } from "./check.ts";

/**
 * Parses one datagram, or one message cut out of a stream.
 *
 * Leading CRLFs are passed over. With Content-Length the body has that many octets and what follows is dropped; without it
 * the body is the rest (RFC 3261 §18.3).
 *
 * @throws {MessageParseError} its `request` is what could be read, when that can be answered
 */
export function parseMessage(octets: Buffer): SipMessage {
  if (octets.length > MESSAGE_OCTETS_MAX) {
    const message = `A message has at most ${MESSAGE_OCTETS_MAX} octets, got ${octets.length}`;
    throw new MessageParseError("size", message, { offset: MESSAGE_OCTETS_MAX, status: 513 });
  }
  const text = octets.toString("latin1");
  const head = readHead(text);
  const { bodyStart } = head;
  const length = readBodyLength(head.headers, text.length - bodyStart);
  const hasLength = typeof length === "number";
  const message = assemble(head, text.slice(bodyStart, hasLength ? bodyStart + length : text.length));
  const problem = head.problem ?? (hasLength ? null : length);
  if (problem !== null) throw refusal(problem, message);
  return message;
}

function assemble({ startLine, headers }: Head, body: string): SipMessage {
  if (startLine.kind === "request") {
    return { kind: "request", method: startLine.method, requestUri: startLine.requestUri, headers, body };
  }
  return { kind: "response", status: startLine.status, reason: startLine.reason, headers, body };
}

function refusal(problem: Problem, message: SipMessage): MessageParseError {
  return new MessageParseError(problem.reason, problem.message, {
    offset: problem.offset,
    status: problem.status,
    request: message.kind === "request" ? answerable(message) : null,
  });
}
