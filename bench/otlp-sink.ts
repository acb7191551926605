/**
 * A collector that takes everything and keeps nothing, so that exporting costs the daemon what it costs in operation.
 *
 * It runs in this process: its time is not the daemon's, though it shares the cores.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What one signal sent. */
export interface Received {
  readonly requests: number;
  readonly octets: number;
}

/** A collector on the loopback, OTLP over http/protobuf. */
export interface OtlpSink extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  /** Until now, by path: `/v1/traces`, `/v1/metrics`, `/v1/logs`. */
  received(path: string): Received;
}

const NOTHING: Received = { requests: 0, octets: 0 };

/** Opens it on a port that the system chooses. */
export async function openOtlpSink(): Promise<OtlpSink> {
  const byPath = new Map<string, Received>();
  const server = createServer((request, response) => {
    void take(request, response, byPath).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: (path) => byPath.get(path) ?? NOTHING,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An empty body is a response message that says that all was accepted. */
async function take(request: IncomingMessage, response: ServerResponse, byPath: Map<string, Received>): Promise<void> {
  let octets = 0;
  for await (const chunk of request) octets += (chunk as Buffer).length;
  const path = request.url ?? "";
  const before = byPath.get(path) ?? NOTHING;
  byPath.set(path, { requests: before.requests + 1, octets: before.octets + octets });
  response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end();
}
