import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../fakes/manual-clock.ts";
import {
  dial,
  dialInVain,
  gone,
  hasLocalAddress,
  listenOn,
  openHarness,
  options,
} from "../unit/sip-transport/harness.ts";

const TCP = listenOn({ transport: "tcp" });

describe("a TCP connection", () => {
  test.each(
    [
      { host: "127.0.0.1", isMissing: false },
      { host: "::1", isMissing: !hasLocalAddress("::1") },
    ].filter(({ isMissing }) => !isMissing),
  )("carries a message in and an answer out ($host)", async ({ host }) => {
    const { transport, events, port } = await openHarness([listenOn({ transport: "tcp", host })]);
    events.answer = (_text, flow) => transport.send(flow, Buffer.from("SIP/2.0 200 OK\r\n\r\n"));
    const phone = await dial(port, host);
    phone.socket.write(options(3));
    await once(phone.socket, "data");
    expect(phone.received()).toBe("SIP/2.0 200 OK\r\n\r\n");
    const flow = events.messages[0]?.flow;
    expect(flow).toMatchObject({
      transport: "tcp",
      socket: 0,
      remoteAddress: host,
      remotePort: phone.socket.localPort,
    });
    expect(flow).toBe(events.opened[0]);
  });

  test("gives every message of a pipeline, in order, over the same flow", async () => {
    const { events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    phone.socket.write(options(1) + options(0) + options(2));
    await events.until(() => events.messages.length === 3);
    expect(events.messages.map(({ text }) => text)).toEqual([options(1), options(0), options(2)]);
    expect(new Set(events.messages.map(({ flow }) => flow)).size).toBe(1);
  });

  test("gives a message that was sent octet by octet", async () => {
    const { events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    for (const octet of options(5)) {
      await new Promise<unknown>((resolve) => phone.socket.write(octet, resolve));
    }
    await events.until(() => events.messages.length === 1);
    expect(events.messages[0]?.text).toBe(options(5));
  });

  test("has an id that no other connection has, and never had", async () => {
    const { events, port } = await openHarness([TCP]);
    for (let i = 0; i < 3; i++) (await dial(port)).socket.destroy();
    await events.untilLine("closed peer", 3);
    await dial(port);
    await events.untilLine("opened", 4);
    const ids = events.opened.map(({ connectionId }) => connectionId);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(ids[0]).toBeGreaterThanOrEqual(1);
  });

  test("answers a ping of two empty lines with one (RFC 5626 §4.4.1), and not a single empty line", async () => {
    const { transport, events, port } = await openHarness([TCP]);
    events.answer = (_text, flow) => transport.send(flow, Buffer.from("last"));
    const phone = await dial(port);
    phone.socket.write(`\r\n\r\n\r\n${options()}`);
    while (!phone.received().endsWith("last")) await once(phone.socket, "data");
    expect(phone.received()).toBe("\r\nlast");
  });

  test("that the peer closed cannot be sent to", async () => {
    const { transport, events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    await events.untilLine("opened");
    phone.socket.end();
    await events.untilLine("closed peer");
    expect(transport.send(events.opened[0]!, Buffer.from("x"))).toBe(false);
  });

  test("that the peer reset is closed once, with an error, and nothing is thrown", async () => {
    const { transport, events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    phone.socket.write(options().slice(0, 20));
    await events.untilLine("opened");
    phone.socket.resetAndDestroy();
    await events.until(() => events.lines.some((line) => line.startsWith("closed")));
    expect(events.lines).toEqual(["opened", "closed error"]);
    expect(transport.send(events.opened[0]!, Buffer.from("x"))).toBe(false);
  });

  test("whose peer does not read refuses what exceeds its queue, and counts it", async () => {
    const limits = { streamQueueOctets: 10_000 };
    const { transport, events, port } = await openHarness([TCP], { limits });
    const phone = await dial(port);
    phone.socket.pause();
    await events.untilLine("opened");
    const flow = events.opened[0]!;
    let sent = 0;
    while (transport.send(flow, Buffer.alloc(5_000))) sent++;
    expect(events.lines).toEqual(["opened", "dropped tcp queue_full"]);
    expect(sent).toBeGreaterThan(0);
    expect(transport.send(flow, Buffer.alloc(10_001))).toBe(false);
  });

  test("is told and closed when the transport closes, even in the middle of a message", async () => {
    const { transport, events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    phone.socket.write(options() + options().slice(0, 10));
    await events.until(() => events.messages.length === 1);
    const ended = gone(phone.socket);
    await transport.close();
    await ended;
    expect(events.lines.at(-1)).toBe("closed shutdown");
  });
});

describe("a stream that cannot be read on", () => {
  test("is answered, then closed; what follows is ignored (RFC 3261 §18.3)", async () => {
    const { transport, events, port } = await openHarness([TCP]);
    events.answer = (text, flow) => {
      if (!text.includes("Content-Length")) transport.send(flow, Buffer.from("SIP/2.0 400 Bad Request\r\n\r\n"));
    };
    const phone = await dial(port);
    const head = "OPTIONS sip:b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n";
    const ended = once(phone.socket, "end");
    phone.socket.write(options() + head + options());
    await ended;
    expect(phone.received()).toBe("SIP/2.0 400 Bad Request\r\n\r\n");
    expect(events.messages.map(({ text }) => text)).toEqual([options(), head]);
    expect(events.lines.at(-1)).toBe("closed malformed");
  });

  test("because a message is too large is counted, and its head can be answered", async () => {
    const { events, port } = await openHarness([TCP]);
    const phone = await dial(port);
    const head = "OPTIONS sip:b SIP/2.0\r\nContent-Length: 2000000000\r\n\r\n";
    phone.socket.write(head);
    await events.untilLine("closed malformed");
    expect(events.lines).toEqual(["opened", "dropped tcp oversized", `message ${head.length}`, "closed malformed"]);
  });

  test("is destroyed after 2 s when the peer does not hang up", async () => {
    const clock = new ManualClock();
    const { transport, events, port } = await openHarness([TCP], { clock });
    const phone = await dial(port);
    phone.socket.allowHalfOpen = true;
    const ended = once(phone.socket, "end");
    phone.socket.write("\0rubbish");
    await ended;
    expect(transport.send(events.opened[0]!, Buffer.from("x"))).toBe(false);
    expect(clock.pending).toBe(1);
    clock.advance(2_000);
    // Writing to a connection that no longer exists is answered by a reset.
    const noticed = gone(phone.socket);
    const nag = (): void => void phone.socket.write("still there", (error) => error ?? setImmediate(nag));
    nag();
    await noticed;
    expect(events.lines).toEqual(["opened", "message 8", "closed malformed"]);
  });
});

describe("a peer that dawdles (slowloris)", () => {
  test.each([
    { name: "says nothing", text: "" },
    { name: "only pings", text: "\r\n\r\n" },
    { name: "stops in its first message", text: options().slice(0, -1) },
  ])("and $name is closed after 10 s", async ({ text }) => {
    const clock = new ManualClock();
    const { events, port } = await openHarness([TCP], { clock });
    const phone = await dial(port);
    const ended = gone(phone.socket);
    phone.socket.write(text);
    await events.untilLine("opened");
    clock.advance(9_999);
    expect(events.lines).toEqual(["opened"]);
    clock.advance(1);
    expect(events.lines).toEqual(["opened", "closed idle_timeout"]);
    await ended;
  });

  test("and stops in a later message is closed after 32 s", async () => {
    const clock = new ManualClock();
    const { events, port } = await openHarness([TCP], { clock });
    const phone = await dial(port);
    phone.socket.write(options() + options().slice(0, 12));
    await events.until(() => events.messages.length === 1);
    clock.advance(31_999);
    expect(events.lines.at(-1)).toBe(`message ${options().length}`);
    clock.advance(1);
    expect(events.lines.at(-1)).toBe("closed idle_timeout");
  });

  test("but had spoken is kept for an hour and five minutes of silence", async () => {
    const clock = new ManualClock();
    const { events, port } = await openHarness([TCP], { clock });
    const phone = await dial(port);
    phone.socket.write(options());
    await events.until(() => events.messages.length === 1);
    clock.advance(3_600_000);
    phone.socket.write(options());
    await events.until(() => events.messages.length === 2);
    clock.advance(3_899_999);
    expect(events.lines.at(-1)).toBe(`message ${options().length}`);
    clock.advance(1);
    expect(events.lines.at(-1)).toBe("closed idle_timeout");
  });
});

describe("the number of connections", () => {
  test.each([
    { limits: { connectionsPerSource: 2 }, because: "one address may have so many" },
    { limits: { connections: 2 }, because: "all together may be so many" },
    { limits: { connections: 2, connectionsPerSource: 0 }, because: "0 lifts only the bound per address" },
  ])("is bounded and the excess is counted: $because", async ({ limits }) => {
    const { events, port } = await openHarness([TCP], { limits });
    const phones = [await dial(port), await dial(port)];
    await events.untilLine("opened", 2);
    await Promise.all([events.untilLine("dropped tcp connection_limit"), dialInVain(port)]);
    expect(events.lines).toEqual(["opened", "opened", "dropped tcp connection_limit"]);

    phones[0]?.socket.destroy();
    await events.untilLine("closed peer");
    // The place is free a moment after the peer is known to have gone.
    while (events.opened.length === 2) await Promise.race([dialInVain(port), events.untilLine("opened", 3)]);
    expect(events.opened).toHaveLength(3);
  });

  test("is counted over all listeners together", async () => {
    const { transport, events } = await openHarness([TCP, TCP], { limits: { connections: 1 } });
    const [first, second] = transport.sockets;
    await dial(first?.port ?? 0);
    await events.untilLine("opened");
    await dialInVain(second?.port ?? 0);
    await events.untilLine("dropped tcp connection_limit");
    expect(events.opened).toHaveLength(1);
  });
});
