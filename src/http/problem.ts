/**
 * Errors as `application/problem+json` (RFC 9457): a status, a title, a sentence; never a stack trace.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import { type Log, printable } from "../base/log.ts";

/** A refusal that may be told to the caller. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly title: string;
  /** Extra response headers, e.g. `Allow`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Extra members of the problem document, e.g. `problems`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    title: string,
    more: {
      detail?: string;
      headers?: Readonly<Record<string, string>>;
      members?: Readonly<Record<string, unknown>>;
      cause?: unknown;
    } = {},
  ) {
    super(more.detail ?? "", { cause: more.cause });
    this.status = status;
    this.title = title;
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }
}

/** The engine thread has ended, or is ending: nothing can be read from it. */
export function engineGone(cause: unknown): HttpProblem {
  return new HttpProblem(503, "Service Unavailable", { detail: "The SIP engine is not running", cause });
}

/** Titles of what express and its body reader refuse on their own. */
const OWN_REFUSALS: ReadonlyMap<number, HttpProblem> = new Map([
  [400, new HttpProblem(400, "Bad Request", { detail: "The request cannot be read" })],
  [413, new HttpProblem(413, "Content Too Large", { detail: "The body is larger than this endpoint takes" })],
  [415, new HttpProblem(415, "Unsupported Media Type", { detail: "The body must not be encoded or compressed" })],
]);

/** Answers every path nobody took. */
export const notFound: RequestHandler = () => {
  throw new HttpProblem(404, "Not Found", { detail: "There is nothing at this path" });
};

/** Turns whatever was thrown into a problem document; what nobody expected is logged and told as 500 without detail. */
export function problemHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    // The status line is out: a cut connection is the only honest way left to say that the answer is incomplete.
    if (response.headersSent) {
      log.warn("http answer cut short", { path: printable(request.path), error: printable(String(error)) });
      response.destroy();
      return;
    }
    const problem = error instanceof HttpProblem ? error : ownRefusal(error);
    if (problem === null) {
      log.error("http request failed", {
        method: request.method,
        path: printable(request.path),
        error: printable(String(error)),
      });
    }
    sendProblem(response, problem ?? new HttpProblem(500, "Internal Server Error"));
  };
}

function ownRefusal(error: unknown): HttpProblem | null {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : null;
  if (typeof status !== "number" || status < 400 || status > 499) return null;
  return OWN_REFUSALS.get(status) ?? new HttpProblem(status, "Request Refused");
}

function sendProblem(response: ServerResponse, problem: HttpProblem): void {
  const { status, title, message, members } = problem;
  const detail = message === "" ? {} : { detail: message };
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  const text = JSON.stringify({ type: "about:blank", title, status, ...detail, ...members });
  send(response, { status, contentType: "application/problem+json", text });
}

/** Sends one complete text. To a HEAD request Node sends the headers alone. */
export function send(response: ServerResponse, answer: { status?: number; contentType: string; text: string }): void {
  response.statusCode = answer.status ?? 200;
  response.setHeader("Content-Type", answer.contentType);
  response.setHeader("Content-Length", Buffer.byteLength(answer.text));
  response.end(answer.text);
}

/** Sends a value as JSON. */
export function sendJson(response: ServerResponse, value: unknown): void {
  send(response, { contentType: "application/json", text: JSON.stringify(value) });
}
