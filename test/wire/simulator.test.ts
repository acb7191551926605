import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { Log } from "../../src/base/log.ts";
import { plainProfile } from "../../src/simulator/demo-profile.ts";
import { openPopulation, type PopulationOptions } from "../../src/simulator/population.ts";
import { openSimulatorThread } from "../../src/simulator/thread.ts";
import { parseContacts } from "../../src/sip/syntax/address.ts";
import type { SipMessage, SipRequest, SipResponse } from "../../src/sip/syntax/message.ts";
import { parseMessage } from "../../src/sip/syntax/parse.ts";
import { printReply } from "../../src/sip/syntax/print.ts";
import { parseUri } from "../../src/sip/syntax/uri.ts";
import { StreamFramer } from "../../src/sip/transport/framing.ts";

/** Binds what was registered, tells it back, and probes on demand: what the phones need of a registrar, no more. */
class FakeRegistrar {
  readonly requests: SipRequest[] = [];
  /** By user: the way back to the phone. */
  readonly flows = new Map<string, { uri: string; send: (octets: Buffer) => void }>();
  readonly connections = new Set<Socket>();
  /** What a REGISTER is answered with; `null` for silence. */
  status: number | null = 200;
  readonly #waiting = new Map<string, (response: SipResponse) => void>();
  readonly #waiters: { isMet: () => boolean; resolve: () => void }[] = [];
  readonly #closers: (() => void)[] = [];
  #probes = 0;
  port = 0;

  static async udp(address = "127.0.0.1"): Promise<FakeRegistrar> {
    const registrar = new FakeRegistrar();
    const socket: UdpSocket = createSocket({
      type: address.includes(":") ? "udp6" : "udp4",
      recvBufferSize: 4_194_304,
    });
    socket.bind(0, address);
    await once(socket, "listening");
    registrar.port = socket.address().port;
    socket.on("message", (octets, from) =>
      registrar.#onMessage(octets, from.address, from.port, (reply) => socket.send(reply, from.port, from.address)),
    );
    registrar.#closers.push(() => socket.close());
    return registrar;
  }

  static async tcp(): Promise<FakeRegistrar> {
    const registrar = new FakeRegistrar();
    const server = createServer((socket) => {
      const framer = new StreamFramer();
      registrar.connections.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => registrar.connections.delete(socket));
      socket.on("data", (chunk) => {
        framer.push(chunk);
        for (let frame = framer.next(); frame !== null; frame = framer.next()) {
          if (frame.kind !== "message") continue;
          const { remoteAddress = "", remotePort = 0 } = socket;
          registrar.#onMessage(frame.octets, remoteAddress, remotePort, (reply) => socket.write(reply));
        }
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    registrar.port = (server.address() as AddressInfo).port;
    registrar.#closers.push(() => {
      server.close();
      for (const socket of registrar.connections) socket.destroy();
    });
    return registrar;
  }

  /** Sends OPTIONS to a registered user over its flow; resolves with the answer and the round trip. */
  probe(user: string, uri?: string): Promise<{ response: SipResponse; roundTripMs: number }> {
    const flow = this.flows.get(user) as { uri: string; send: (octets: Buffer) => void };
    const callId = `probe-${this.#probes++}`;
    const text = [
      `OPTIONS ${uri ?? flow.uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${callId};rport`,
      "Max-Forwards: 70",
      "From: <sip:keepalive@example.org>;tag=1",
      `To: <sip:${user}@example.org>`,
      `Call-ID: ${callId}`,
      "CSeq: 1 OPTIONS",
      "Content-Length: 0\r\n\r\n",
    ].join("\r\n");
    const sentMs = performance.now();
    return new Promise((resolve) => {
      this.#waiting.set(callId, (response) => resolve({ response, roundTripMs: performance.now() - sentMs }));
      flow.send(Buffer.from(text, "latin1"));
    });
  }

  /** Resolves when `isMet` holds; looked at after every message. */
  until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isMet()) resolve();
      else this.#waiters.push({ isMet, resolve });
    });
  }

  [Symbol.dispose](): void {
    for (const close of this.#closers) close();
  }

  #onMessage(octets: Buffer, address: string, port: number, send: (octets: Buffer) => void): void {
    const message: SipMessage = parseMessage(octets);
    if (message.kind === "response") this.#waiting.get(message.headers.first("call-id") ?? "")?.(message);
    else this.#onRegister(message, { address, port }, send);
    for (const waiter of this.#waiters) if (waiter.isMet()) waiter.resolve();
  }

  #onRegister(request: SipRequest, source: { address: string; port: number }, send: (octets: Buffer) => void): void {
    this.requests.push(request);
    if (this.status === null) return;
    const contact = (parseContacts(request.headers) as ReturnType<typeof parseContacts> & object)[0];
    if (typeof contact !== "object") throw new Error("A phone must send its Contact");
    const user = parseUri(contact.uri).user ?? "";
    if (contact.params.get("expires") === "0") this.flows.delete(user);
    else this.flows.set(user, { uri: contact.uri, send });
    const headers = [["Contact", request.headers.first("contact") ?? ""]] as const;
    const reply = { status: this.status, reason: "Because", toTag: "r", source, headers };
    send(Buffer.from(printReply(request, reply), "latin1"));
  }
}

/** Time that runs 20 times as fast: long waits of the simulator are short for the test. */
const fastClock: Clock = {
  monotonicMs: () => 20 * systemClock.monotonicMs(),
  wallMs: () => systemClock.wallMs(),
  after: (delayMs, fn) => systemClock.after(delayMs / 20, fn),
};

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some((one) => one.address === "::1"));

/** Phones that answer after 5 ms, registering as fast as they can. */
function phonesFor(registrar: FakeRegistrar, options: Partial<PopulationOptions> = {}) {
  return openPopulation({
    target: { host: "127.0.0.1", port: registrar.port },
    domain: "example.org",
    phones: 20,
    profile: plainProfile({ delaysMs: [5] }),
    ratePerS: 5_000,
    ...options,
  });
}

const users = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `sim${String(index).padStart(7, "0")}`);

describe.each([
  { transport: "udp", open: () => FakeRegistrar.udp() },
  { transport: "tcp", open: () => FakeRegistrar.tcp() },
] as const)("over $transport", ({ transport, open }) => {
  test("every phone registers under its own name and answers probes with its own delay", async () => {
    using registrar = await open();
    const profile = plainProfile({ delaysMs: [2, 30] });
    await using population = await phonesFor(registrar, { transport, profile });
    await population.settled;
    expect([...registrar.flows.keys()].sort()).toEqual(users(20));
    const answers = await Promise.all(users(20).map((user) => registrar.probe(user)));
    for (const [index, { response, roundTripMs }] of answers.entries()) {
      expect(response.status).toBe(200);
      const delays = population.truth()[index]?.delays ?? [];
      expect(delays).toHaveLength(1);
      const { delayMs } = delays[0] as { delayMs: number };
      // Timers have a resolution of 1 ms; what the registrar sees contains what the phone did.
      expect(delayMs).toBeGreaterThanOrEqual(index % 2 === 0 ? 1 : 29);
      expect(roundTripMs).toBeGreaterThan(delayMs);
    }
    expect(population.stats()).toMatchObject({
      phones: 20,
      registered: 20,
      probesSeen: 20,
      answersSent: 20,
      dropped: 0,
    });
  });

  test("a request for a user who does not exist is answered 404 and counted", async () => {
    using registrar = await open();
    await using population = await phonesFor(registrar, { transport, phones: 1 });
    await population.settled;
    const { response } = await registrar.probe("sim0000000", "sip:nobody@127.0.0.1");
    expect(response.status).toBe(404);
    expect(population.stats()).toMatchObject({ strayRequests: 1, probesSeen: 0 });
  });

  test("close() removes the bindings when asked to (RFC 3261 §10.2.2)", async () => {
    using registrar = await open();
    const population = await phonesFor(registrar, { transport, unregisterOnClose: true, clock: fastClock });
    await population.settled;
    expect(registrar.flows.size).toBe(20);
    await population.close();
    expect(registrar.flows.size).toBe(0);
    expect(population.stats()).toMatchObject({ stopped: 20, registered: 0 });
  });

  test("close() just leaves unless asked to say goodbye", async () => {
    using registrar = await open();
    const population = await phonesFor(registrar, { transport });
    await population.settled;
    await population.close();
    await population.close();
    expect(registrar.requests).toHaveLength(20);
  });

  test("a refusal is counted for every phone and logged once", async () => {
    using registrar = await open();
    registrar.status = 403;
    const lines: string[] = [];
    const write = (event: string, fields?: object): number => lines.push(`${event} ${JSON.stringify(fields)}`);
    const log: Log = { debug: write, info: write, warn: write, error: write };
    await using population = await phonesFor(registrar, { transport, log });
    await population.settled;
    expect(population.stats()).toMatchObject({ failed: 20, registered: 0, registersRefused: 20 });
    expect(lines).toEqual(['simulated phone not registered {"user":"sim0000000","why":"403 Because"}']);
  });
});

describe("over udp only", () => {
  test("answers that still wait are forgotten by close()", async () => {
    using registrar = await FakeRegistrar.udp();
    const population = await phonesFor(registrar, { phones: 2, profile: plainProfile({ delaysMs: [60_000, 5] }) });
    await population.settled;
    void registrar.probe("sim0000000");
    await registrar.probe("sim0000001"); // Over the same socket: the first one is there when this is answered.
    expect(population.stats()).toMatchObject({ probesSeen: 2, answersWaiting: 1 });
    await population.close();
    expect(population.stats()).toMatchObject({ answersSent: 1, answersWaiting: 0 });
  });

  test("500 phones share a socket, the next one opens another", async () => {
    using registrar = await FakeRegistrar.udp();
    await using population = await phonesFor(registrar, { phones: 501 });
    await population.settled;
    const ports = [...registrar.flows.values()].map(({ uri }) => parseUri(uri).port);
    expect(new Set(ports).size).toBe(2);
    expect(ports.filter((port) => port === parseUri(registrar.flows.get("sim0000500")?.uri ?? "").port)).toHaveLength(
      1,
    );
  });

  test("a probe over the socket of another phone is counted as stray: the registrar mixed up the flows", async () => {
    using registrar = await FakeRegistrar.udp();
    await using population = await phonesFor(registrar, { phones: 501 });
    await population.settled;
    const { response } = await registrar.probe("sim0000500", registrar.flows.get("sim0000000")?.uri);
    expect(response.status).toBe(404);
    expect(population.stats().strayRequests).toBe(1);
  });

  test.runIf(hasIpv6)("IPv6: the contact is in brackets, and the answer comes back (RFC 5954)", async () => {
    using registrar = await FakeRegistrar.udp("::1");
    await using population = await phonesFor(registrar, { target: { host: "[::1]", port: registrar.port }, phones: 1 });
    await population.settled;
    expect(registrar.flows.get("sim0000000")?.uri).toMatch(/^sip:sim0000000@\[::1\]:\d+$/);
    expect((await registrar.probe("sim0000000")).response.status).toBe(200);
    expect(population.stats().answersSent).toBe(1);
  });

  test("octets that are no SIP message are counted and harm nobody; pings of two and four octets are not even that", async () => {
    using registrar = await FakeRegistrar.udp();
    await using population = await phonesFor(registrar, { phones: 1 });
    await population.settled;
    const { send } = registrar.flows.get("sim0000000") as { send: (octets: Buffer) => void };
    send(Buffer.from("\r\n"));
    send(Buffer.alloc(4));
    send(Buffer.from("neither a request nor an answer\r\n\r\n"));
    send(Buffer.from("SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n"));
    expect((await registrar.probe("sim0000000")).response.status).toBe(200);
    expect(population.stats().malformed).toBe(2);
  });

  test("a registrar that lost a REGISTER gets it again, the same one, and a silent one does not hold up close()", async () => {
    using registrar = await FakeRegistrar.udp();
    registrar.status = null;
    const population = await phonesFor(registrar, { phones: 1, clock: fastClock, unregisterOnClose: true });
    await registrar.until(() => registrar.requests.length === 3);
    expect(new Set(registrar.requests.map((request) => request.headers.first("via"))).size).toBe(1);
    await population.close();
    expect(population.stats()).toMatchObject({ stopped: 1 });
    expect(population.stats().registersRetransmitted).toBeGreaterThanOrEqual(2);
  });
});

describe("over tcp only", () => {
  test("a lost connection is opened again and the phone registers anew", async () => {
    using registrar = await FakeRegistrar.tcp();
    await using population = await phonesFor(registrar, { transport: "tcp", phones: 1, clock: fastClock });
    await population.settled;
    const before = registrar.flows.get("sim0000000")?.uri;
    for (const socket of registrar.connections) socket.destroy();
    await registrar.until(() => registrar.requests.length === 2);
    expect(registrar.flows.get("sim0000000")?.uri).not.toBe(before);
    expect(population.stats()).toMatchObject({ connectionsLost: 1, phones: 1 });
    expect((await registrar.probe("sim0000000")).response.status).toBe(200);
  });

  test("octets that are no SIP message end the connection, counted, and a new one is opened", async () => {
    using registrar = await FakeRegistrar.tcp();
    await using population = await phonesFor(registrar, { transport: "tcp", phones: 1, clock: fastClock });
    await population.settled;
    registrar.flows.get("sim0000000")?.send(Buffer.from("\x16\x03\x01\x02\x00\x01"));
    await registrar.until(() => registrar.requests.length === 2);
    expect(population.stats().malformed).toBe(1);
  });

  test.runIf(process.platform === "linux")("every hundred phones come from another loopback address", async () => {
    using registrar = await FakeRegistrar.tcp();
    await using population = await phonesFor(registrar, { transport: "tcp", phones: 101 });
    await population.settled;
    const hosts = users(101).map((user) => parseUri(registrar.flows.get(user)?.uri ?? "").host);
    expect(hosts.filter((host) => host === "127.0.0.1")).toHaveLength(100);
    expect(hosts.at(100)).toBe("127.0.0.2");
  });
});

test("mixed: each group takes its own transport, and phones without a connection do not hold up `settled`", async () => {
  using registrar = await FakeRegistrar.udp();
  const transports = ["udp", "tcp"] as const;
  const groups = transports.flatMap((transport) =>
    plainProfile({ delaysMs: [5] }).groups.map((group) => ({ ...group, transport })),
  );
  await using population = await phonesFor(registrar, { transport: "mixed", profile: { groups } });
  await population.settled;
  const { registered, waiting, connectionsRefused } = population.stats();
  expect(registered + waiting).toBe(20);
  expect(Math.abs(registered - waiting)).toBeLessThanOrEqual(2);
  expect(connectionsRefused).toBeGreaterThanOrEqual(waiting);
  expect(registrar.flows.size).toBe(registered);
});

describe("settings", () => {
  test.each([
    { wrong: { phones: 0 }, message: "phones must be 1 to 10000000, got 0" },
    { wrong: { expiresS: 0.5 }, message: "expiresS must be whole seconds, 1 to 2^32-1, got 0.5" },
    { wrong: { ratePerS: 0 }, message: "ratePerS must be above 0, got 0" },
    { wrong: { target: { host: "127.0.0.1", port: 70_000 } }, message: "target.port must be 1 to 65535, got 70000" },
    { wrong: { domain: "a b" }, message: "domain must be a host name or address, IPv6 in brackets, got a b" },
    { wrong: { profile: { groups: [] } }, message: "A profile needs at least one group of phones" },
  ])("$message", async ({ wrong, message }) => {
    using registrar = await FakeRegistrar.udp();
    await expect(phonesFor(registrar, wrong)).rejects.toThrow(new RangeError(message));
  });

  test("a target that does not resolve is an error, not a population that never registers", async () => {
    using registrar = await FakeRegistrar.udp();
    const target = { host: "registrar.invalid", port: registrar.port };
    await expect(phonesFor(registrar, { target })).rejects.toThrow(/registrar\.invalid/);
  });
});

describe("in a thread of its own", () => {
  const settingsFor = (registrar: FakeRegistrar) => ({
    target: { host: "127.0.0.1", port: registrar.port },
    domain: "example.org",
    phones: 50,
    ratePerS: 5_000,
    profile: plainProfile({ delaysMs: [3] }),
  });

  test("phones register, answer, are counted, and end with the thread", async () => {
    using registrar = await FakeRegistrar.udp();
    const thread = await openSimulatorThread({ ...settingsFor(registrar), unregisterOnClose: true });
    await thread.settled;
    const { roundTripMs } = await registrar.probe("sim0000007");
    const [stats, truth] = await Promise.all([thread.stats(), thread.truth()]);
    expect(stats).toMatchObject({ phones: 50, registered: 50, answersSent: 1 });
    expect(truth.map(({ user }) => user)).toEqual(["sim0000007"]);
    expect(truth[0]?.delays[0]?.delayMs).toBeLessThan(roundTripMs);
    await thread.close();
    await thread.close();
    expect(registrar.flows.size).toBe(0);
    await expect(thread.stats()).rejects.toThrow("The simulator has ended");
  });

  test("a refused setting rejects with the same error as without a thread", async () => {
    using registrar = await FakeRegistrar.udp();
    const opened = openSimulatorThread({ ...settingsFor(registrar), phones: -1 });
    await expect(opened).rejects.toThrow(new RangeError("phones must be 1 to 10000000, got -1"));
  });

  test("what the phones have to say reaches the log of the main thread", async () => {
    using registrar = await FakeRegistrar.udp();
    registrar.status = 503;
    const lines: string[] = [];
    const write = (event: string): number => lines.push(event);
    await using thread = await openSimulatorThread({
      ...settingsFor(registrar),
      log: { debug: write, info: write, warn: write, error: write },
    });
    await thread.settled;
    expect(lines).toEqual(["simulated phone not registered"]);
  });
});
