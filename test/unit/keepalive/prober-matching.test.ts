import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { TRANSPORTS } from "../../../src/base/net-names.ts";
import { printBranch, Token } from "../../../src/keepalive/token.ts";
import { aContact, aFlow, aStream } from "../../fakes/contacts.ts";
import { branchOf, openProbing, type ProbingOptions, replyTo } from "../../fakes/probing.ts";

const UDP = TRANSPORTS.indexOf("udp");

/** One contact, its first probe on the wire. */
function openInFlight(options: ProbingOptions = {}) {
  const probing = openProbing(options);
  probing.location.store(aContact());
  const probe = probing.runToProbe();
  const token = new Token();
  const branch = Buffer.from(branchOf(probe.text), "latin1");
  if (!token.read(branch, 0, branch.length)) throw new Error("a probe must carry a token");
  probing.observer.take();
  return { ...probing, probe, token };
}

describe("an answer in time", () => {
  test.each([200, 404, 486, 501, 603, 699])(
    "%i is a sign of life: a sample, and the contact is reachable",
    (status) => {
      const { observer, heartbeats, prober, probe, answer, run } = openInFlight();
      run(20);
      answer(probe, { status });
      expect(observer.take()).toEqual([`answered 0 ${status} 20ms`, "state 0 unknown>reachable"]);
      expect(heartbeats.roundTrip(0)).toBe(20);
      expect(prober.inFlight(UDP)).toBe(0);
      run(10_000);
      expect(observer.take()).toEqual([]);
    },
  );

  test("is timed by its arrival, not by when it is handled, and carries the flag of a busy loop", () => {
    const { clock, observer, prober, probe } = openInFlight();
    const arrival = { readMs: probe.atMs + 12.5, isImprecise: true };
    clock.stall(50);
    prober.onResponse(replyTo(probe.text), probe.flow, arrival);
    expect(observer.lines[0]).toBe("answered 0 200 12.5ms imprecise");
  });

  test.each([
    { stepMs: -10_000, because: "back" },
    { stepMs: 86_400_000, because: "forward" },
  ])("has the right round trip when the wall clock steps $because in flight", ({ stepMs }) => {
    const { clock, observer, probe, answer, run } = openInFlight();
    run(10);
    clock.stepWall(stepMs);
    run(10);
    answer(probe);
    expect(observer.lines[0]).toBe("answered 0 200 20ms");
  });

  test("comes with 100 before it: one sample, the final one (RFC 3261 §8.1.3.2)", () => {
    const { observer, prober, probe, answer, run } = openInFlight();
    run(5);
    answer(probe, { status: 100 });
    answer(probe, { status: 180 });
    expect(observer.take()).toEqual([]);
    expect(prober.inFlight(UDP)).toBe(1);
    run(15);
    answer(probe);
    expect(observer.take()).toEqual(["answered 0 200 20ms", "state 0 unknown>reachable"]);
  });
});

describe("no answer in time", () => {
  test("a probe is lost exactly after the timeout", () => {
    const { observer, prober, run } = openInFlight();
    run(3_999);
    expect(observer.take()).toEqual([]);
    expect(prober.inFlight(UDP)).toBe(1);
    run(1);
    expect(observer.take()).toEqual(["failed 0 timeout"]);
    expect(prober.inFlight(UDP)).toBe(0);
  });

  test("after so many in a row the contact is unreachable, once; an answer brings it back", () => {
    const { observer, runToProbe, answer, run } = openInFlight({ policy: { unreachableAfter: 2 } });
    run(90_000);
    expect(observer.take()).toEqual([
      "failed 0 timeout",
      "sent 0",
      "failed 0 timeout",
      "state 0 unknown>unreachable",
      "sent 0",
      "failed 0 timeout",
      "sent 0",
    ]);
    run(10_000);
    observer.take();
    const probe = runToProbe();
    run(30);
    answer(probe);
    expect(observer.take()).toEqual(["sent 0", "answered 0 200 30ms", "state 0 unreachable>reachable"]);
  });

  test("an answer after the timeout is late: counted, no sample, no sign of life", () => {
    const { observer, heartbeats, probe, answer, run } = openInFlight();
    run(4_001);
    observer.take();
    answer(probe);
    expect(observer.take()).toEqual(["late 0"]);
    expect(heartbeats.roundTrip(0)).toBeNull();
    expect(heartbeats.missesInARow[0]).toBe(1);
  });

  test("an answer that the loop reads before the tick that gives the probe up is late as well", () => {
    const { clock, observer, prober, probe, answer, run } = openInFlight();
    clock.stall(4_500);
    answer(probe);
    expect(observer.take()).toEqual(["failed 0 timeout", "late 0"]);
    expect(prober.inFlight(UDP)).toBe(0);
    run(10);
    expect(observer.take()).toEqual([]);
  });

  test("an answer at the very end of the timeout, read before the tick, is in time", () => {
    const { clock, observer, probe, answer, run } = openInFlight();
    clock.stall(4_000);
    answer(probe);
    run(10);
    expect(observer.take()).toEqual(["answered 0 200 4000ms", "state 0 unknown>reachable"]);
  });

  test("a late answer to the probe before is told from an answer to the one in flight", () => {
    const { observer, probe, runToProbe, answer, run } = openInFlight();
    const second = runToProbe();
    run(20);
    observer.take();
    answer(probe);
    answer(second);
    expect(observer.take()).toEqual(["late 0", "answered 0 200 20ms", "state 0 unknown>reachable"]);
  });
});

describe("an answer that comes again", () => {
  test("is a duplicate, every time, and no second sample", () => {
    const { observer, heartbeats, probe, answer, run } = openInFlight();
    run(20);
    answer(probe);
    run(10);
    observer.take();
    answer(probe);
    answer(probe, { status: 404 });
    expect(observer.take()).toEqual(["duplicate 0", "duplicate 0"]);
    expect(heartbeats.roundTrip(0)).toBe(20);
  });

  test("is a duplicate even while the next probe is in flight, and does not answer that one", () => {
    const { observer, prober, probe, answer, runToProbe } = openInFlight();
    answer(probe);
    runToProbe();
    observer.take();
    answer(probe);
    expect(observer.take()).toEqual(["duplicate 0"]);
    expect(prober.inFlight(UDP)).toBe(1);
  });

  test("is late the first time and a duplicate the second, when the probe had been given up", () => {
    const { observer, clock, probe, answer, run, runToProbe } = openInFlight();
    run(4_001);
    observer.take();
    answer(probe);
    answer(probe);
    runToProbe();
    answer(probe);
    clock.stall(4_500);
    expect(observer.take()).toEqual(["late 0", "duplicate 0", "sent 0", "duplicate 0"]);
  });
});

describe("an answer that is not believed", () => {
  test.each([
    { flow: aFlow({ remotePort: 5_061 }), because: "another port" },
    { flow: aFlow({ remoteAddress: "192.0.2.8" }), because: "another address" },
    { flow: aFlow({ socket: 1 }), because: "it came in on another socket of ours" },
    { flow: aStream(1), because: "another transport" },
  ])("wrong_source: $because", ({ flow }) => {
    const { observer, prober, probe, answer, run } = openInFlight();
    answer(probe, {}, flow);
    expect(observer.take()).toEqual([`unmatched ${flow.transport} wrong_source`]);
    expect(prober.inFlight(UDP)).toBe(1);
    run(20);
    answer(probe);
    expect(observer.lines[0]).toBe("answered 0 200 20ms");
  });

  test.each([
    { change: { slot: 63 }, reason: "unknown_contact", because: "nobody is in that slot" },
    { change: { slot: 64 }, reason: "unknown_contact", because: "the first slot beyond the table" },
    { change: { slot: 2 ** 32 - 1 }, reason: "unknown_contact", because: "a slot far beyond the table" },
    { change: { epochStep: 1 }, reason: "stale_epoch", because: "a probe of another process" },
    { change: { highStep: 1 }, reason: "bad_token", because: "one random bit is wrong" },
    { change: { low: 0, high: 0 }, reason: "bad_token", because: "the token that fresh memory would hold" },
  ])("$reason: $because", ({ change, reason }) => {
    const { observer, prober, probe, answer, token } = openInFlight();
    const slot = change.slot ?? token.slot;
    const epoch = (token.epoch ^ (change.epochStep ?? 0)) >>> 0;
    const high = change.high ?? (token.high ^ (change.highStep ?? 0)) >>> 0;
    answer(probe, { branch: printBranch(slot, epoch, high, change.low ?? token.low) });
    expect(observer.take()).toEqual([`unmatched udp ${reason}`]);
    expect(prober.inFlight(UDP)).toBe(1);
  });

  test.each([
    { reply: { method: "INVITE" }, because: "CSeq names another method (RFC 3261 §17.1.3)" },
    { reply: { method: "options" }, because: "methods are case-sensitive" },
    { reply: { hasSecondVia: true }, because: "two Vias: not ours (RFC 3261 §8.1.3.3)" },
    { reply: { branch: "z9hG4bKnashds8" }, because: "no branch of ours" },
    { reply: { branch: "z9hG4bKnashds8", status: 100 }, because: "no branch of ours, provisional or not" },
  ])("bad_token: $because", ({ reply }) => {
    const { observer, prober, probe, answer } = openInFlight();
    answer(probe, reply);
    expect(observer.take()).toEqual(["unmatched udp bad_token"]);
    expect(prober.inFlight(UDP)).toBe(1);
  });

  test.each([
    { text: "SIP/2.0 200 OK\r\n\r\n", because: "no Via" },
    { text: "SIP/2.0 xyz\r\n", because: "no status" },
    { text: "", because: "nothing" },
  ])("bad_token for what cannot be read: $because", ({ text }) => {
    const { clock, observer, probe, prober } = openInFlight();
    const arrival = { readMs: clock.monotonicMs(), isImprecise: false };
    prober.onResponse(Buffer.from(text, "latin1"), probe.flow, arrival);
    expect(observer.take()).toEqual(["unmatched udp bad_token"]);
  });

  test("a probe of the contact that had the slot before says nothing about the one that has it now", () => {
    const { location, observer, probe, answer } = openInFlight();
    location.remove(0, "removed");
    observer.take();
    answer(probe);
    expect(observer.take()).toEqual(["unmatched udp unknown_contact"]);
    expect(location.store(aContact({ aor: "bob@example.org" }))).toBe(0);
    observer.take();
    answer(probe);
    expect(observer.take()).toEqual(["unmatched udp bad_token"]);
  });
});
