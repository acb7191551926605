import { describe, expect, test } from "vitest";
import { Switchboard } from "../../../src/simulator/switchboard.ts";
import { Tally } from "../../../src/simulator/tally.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { RecordingLine } from "./bench.ts";

const SOURCE = { address: "192.0.2.1", port: 40_000 };

function openSwitchboard() {
  const clock = new ManualClock();
  const tally = new Tally();
  const line = new RecordingLine(clock, "udp");
  const switchboard = new Switchboard(clock, tally);
  const receive = (text: string): void => switchboard.onMessage(Buffer.from(text, "latin1"), SOURCE, line);
  return { line, tally, receive };
}

function aRequest(via: string, method = "OPTIONS"): string {
  const head = [`${method} sip:nobody@127.0.0.1 SIP/2.0`, `Via: SIP/2.0/UDP ${via}`, "From: <sip:a@b>;tag=1"];
  return [...head, "To: <sip:c@d>", "Call-ID: 1", `CSeq: 1 ${method}`, "Content-Length: 0", "", ""].join("\r\n");
}

describe("an answer goes to the address the request came from, and to the port", () => {
  test.each([
    { via: "192.0.2.1:5062;branch=z9hG4bK1;rport", port: 40_000, because: "it came from, with rport (RFC 3581 §4)" },
    { via: "192.0.2.1:5062;branch=z9hG4bK1", port: 5_062, because: "of the Via, without rport (RFC 3261 §18.2.2)" },
    { via: "192.0.2.1;branch=z9hG4bK1", port: 5_060, because: "5060, when the Via has none (RFC 3261 §18.2.2)" },
  ])("$because", ({ via, port }) => {
    const { line, receive } = openSwitchboard();
    receive(aRequest(via));
    expect(line.answers.map(({ to }) => to)).toEqual([{ address: "192.0.2.1", port }]);
  });
});

test("an ACK for nobody is counted and not answered (RFC 3261 §17.1.1.3)", () => {
  const { line, tally, receive } = openSwitchboard();
  receive(aRequest("192.0.2.1;branch=z9hG4bK1", "ACK"));
  expect(line.answers).toEqual([]);
  expect(tally.strayRequests).toBe(1);
});

test.each([
  { via: "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKsim7.00", counted: { unmatchedResponses: 1, malformed: 0 } },
  { via: "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKother", counted: { unmatchedResponses: 1, malformed: 0 } },
  { via: "SIP/2.0/UDP", counted: { unmatchedResponses: 0, malformed: 1 } },
])("a response with Via $via is counted as $counted, and harms nobody", ({ via, counted }) => {
  const { tally, receive } = openSwitchboard();
  receive(`SIP/2.0 200 OK\r\nVia: ${via}\r\nContent-Length: 0\r\n\r\n`);
  expect(tally).toMatchObject(counted);
});
