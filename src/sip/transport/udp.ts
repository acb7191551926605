/**
 * One UDP socket.
 *
 * Addresses are numeric when they get here: the lookup answers at once, which also spares every send a turn of the
 * callback queue (half of the error of an RTT in a burst). A closed port on the other side stays unseen: ICMP reaches
 * connected sockets only.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv4, isIPv6 } from "node:net";
import type { ListenAddress } from "../../base/net-names.ts";
import { DatagramQueueGauge } from "./arrival.ts";
import type { Flow } from "./flow.ts";
import { type Listener, type ListenerParts, listenError, systemCodeOf } from "./listener.ts";
import { isSendablePort, plainAddress } from "./remote-address.ts";

/**
 * Binds `address`.
 *
 * @param socketIndex what the flows of this socket carry as `socket`
 * @throws {ListenError}
 */
export function openUdp(address: ListenAddress, socketIndex: number, parts: ListenerParts): Promise<Listener> {
  const family = isIPv6(address.host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    ipv6Only: family === 6,
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close();
      reject(listenError(address, error));
    };
    socket.once("error", failed);
    socket.bind({ port: address.port, address: address.host, exclusive: true }, () => {
      socket.off("error", failed);
      resolve(new UdpListener(socket, { ...address, port: socket.address().port }, socketIndex, parts));
    });
  });
}

class UdpListener implements Listener {
  readonly address: ListenAddress;
  readonly receiveBufferOctets: number;
  readonly #socket: Socket;
  readonly #index: number;
  readonly #parts: ListenerParts;
  readonly #queue: DatagramQueueGauge;
  readonly #isNumeric: (address: string) => boolean;
  #closed: Promise<void> | null = null;

  constructor(socket: Socket, address: ListenAddress, index: number, parts: ListenerParts) {
    this.address = address;
    this.#socket = socket;
    this.#index = index;
    this.#parts = parts;
    this.#queue = new DatagramQueueGauge(parts.arrivals);
    this.#isNumeric = isIPv6(address.host) ? isIPv6 : isIPv4;
    this.receiveBufferOctets = askForBuffers(socket, parts.limits.udpBufferOctets);
    socket.on("message", this.#onDatagram);
    socket.on("error", (error) => parts.log.debug("udp socket failed", { code: systemCodeOf(error) }));
  }

  send(flow: Flow, octets: Buffer): boolean {
    if (this.#closed !== null || !isSendablePort(flow.remotePort)) return false;
    const address = plainAddress(flow.remoteAddress);
    if (!this.#isNumeric(address)) return false;
    if (this.#socket.getSendQueueSize() > this.#parts.limits.datagramQueueOctets) {
      this.#parts.events.onDropped("udp", "queue_full");
      return false;
    }
    this.#socket.send(octets, flow.remotePort, address, this.#onSent);
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closed;
  }

  readonly #onDatagram = (octets: Buffer, from: RemoteInfo): void => {
    const arrival = this.#queue.datagramRead();
    if (isKeepaliveOnly(octets)) return;
    this.#parts.events.onMessage(octets, this.#flow(from.address, from.port), arrival);
  };

  /** Shared by all sends: a function of its own for each would be garbage for each. */
  readonly #onSent = (error: Error | null): void => {
    if (error === null || this.#closed !== null) return;
    const { address, port } = error as Error & { address?: string; port?: number };
    this.#parts.events.onSendFailed(this.#flow(address ?? "", port ?? 0), systemCodeOf(error));
  };

  #flow(address: string, port: number): Flow {
    return {
      transport: "udp",
      socket: this.#index,
      remoteAddress: plainAddress(address),
      remotePort: port,
      connectionId: -1,
    };
  }
}

/** Linux reports twice what it granted: the other half is for its own bookkeeping (socket(7), SO_RCVBUF). */
const REPORTED_TO_GRANTED = process.platform === "linux" ? 2 : 1;

/** @returns octets granted for receiving */
function askForBuffers(socket: Socket, octets: number): number {
  try {
    socket.setRecvBufferSize(octets);
    socket.setSendBufferSize(octets);
  } catch {
    // Linux grants what it may; other systems refuse what is too much, and their default stays.
  }
  return socket.getRecvBufferSize() / REPORTED_TO_GRANTED;
}

const CR = 0x0d;
const LF = 0x0a;

/** Nothing, four zero octets, or only line ends: sent to keep a NAT binding open, never answered (RFC 5626 §4.4). */
function isKeepaliveOnly(octets: Buffer): boolean {
  const first = octets[0];
  if (first === undefined) return true;
  if (first === 0) return octets.length === 4 && octets.readUInt32BE(0) === 0;
  for (const octet of octets) if (octet !== CR && octet !== LF) return false;
  return true;
}
