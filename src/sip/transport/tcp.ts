/**
 * TCP listeners and the book of their connections.
 *
 * @module
 */
import { createServer, type Server, type Socket } from "node:net";
import type { ListenAddress } from "../../base/net-names.ts";
import { sToMs } from "../../base/units.ts";
import { StreamConnection } from "./connection.ts";
import type { Flow } from "./flow.ts";
import { type Listener, type ListenerParts, listenError, systemCodeOf } from "./listener.ts";
import { plainAddress } from "./remote-address.ts";

/** Silence after which the kernel asks whether the peer still exists. */
const TCP_KEEPALIVE_AFTER_MS = sToMs(60);

/** Counts over all transports ever opened, so that a connection id names one connection for the life of the process. */
let lastConnectionId = 0;

/** The connections of all stream listeners: found by id, capped in all and per remote address. */
export class ConnectionBook {
  readonly #parts: ListenerParts;
  /** Sockets that exist, those that linger included. */
  readonly #byId = new Map<number, StreamConnection>();
  readonly #countBySource = new Map<string, number>();

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  get(connectionId: number): StreamConnection | null {
    return this.#byId.get(connectionId) ?? null;
  }

  /** Takes over a socket that was accepted, or closes it when a cap is reached. */
  accept(socket: Socket, socketIndex: number): void {
    const flow = flowOf(socket, socketIndex);
    if (flow === null) {
      socket.destroy();
      return;
    }
    if (this.#isFull(flow.remoteAddress)) {
      socket.on("error", () => {});
      socket.resetAndDestroy();
      this.#parts.events.onDropped(flow.transport, "connection_limit");
      return;
    }
    this.#enter(socket, flow);
  }

  /** Hangs up on every connection of one listener. */
  shutDown(socketIndex: number): void {
    for (const connection of this.#byId.values()) {
      if (connection.flow.socket === socketIndex) connection.shutDown();
    }
  }

  #isFull(source: string): boolean {
    const { connections, connectionsPerSource } = this.#parts.limits;
    if (this.#byId.size >= connections) return true;
    return connectionsPerSource > 0 && (this.#countBySource.get(source) ?? 0) >= connectionsPerSource;
  }

  #enter(socket: Socket, flow: Flow): void {
    const { connectionId: id, remoteAddress: source } = flow;
    this.#countBySource.set(source, (this.#countBySource.get(source) ?? 0) + 1);
    this.#byId.set(id, new StreamConnection(socket, flow, this.#parts));
    socket.once("close", () => {
      this.#byId.delete(id);
      const left = (this.#countBySource.get(source) ?? 1) - 1;
      if (left === 0) this.#countBySource.delete(source);
      else this.#countBySource.set(source, left);
    });
    this.#parts.events.onOpened(flow);
  }
}

/** `null` when the peer is gone before we could ask who it was. */
function flowOf(socket: Socket, socketIndex: number): Flow | null {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return {
    transport: "tcp",
    socket: socketIndex,
    remoteAddress: plainAddress(remoteAddress),
    remotePort,
    connectionId: ++lastConnectionId,
  };
}

/**
 * Binds `address`; a wildcard is one listener, because every connection knows its own local address.
 *
 * @param socketIndex what the flows of this listener carry as `socket`
 * @throws {ListenError}
 */
export function openTcp(
  address: ListenAddress,
  socketIndex: number,
  book: ConnectionBook,
  parts: ListenerParts,
): Promise<Listener> {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEPALIVE_AFTER_MS,
  });
  server.on("connection", (socket) => book.accept(socket, socketIndex));
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(address, error));
    server.once("error", failed);
    server.listen({ host: address.host, port: address.port, ipv6Only: true, exclusive: true }, () => {
      server.off("error", failed);
      resolve(new TcpListener(server, address, socketIndex, book, parts));
    });
  });
}

class TcpListener implements Listener {
  readonly address: ListenAddress;
  readonly receiveBufferOctets = null;
  readonly #server: Server;
  readonly #index: number;
  readonly #book: ConnectionBook;
  #closed: Promise<void> | null = null;

  constructor(server: Server, address: ListenAddress, index: number, book: ConnectionBook, parts: ListenerParts) {
    const bound = server.address();
    this.address = { ...address, port: bound !== null && typeof bound === "object" ? bound.port : address.port };
    this.#server = server;
    this.#index = index;
    this.#book = book;
    server.on("error", (error) => {
      // Out of file descriptors: a bound like the others, only set by the system.
      parts.events.onDropped("tcp", "connection_limit");
      parts.log.debug("connection not accepted", { code: systemCodeOf(error) });
    });
  }

  send(flow: Flow, octets: Buffer): boolean {
    return this.#book.get(flow.connectionId)?.send(octets) ?? false;
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#book.shutDown(this.#index);
    });
    return this.#closed;
  }
}
