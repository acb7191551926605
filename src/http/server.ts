/**
 * One HTTP listener: bound or refused with one sentence, bounded in every direction, closed without leftovers.
 *
 * What is not HTTP, has too large a head or comes too slowly is answered by Node itself with a bare 400, 431 or 408
 * and a closed connection; it never reaches the application.
 *
 * @module
 */
import { createServer, type Server as PlainServer, type RequestListener } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { hostPort } from "../base/net-names.ts";
import type { TlsSource } from "./web-tls.ts";

type Server = PlainServer | SecureServer;

/** Octets of request line and headers; Node refuses more with 431. */
const HEADER_OCTETS_MAX = 16_384;
/** Header lines of one request. */
const HEADERS_MAX = 100;
/** A client that cannot send its headers in this time is not one. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Headers and body: 1 MiB over a slow line. */
const REQUEST_TIMEOUT_MS = 30_000;
/** A client that opens a connection and does not finish the TLS handshake in this time is not one. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longer than the usual scrape intervals of 15 s to 60 s, so that a scraper keeps its connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Nothing sent or read for this long while a request is under way: the client stopped reading. */
const STALLED_TIMEOUT_MS = 60_000;
/** How often Node looks for connections past the deadlines above. */
const DEADLINE_CHECK_MS = 1_000;
/** Scrapers, dashboards and people; a load generator is refused. */
const CONNECTIONS_MAX = 512;
/** Time that running answers get to finish after `close()`. */
const CLOSE_GRACE_MS = 2_000;

/** A listener that is bound. */
export interface OpenHttp extends AsyncDisposable {
  /** With the port the system chose, e.g. `http://127.0.0.1:9465`. */
  readonly url: string;
  /** Refuses new connections, ends idle ones at once and busy ones after their answer. Safe to call twice. */
  close(): Promise<void>;
}

/** The address cannot be listened on. The message is one sentence that names it. */
export class HttpListenError extends Error {
  override readonly name = "HttpListenError";
  /** The system's code, e.g. `EADDRINUSE`. */
  readonly code: string;

  constructor(address: string, code: string, cause: unknown) {
    super(`Cannot listen on http ${address}: ${LISTEN_ERRORS[code] ?? "the system refused"} (${code})`, { cause });
    this.code = code;
  }
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already",
  EACCES: "this user may not open that port",
  EADDRNOTAVAIL: "no interface of this machine has that address",
  ENOTFOUND: "that host name is unknown",
};

/** What `openHttp` needs. */
export interface HttpOptions {
  readonly app: RequestListener;
  /** Port 0 lets the system choose. */
  readonly listen: { readonly host: string; readonly port: number };
  /** `null`, or left out: plain HTTP. */
  readonly tls?: TlsSource | null;
  /** Told when connections are refused because there are too many. */
  readonly log?: Log;
  readonly clock?: Clock;
  /** Time to send a request in, headers and body; tests shorten it. */
  readonly requestTimeoutMs?: number;
}

/** @throws {HttpListenError} when the address cannot be bound */
export async function openHttp(options: HttpOptions): Promise<OpenHttp> {
  const { app, listen, log, tls = null, clock = systemClock, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const limits = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: DEADLINE_CHECK_MS,
  };
  const server = tls === null ? createServer(limits) : secureServer(tls, limits);
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = STALLED_TIMEOUT_MS;
  if (log !== undefined) reportRefusals(server, log);
  server.on("request", app);
  await bound(server, listen);
  const { port } = server.address() as AddressInfo;
  const close = closing(server, clock);
  return {
    url: `${tls === null ? "http" : "https"}://${hostPort(listen.host, port)}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A server that takes the certificate of each handshake from `tls`. */
function secureServer(tls: TlsSource, limits: { readonly requestTimeout: number }): SecureServer {
  let inUse = tls.current();
  const server = createSecureServer({
    ...limits,
    ...inUse,
    requestCert: tls.asksForCertificate,
    rejectUnauthorized: tls.asksForCertificate,
    handshakeTimeout: Math.min(HANDSHAKE_TIMEOUT_MS, limits.requestTimeout),
  });
  // Before Node's own listener, which starts the handshake.
  server.prependListener("connection", () => {
    const next = tls.current();
    if (next !== inUse) server.setSecureContext(next);
    inUse = next;
  });
  server.on("secureConnection", (socket: TLSSocket) => socket.disableRenegotiation());
  return server;
}

/** One line at the 1st, 2nd, 4th, 8th, … refusal: whoever opens connections in a loop does not also fill the log. */
function reportRefusals(server: Server, log: Log): void {
  let refused = 0;
  server.on("drop", () => {
    refused += 1;
    if (Number.isInteger(Math.log2(refused))) log.warn("http connection refused", { refused, limit: CONNECTIONS_MAX });
  });
}

function bound(server: Server, listen: HttpOptions["listen"]): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      reject(new HttpListenError(hostPort(listen.host, listen.port), error.code ?? "UNKNOWN", error));
    };
    server.once("error", refuse);
    server.listen({ host: listen.host, port: listen.port }, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}

/** A function that closes the server once and gives every caller the same promise. */
function closing(server: Server, clock: Clock): () => Promise<void> {
  let closed: Promise<void> | null = null;
  // Node's own list leaves out those that are still in the TLS handshake.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.prependListener("request", (request, response) => {
    // Node keeps a connection open after an answer even when the server no longer listens.
    response.once("close", () => closed !== null && request.socket.end());
  });
  return () => {
    closed ??= new Promise((resolve) => {
      const cancel = clock.after(CLOSE_GRACE_MS, () => {
        for (const socket of sockets) socket.destroy();
      });
      // Ends the idle connections as well.
      server.close(() => {
        cancel();
        resolve();
      });
    });
    return closed;
  };
}
