/**
 * Which of our addresses reaches a registrar, and which address a name stands for.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { Source } from "./line.ts";

/**
 * Asks the system for its route: a connected UDP socket knows its own address before anything is sent.
 *
 * @param target.host name or numeric address, IPv6 with or without brackets
 * @returns both ends, numeric
 * @throws when the name cannot be resolved or there is no route
 */
export async function routeTo(target: { host: string; port: number }): Promise<{ address: string; target: Source }> {
  const { address, family } = await lookup(target.host.replace(/^\[(.*)\]$/, "$1"));
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    socket.connect(target.port, address);
    await once(socket, "connect");
    return { address: socket.address().address, target: { address, port: target.port } };
  } finally {
    socket.close();
  }
}
