/**
 * A collector of the test's own: takes OTLP over http/protobuf or grpc, keeps everything, and misbehaves on request.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Stream, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { type OtlpLog, type OtlpMetric, type OtlpSpan, readLogs, readMetrics, readSpans } from "./otlp-messages.ts";

/** How the collector answers. */
export type Behaviour =
  /** As a collector does. */
  | "well"
  /** 503, grpc UNAVAILABLE. */
  | "refusing"
  /** Takes the request and never answers. */
  | "silent";

/** A collector that listens on the loopback. */
export interface OtlpReceiver extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  behaviour: Behaviour;
  /** Requests so far, answered or not. */
  readonly requests: number;
  readonly spans: readonly OtlpSpan[];
  readonly logs: readonly OtlpLog[];
  /** The last export. */
  readonly metrics: readonly OtlpMetric[];
  /** Every octet of every request. */
  readonly octets: Buffer;
}

/** Octets of length and compression in front of a grpc message. */
const GRPC_HEAD = 5;

class Received {
  behaviour: Behaviour = "well";
  requests = 0;
  readonly spans: OtlpSpan[] = [];
  readonly logs: OtlpLog[] = [];
  metrics: readonly OtlpMetric[] = [];
  readonly #bodies: Buffer[] = [];

  get octets(): Buffer {
    return Buffer.concat(this.#bodies);
  }

  take(path: string, body: Buffer): void {
    this.#bodies.push(body);
    if (/trace/i.test(path)) this.spans.push(...readSpans(body));
    else if (/metrics/i.test(path)) this.metrics = readMetrics(body);
    else if (/logs/i.test(path)) this.logs.push(...readLogs(body));
    else throw new Error(`no OTLP path: ${path}`);
  }
}

/** Opens a collector. */
export async function openOtlpReceiver(protocol: "http/protobuf" | "grpc" = "http/protobuf"): Promise<OtlpReceiver> {
  const received = new Received();
  const sockets = new Set<Socket>();
  const server: Server =
    protocol === "grpc"
      ? createHttp2Server().on(
          "stream",
          (stream, headers) => void serveGrpc(stream, String(headers[":path"]), received),
        )
      : createServer((request, response) => void serveHttp(request, response, received));
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(received, {
    endpoint: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function serveHttp(request: IncomingMessage, response: ServerResponse, received: Received): Promise<void> {
  const body = await bodyOf(request);
  received.requests += 1;
  if (received.behaviour === "silent") return;
  if (received.behaviour === "refusing") {
    response.writeHead(503).end();
    return;
  }
  received.take(request.url ?? "", body);
  response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
}

async function serveGrpc(stream: ServerHttp2Stream, path: string, received: Received): Promise<void> {
  const body = await bodyOf(stream);
  received.requests += 1;
  if (received.behaviour === "silent") return;
  const isRefusing = received.behaviour === "refusing";
  if (!isRefusing) received.take(path, body.subarray(GRPC_HEAD));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": isRefusing ? "14" : "0" }));
  stream.end(isRefusing ? undefined : Buffer.alloc(GRPC_HEAD));
}

async function bodyOf(stream: IncomingMessage | Http2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
