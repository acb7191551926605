import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { Flow } from "../../src/sip/transport/flow.ts";
import { ListenError } from "../../src/sip/transport/listener.ts";
import { openSipTransport } from "../../src/sip/transport/open.ts";
import {
  dial,
  hasLocalAddress,
  listenOn,
  openHarness,
  openPhone,
  options,
  RecordingEvents,
  RecordingLog,
} from "../unit/sip-transport/harness.ts";

const NO_IPV6 = !hasLocalAddress("::1");

/** A flow over the first UDP listener. */
function udpFlow(fields: Partial<Flow> = {}): Flow {
  return { transport: "udp", socket: 0, remoteAddress: "127.0.0.1", remotePort: 5060, connectionId: -1, ...fields };
}

/** The error of opening `listen`, with everything that did open closed again. */
async function failureOf(listen: Parameters<typeof openHarness>[0]): Promise<unknown> {
  const events = new RecordingEvents();
  return openSipTransport({ listen, clock: systemClock, events, log: new RecordingLog() }).then(
    () => null,
    (error: unknown) => error,
  );
}

describe.each([
  { host: "127.0.0.1", isMissing: false },
  { host: "::1", isMissing: NO_IPV6 },
])("UDP on $host", ({ host, isMissing }) => {
  test.skipIf(isMissing)(
    `a datagram arrives with its flow, and the answer leaves from the port it was sent to (${host})`,
    async () => {
      const { events, transport, port } = await openHarness([listenOn({ host })]);
      events.answer = (_text, flow) => transport.send(flow, Buffer.from("SIP/2.0 200 OK\r\n\r\n"));
      const phone = await openPhone(host);
      const answered = once(phone.socket, "message");
      phone.socket.send(options(), port, host);
      const [octets, from] = await answered;
      expect(octets.toString()).toBe("SIP/2.0 200 OK\r\n\r\n");
      expect([from.address, from.port]).toEqual([host, port]);
      expect(events.messages.map(({ text, flow }) => ({ text, flow }))).toEqual([
        { text: options(), flow: udpFlow({ remoteAddress: host, remotePort: phone.port }) },
      ]);
    },
  );

  test.skipIf(isMissing)(`what only keeps a NAT binding open is not a message (RFC 5626 §4.4) (${host})`, async () => {
    const { events, port } = await openHarness([listenOn({ host })]);
    const phone = await openPhone(host);
    const texts = ["", "\0\0\0\0", "\r\n\r\n", "\r\n", "\0\0\0\0\0", "\r\n\r\nX"];
    for (const text of texts) phone.socket.send(Buffer.from(text), port, host);
    await events.until(() => events.messages.length === 2);
    expect(events.messages.map(({ text }) => text)).toEqual(["\0\0\0\0\0", "\r\n\r\nX"]);
  });
});

describe("sending over UDP", () => {
  test.each([
    { fields: { remotePort: 0 }, because: "port 0 cannot be sent to" },
    { fields: { remotePort: 99_999 }, because: "no port is that large" },
    { fields: { remotePort: 5060.5 }, because: "a port is a whole number" },
    { fields: { remotePort: Number.NaN }, because: "NaN is no port" },
    { fields: { remoteAddress: "sip.example.org" }, because: "a host name would need a lookup" },
    { fields: { remoteAddress: "" }, because: "no address is no address" },
    { fields: { remoteAddress: "::1" }, because: "the socket is of the other family" },
    { fields: { remoteAddress: "127.0.0.256" }, because: "no octet is 256" },
    { fields: { socket: 7 }, because: "there is no such socket" },
    { fields: { transport: "tcp" as const }, because: "that socket speaks another transport" },
  ])("returns false and never throws: $because", async ({ fields }) => {
    const { transport } = await openHarness([listenOn()]);
    expect(transport.send(udpFlow(fields), Buffer.from("x"))).toBe(false);
  });

  test("reaches an IPv4 address that is written as IPv6 (RFC 4291 §2.5.5.2)", async () => {
    const { transport } = await openHarness([listenOn()]);
    const phone = await openPhone();
    const received = once(phone.socket, "message");
    const flow = udpFlow({ remoteAddress: "::ffff:127.0.0.1", remotePort: phone.port });
    expect(transport.send(flow, Buffer.from("x"))).toBe(true);
    expect((await received)[0].toString()).toBe("x");
  });

  test("reports what the system refused later, with the flow it was meant for", async () => {
    const { transport, events } = await openHarness([listenOn()]);
    const failed: Flow[] = [];
    const { onSendFailed } = events;
    events.onSendFailed = (flow, code) => {
      failed.push(flow);
      onSendFailed.call(events, flow, code);
    };
    expect(transport.send(udpFlow({ remotePort: 9 }), Buffer.alloc(70_000))).toBe(true);
    await events.untilLine("send failed EMSGSIZE");
    expect(failed).toEqual([udpFlow({ remotePort: 9 })]);
  });

  test("is refused and counted while more than its share waits for the kernel", async () => {
    // Loopback takes everything at once: the queue is empty, and only a bound below that is exceeded.
    const { transport, events } = await openHarness([listenOn()], { limits: { datagramQueueOctets: -1 } });
    expect(transport.send(udpFlow(), Buffer.from("x"))).toBe(false);
    expect(events.lines).toEqual(["dropped udp queue_full"]);
  });

  test("returns false once the transport is closed; closing twice is fine", async () => {
    const { transport } = await openHarness([listenOn()]);
    await transport.close();
    await transport.close();
    expect(transport.send(udpFlow(), Buffer.from("x"))).toBe(false);
  });
});

describe("the arrival time of a datagram", () => {
  test("is imprecise when the loop was busy while the datagram waited", async () => {
    const { events, port } = await openHarness([listenOn()]);
    const phone = await openPhone();
    phone.socket.send(options(), port, "127.0.0.1", () => {
      const untilMs = systemClock.monotonicMs() + 20;
      while (systemClock.monotonicMs() < untilMs);
    });
    await events.until(() => events.messages.length === 1);
    expect(events.messages[0]?.arrival.isImprecise).toBe(true);
  });

  test("is precise again once the loop has waited for one", async () => {
    const { transport, events, port } = await openHarness([listenOn()]);
    const phone = await openPhone();
    for (let sent = 1; !events.messages.some(({ arrival }) => !arrival.isImprecise); sent++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      transport.tickStarted();
      phone.socket.send(options(), port, "127.0.0.1");
      await events.until(() => events.messages.length === sent);
      expect(sent).toBeLessThan(1_000);
    }
  });
});

describe("opening", () => {
  test("an address in use is named, and what was open before it is closed again", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const error = await failureOf([
      listenOn({ port }),
      listenOn({ transport: "tcp", port }),
      listenOn({ transport: "tcp", port: 0 }),
    ]);
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ code: "LISTEN", systemCode: "EADDRINUSE" });
    expect(String(error)).toBe(`ListenError: cannot listen on tcp:127.0.0.1:${port}: address already in use`);
    taken.close();
    const freed = createSocket("udp4").bind(port, "127.0.0.1");
    await once(freed, "listening");
    freed.close();
  });

  test("a UDP port in use is named as the operator wrote it", async () => {
    const { port } = await openPhone();
    expect(String(await failureOf([listenOn({ port })]))).toBe(
      `ListenError: cannot listen on udp:127.0.0.1:${port}: address already in use`,
    );
  });

  test.each([
    {
      address: listenOn({ host: "203.0.113.9", port: 5060 }),
      text: "udp:203.0.113.9:5060: address not available on this machine",
    },
    {
      address: listenOn({ transport: "tcp", host: "203.0.113.9" }),
      text: "tcp:203.0.113.9:0: address not available on this machine",
    },
    {
      address: listenOn({ transport: "tls", host: "::1" }),
      text: "tls:[::1]:0: transport not supported, expected udp or tcp",
    },
  ])("fails with: $text", async ({ address, text }) => {
    expect(String(await failureOf([address]))).toBe(`ListenError: cannot listen on ${text}`);
  });

  test("says the bound ports, keeps the order, and leaves `advertise` alone", async () => {
    const advertise = "sip.example.org:5060";
    const { transport } = await openHarness([listenOn({ transport: "tcp" }), listenOn({ advertise })]);
    expect(transport.sockets).toEqual([
      { transport: "tcp", host: "127.0.0.1", port: expect.any(Number), advertise: null },
      { transport: "udp", host: "127.0.0.1", port: expect.any(Number), advertise },
    ]);
    expect(transport.sockets.every(({ port }) => port > 0)).toBe(true);
  });

  test("a smaller receive buffer than asked for is logged once, with the setting to change", async () => {
    const limits = { udpBufferOctets: 1_073_741_824 };
    const { transport, log } = await openHarness([listenOn(), listenOn()], { limits });
    const granted = transport.receiveBufferOctets;
    expect(granted).toBeLessThan(limits.udpBufferOctets);
    expect(log.entries).toEqual([
      {
        level: "warn",
        event: "udp receive buffer smaller than asked",
        fields: { grantedOctets: granted, askedOctets: limits.udpBufferOctets, sysctl: "net.core.rmem_max" },
      },
    ]);
  });

  test("a buffer that was granted in full is not logged, and there is none without UDP", async () => {
    const udp = await openHarness([listenOn()], { limits: { udpBufferOctets: 65_536 } });
    expect([udp.transport.receiveBufferOctets, udp.log.entries]).toEqual([65_536, []]);
    const tcp = await openHarness([listenOn({ transport: "tcp" })]);
    expect(tcp.transport.receiveBufferOctets).toBeNull();
  });
});

describe("a wildcard", () => {
  const wildcards = [{ host: "0.0.0.0", loopback: "127.0.0.1" }, ...(NO_IPV6 ? [] : [{ host: "::", loopback: "::1" }])];
  test.each(wildcards)("UDP on $host is one socket per local address, all on one port", async ({ host, loopback }) => {
    const { transport } = await openHarness([listenOn({ host })]);
    const hosts = transport.sockets.map((socket) => socket.host);
    expect(hosts).toContain(loopback);
    expect(hosts).not.toContain(host);
    expect(hosts.every(hasLocalAddress)).toBe(true);
    expect(new Set(transport.sockets.map((socket) => socket.port)).size).toBe(1);
  });

  test.skipIf(NO_IPV6)("of one family leaves the port of the other free, over UDP and over TCP", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      const { port } = await openHarness([listenOn({ transport, host: "::" })]);
      const other = await openHarness([listenOn({ transport, host: "0.0.0.0", port })]);
      expect(other.port).toBe(port);
    }
  });

  test("answers over UDP from each address that was asked (RFC 3581 §4)", async () => {
    const { transport, events, port } = await openHarness([listenOn({ host: "0.0.0.0" })]);
    events.answer = (_text, flow) => transport.send(flow, Buffer.from("ok"));
    for (const { host } of transport.sockets) {
      const phone = await openPhone(host);
      const answered = once(phone.socket, "message");
      phone.socket.send("hello", port, host);
      expect((await answered)[1]).toMatchObject({ address: host, port });
    }
  });

  test("TCP on a wildcard is one listener that reports IPv4 peers as IPv4", async () => {
    const { transport, events, port } = await openHarness([listenOn({ transport: "tcp", host: "0.0.0.0" })]);
    expect(transport.sockets).toHaveLength(1);
    await dial(port);
    await events.untilLine("opened");
    expect(events.opened[0]?.remoteAddress).toBe("127.0.0.1");
  });
});
