/**
 * Which of our addresses reaches a registrar, and which address a name stands for.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { Clock } from "../base/clock.ts";
import type { Source } from "./line.ts";

/** A name server that says nothing would hold up the start for as long as the system cares to ask it. */
const LOOKUP_MS_MAX = 5_000;

/**
 * Asks the system for its route: a connected UDP socket knows its own address before anything is sent.
 *
 * @param target.host name or numeric address, IPv6 with or without brackets
 * @returns both ends, numeric
 * @throws when the name cannot be resolved within five seconds or there is no route
 */
export async function routeTo(
  target: { host: string; port: number },
  clock: Clock,
): Promise<{ address: string; target: Source }> {
  const { address, family } = await within(clock, lookup(target.host.replace(/^\[(.*)\]$/, "$1")), target.host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    socket.connect(target.port, address);
    await once(socket, "connect");
    return { address: socket.address().address, target: { address, port: target.port } };
  } finally {
    socket.close();
  }
}

/** The answer, or an error when it takes too long. */
async function within<T>(clock: Clock, answer: Promise<T>, host: string): Promise<T> {
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(LOOKUP_MS_MAX, () => reject(new Error(`No name server had an answer for ${host}`)));
  return await Promise.race([answer, isLate]).finally(cancel);
}
