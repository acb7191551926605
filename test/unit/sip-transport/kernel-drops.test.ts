/**
 * What is read out of the kernel's table of UDP sockets.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { dropsIn, kernelDrops } from "../../../src/sip/transport/kernel-drops.ts";

const TABLE = [
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
  " 1234: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 00000000 17",
  " 1235: 0200007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 00000000 3",
  " 1236: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 00000000 99",
  "",
].join("\n");

test.each([
  { ports: [5_060], drops: 20, because: "two sockets on port 0x13C4 = 5060 lost 17 and 3" },
  { ports: [53], drops: 99, because: "port 0x0035 = 53" },
  { ports: [5_061], drops: 0, because: "nobody listens there" },
  { ports: [], drops: 0, because: "we have no UDP socket" },
])("drops on $ports are $drops: $because", ({ ports, drops }) => {
  expect(dropsIn(TABLE, new Set(ports))).toBe(drops);
});

test("an empty or foreign table counts nothing", () => {
  expect(dropsIn("", new Set([5_060]))).toBe(0);
  expect(dropsIn("no such thing\nat all", new Set([5_060]))).toBe(0);
});

test.skipIf(!existsSync("/proc/net/udp"))("a full buffer of a real socket shows in the count", async () => {
  const full = createSocket({ type: "udp4", recvBufferSize: 2_048 });
  full.bind(0, "127.0.0.1");
  await once(full, "listening");
  const { port } = full.address();
  const before = await kernelDrops(new Set([port]));
  // Sent in one turn of the loop: the receiver does not come to read before the buffer is full.
  const sender = createSocket({ type: "udp4", lookup: (host, _options, found) => found(null, host, 4) });
  const sent = Array.from(
    { length: 200 },
    () => new Promise((resolve) => sender.send(Buffer.alloc(1_000), port, "127.0.0.1", resolve)),
  );
  await Promise.all(sent);
  expect(await kernelDrops(new Set([port]))).toBeGreaterThan(before);
  sender.close();
  full.close();
});
