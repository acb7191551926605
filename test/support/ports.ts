/**
 * Free ports on 127.0.0.1, for programs that cannot bind port 0 and tell us which port they got.
 *
 * Our own code binds port 0 instead. Between the answer and the bind another process may take the port; a test that
 * loses that race fails with "address in use" and says so in the captured output.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const LOOPBACK = "127.0.0.1";

/** How many UDP ports are tried until one is free for TCP as well. */
const ATTEMPTS_MAX = 50;

/** A UDP port that was free a moment ago. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, LOOPBACK, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** A TCP port that was free a moment ago; `wanted` asks for one port in particular and rejects when it is taken. */
export function freeTcpPort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, LOOPBACK, () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new TypeError("the listener has no port"));
      server.close(() => resolve(address.port));
    });
  });
}

/** A port that was free for UDP and for TCP: what a SIP server wants. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = await freeUdpPort();
    const isFree = await freeTcpPort(port).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
  throw new Error(`no port free for both UDP and TCP in ${ATTEMPTS_MAX} attempts`);
}
