import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { ArrivalGauge } from "../../../src/sip/transport/arrival.ts";
import { StreamConnection } from "../../../src/sip/transport/connection.ts";
import type { Flow } from "../../../src/sip/transport/flow.ts";
import { TRANSPORT_LIMITS } from "../../../src/sip/transport/limits.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { options, RecordingEvents, RecordingLog } from "./harness.ts";

/** The half of a socket that a connection sees; what it writes is kept. */
class PeerSocket extends Duplex {
  written = "";
  override _read(): void {}
  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.written += octets.toString("latin1");
    done();
  }
  destroySoon(): void {
    this.end(() => this.destroy());
  }
  /** What the peer sent arrives. */
  async says(text: string): Promise<void> {
    this.push(Buffer.from(text, "latin1"));
    await settled();
  }
}

/** Streams tell their listeners in the same turn of the loop. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function openConnection() {
  const clock = new ManualClock();
  const events = new RecordingEvents();
  const log = new RecordingLog();
  const socket = new PeerSocket();
  const flow: Flow = { transport: "tcp", socket: 0, remoteAddress: "192.0.2.1", remotePort: 5060, connectionId: 1 };
  const arrivals = new ArrivalGauge(clock, { idleMs: () => 0, turns: () => 0 });
  const parts = { clock, events, log, limits: TRANSPORT_LIMITS, arrivals };
  const connection = new StreamConnection(socket as unknown as Socket, flow, parts);
  return { clock, events, socket, connection };
}

describe("the deadline of a message", () => {
  test("is not moved by its octets: one each second still ends after 32 s", async () => {
    const { clock, events, socket } = openConnection();
    await socket.says(options());
    for (let s = 0; s < 32; s++) {
      await socket.says("X");
      expect(events.lines).toEqual([`message ${options().length}`]);
      clock.advance(1_000);
    }
    expect(events.lines.at(-1)).toBe("closed idle_timeout");
  });

  test("starts anew with every message, also when the end of one and the start of the next come together", async () => {
    const { clock, events, socket } = openConnection();
    const [start, end] = [options().slice(0, 30), options().slice(30)];
    await socket.says(start);
    for (let i = 0; i < 4; i++) {
      clock.advance(9_000);
      await socket.says(end + start);
    }
    expect(events.messages).toHaveLength(4);
    clock.advance(31_999);
    expect(events.lines.at(-1)).toBe(`message ${options().length}`);
    clock.advance(1);
    expect(events.lines.at(-1)).toBe("closed idle_timeout");
  });

  test("is 10 s for the first one even when it began late", async () => {
    const { clock, events, socket } = openConnection();
    clock.advance(9_000);
    await socket.says(options().slice(0, 30));
    clock.advance(1_000);
    expect(events.lines).toEqual(["closed idle_timeout"]);
  });

  test("does not run between messages, where a single empty line stands", async () => {
    const { clock, events, socket } = openConnection();
    await socket.says(`${options()}\r\n`);
    clock.advance(60_000);
    expect(events.lines).toEqual([`message ${options().length}`]);
  });
});

describe("the deadline of silence", () => {
  test("is moved by a ping of a peer that has spoken", async () => {
    const { clock, events, socket } = openConnection();
    await socket.says(options());
    clock.advance(3_899_999);
    await socket.says("\r\n\r\n");
    clock.advance(3_899_999);
    expect([events.lines.length, socket.written]).toEqual([1, "\r\n"]);
    clock.advance(1);
    expect(events.lines.at(-1)).toBe("closed idle_timeout");
  });
});

describe("a closed connection", () => {
  test("keeps no timer, sends nothing and reports nothing more", async () => {
    const { clock, events, socket, connection } = openConnection();
    await socket.says(options());
    clock.advance(TRANSPORT_LIMITS.idleTimeoutMs);
    await settled();
    expect(clock.pending).toBe(0);
    expect(connection.send(Buffer.from("x"))).toBe(false);
    connection.shutDown();
    expect(events.lines).toEqual([`message ${options().length}`, "closed idle_timeout"]);
  });

  test("by the endpoint in the middle of a pipeline gives nothing of the rest", async () => {
    const { events, socket, connection } = openConnection();
    events.answer = () => connection.shutDown();
    await socket.says(options() + options());
    expect(events.lines).toEqual(["closed shutdown", `message ${options().length}`]);
  });
});

test.each([
  {
    syscall: "write",
    code: "EPIPE",
    lines: ["send failed EPIPE", "closed error"],
    because: "what was accepted did not get out",
  },
  { syscall: "read", code: "ECONNRESET", lines: ["closed error"], because: "nothing of ours was lost" },
])("an error of $syscall is reported as $lines: $because", async ({ syscall, code, lines }) => {
  const { events, socket } = openConnection();
  socket.destroy(Object.assign(new Error(code), { syscall, code }));
  await settled();
  expect(events.lines).toEqual(lines);
});
