/**
 * Who may use the admin listener: bearers of the token or, without a token, programs of this machine.
 *
 * A browser is a program of this machine that runs strangers' code, hence the two other checks: the Host header
 * (DNS rebinding) and the Origin header (a foreign page that posts to localhost).
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { isLoopback } from "../base/net-names.ts";
import { HttpProblem } from "./problem.ts";

/** Port that a Host header without one means (RFC 9110 §4.2.1). */
const HTTP_PORT = 80;

/**
 * Lets a request pass or throws 401, 403.
 *
 * With a token: `Authorization: Bearer TOKEN`, or Basic with the token as password, which is what a browser can ask
 * a person for. Both compare in constant time.
 *
 * @param token `null` = none configured: only loopback peers with a loopback Host pass
 */
export function admitOnly(token: string | null): RequestHandler {
  if (token === "") throw new RangeError("The admin token must not be empty");
  const expected = token === null ? null : digest(token);
  return (request, _response, next) => {
    if (expected === null) refuseStrangers(request);
    else if (!timingSafeEqual(digest(credential(request.headers.authorization)), expected)) throw unauthorized();
    refuseForeignPages(request);
    next();
  };
}

/** Digests have one length, whatever was sent: the comparison tells nothing about the token's. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The secret in an Authorization header; empty when there is none. */
function credential(authorization: string | undefined): string {
  const [scheme = "", value = ""] = (authorization ?? "").split(" ", 2);
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return "";
  const userAndPassword = Buffer.from(value, "base64").toString();
  const colon = userAndPassword.indexOf(":");
  return colon < 0 ? "" : userAndPassword.slice(colon + 1);
}

function unauthorized(): HttpProblem {
  return new HttpProblem(401, "Unauthorized", {
    detail: "Send the admin token as Authorization: Bearer TOKEN",
    headers: { "WWW-Authenticate": 'Bearer realm="sipulse", Basic realm="sipulse", charset="UTF-8"' },
  });
}

function refuseStrangers(request: IncomingMessage): void {
  if (!isLoopback(request.socket.remoteAddress ?? "")) {
    throw new HttpProblem(403, "Forbidden", {
      detail: "Without admin.token only this machine may use the admin listener",
    });
  }
  const host = /^(localhost|[\d.]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(request.headers.host ?? "");
  const name = host?.[1]?.replace(/^\[|\]$/g, "").toLowerCase();
  const port = Number(host?.[2] ?? HTTP_PORT);
  if (name === undefined || (name !== "localhost" && !isLoopback(name)) || port !== request.socket.localPort) {
    throw new HttpProblem(403, "Forbidden", {
      detail: "The Host header must be localhost, 127.0.0.1 or [::1] with the port",
    });
  }
}

/** Browsers name the page a request comes from; other programs send no Origin. */
function refuseForeignPages(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === canonicalHost(host))) return;
  throw new HttpProblem(403, "Forbidden", { detail: "Requests from pages of other sites are refused" });
}

/** As `URL` writes it, so that `localhost:80` and `localhost` are one. */
function canonicalHost(host: string | undefined): string | null {
  const url = `http://${host ?? ""}`;
  return URL.canParse(url) ? new URL(url).host : null;
}
