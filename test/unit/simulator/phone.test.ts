import { describe, expect, test } from "vitest";
import { sToMs } from "../../../src/base/units.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { openBench } from "./bench.ts";

const header = (request: SipRequest, name: string): string | null => request.headers.first(name);

describe("registering", () => {
  test("the first REGISTER has everything of RFC 3261 §10.2 and asks for rport (RFC 3581 §3)", () => {
    const { phone, line } = openBench({ expiresS: 600 });
    phone.start();
    expect(line.registers).toHaveLength(1);
    expect(line.last.requestUri).toBe("sip:example.org");
    expect(header(line.last, "to")).toBe("<sip:sim0000042@example.org>");
    expect(header(line.last, "from")).toMatch(/^<sip:sim0000042@example\.org>;tag=[0-9a-f]{16}$/);
    expect(header(line.last, "via")).toMatch(/^SIP\/2\.0\/UDP 127\.0\.0\.1:40001;branch=z9hG4bKsim42\.\w+;rport$/);
    expect(header(line.last, "contact")).toMatch(
      /^<sip:sim0000042@127\.0\.0\.1:40001>;expires=600;\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>"$/,
    );
    expect(header(line.last, "cseq")).toBe("1 REGISTER");
    expect(header(line.last, "expires")).toBe("600");
    expect(header(line.last, "max-forwards")).toBe("70");
  });

  test("a contact over TCP says so, and nothing is repeated on a stream (RFC 3261 §17.1.2.2)", () => {
    const { phone, line, clock } = openBench({ transport: "tcp" });
    phone.start();
    clock.advance(31_999);
    expect(line.registers).toHaveLength(1);
    expect(header(line.last, "via")).toMatch(/^SIP\/2\.0\/TCP /);
    expect(header(line.last, "contact")).toMatch(/^<sip:sim0000042@127\.0\.0\.1:40001;transport=tcp>/);
  });

  test("an unanswered REGISTER is repeated after 0.5, 1, 2, 4, 4 … s, octet for octet (RFC 3261 §17.1.2.2)", () => {
    const { phone, line, clock, tally } = openBench();
    const startMs = clock.monotonicMs();
    phone.start();
    clock.advance(31_999);
    const sentAfterMs = line.registeredAtMs.map((atMs) => atMs - startMs);
    expect(sentAfterMs).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(new Set(line.registers.map((request) => header(request, "via"))).size).toBe(1);
    expect(tally.registersSent).toBe(1);
    expect(tally.registersRetransmitted).toBe(10);
  });

  test("after 32 s without an answer it fails, and asks again with the next CSeq within the first backoff", () => {
    const { phone, line, clock, tally, failures } = openBench();
    phone.start();
    clock.advance(32_000);
    expect(phone.state).toBe("failed");
    expect(tally.registersTimedOut).toBe(1);
    expect(failures).toEqual(["no answer"]);
    clock.advance(2_000);
    expect(phone.state).toBe("registering");
    expect(header(line.last, "cseq")).toBe("2 REGISTER");
  });

  test("a provisional answer slows repetition down to every 4 s (RFC 3261 §17.1.2.2)", () => {
    const { phone, line, clock, reply } = openBench();
    phone.start();
    clock.advance(500);
    reply(100);
    clock.advance(999);
    expect(line.registers).toHaveLength(2);
    clock.advance(1);
    expect(line.registers).toHaveLength(3);
    clock.advance(3_999);
    expect(line.registers).toHaveLength(3);
    clock.advance(1);
    expect(line.registers).toHaveLength(4);
  });

  test.each([...Array(20).keys()])("seed %i: a granted lifetime is refreshed after 80 to 90 %% of it", (seed) => {
    const { phone, line, clock, grant, tally } = openBench({ expiresS: 600, seed });
    phone.start();
    const { callId, tag } = { callId: header(line.last, "call-id"), tag: header(line.last, "from") };
    grant(100);
    expect(phone.state).toBe("registered");
    clock.advance(79_999);
    expect(tally.registersSent).toBe(1);
    clock.advance(10_001);
    expect(tally.registersSent).toBe(2);
    expect(header(line.last, "cseq")).toBe("2 REGISTER");
    expect(header(line.last, "call-id")).toBe(callId);
    expect(header(line.last, "from")).toBe(tag);
    expect(phone.state).toBe("registered");
  });

  test("a lifetime longer than a timer can hold is refreshed daily, not at once", () => {
    const { phone, clock, grant, tally } = openBench();
    phone.start();
    grant(2 ** 32 - 1);
    clock.advance(sToMs(0.8 * 86_400) - 1);
    expect(tally.registersSent).toBe(1);
    while (tally.registersSent === 1) clock.advance(1_000);
    expect(clock.monotonicMs()).toBeLessThan(sToMs(0.9 * 86_400) + 5_000);
  });

  test("a refused refresh makes the phone fail, and the next success heals it", () => {
    const { phone, clock, grant, reply, states } = openBench();
    phone.start();
    grant(100);
    clock.advance(90_000);
    reply(500);
    clock.advance(2_000);
    grant(100);
    expect(states).toEqual(["registering", "registered", "failed", "registering", "registered"]);
  });

  test("423 is followed at once by a REGISTER for the Min-Expires (RFC 3261 §10.2.8)", () => {
    const { phone, line, reply, grant } = openBench({ expiresS: 30 });
    phone.start();
    reply(423, [["Min-Expires", "60"]]);
    expect(line.registers).toHaveLength(2);
    expect(header(line.last, "contact")).toContain(";expires=60;");
    expect(header(line.last, "cseq")).toBe("2 REGISTER");
    grant(60);
    expect(phone.state).toBe("registered");
  });

  test("423 that would grant what was asked for is a refusal, not a loop", () => {
    const { phone, line, reply } = openBench({ expiresS: 60 });
    phone.start();
    reply(423, [["Min-Expires", "60"]]);
    expect(line.registers).toHaveLength(1);
    expect(phone.state).toBe("failed");
  });

  test("Retry-After of a 503 is waited for, at most 10 % longer (RFC 3261 §21.5.4)", () => {
    const { phone, clock, reply, tally } = openBench();
    phone.start();
    reply(503, [["Retry-After", "100 (overload)"]]);
    clock.advance(99_999);
    expect(tally.registersSent).toBe(1);
    clock.advance(10_001);
    expect(tally.registersSent).toBe(2);
  });

  test("refusal after refusal the wait doubles up to a minute, and a success resets it", () => {
    const { phone, line, clock, reply, grant } = openBench();
    phone.start();
    const waitsMs: number[] = [];
    const refuseOnce = (): void => {
      reply(403);
      const before = clock.monotonicMs();
      const sent = line.registers.length;
      while (line.registers.length === sent) clock.advance(10);
      waitsMs.push(clock.monotonicMs() - before);
    };
    for (let nth = 0; nth < 8; nth++) refuseOnce();
    for (const [nth, waitMs] of waitsMs.entries()) {
      const fullMs = Math.min(2_000 * 2 ** nth, 60_000);
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs + 10);
    }
    grant(100);
    clock.advance(90_000);
    refuseOnce();
    expect(waitsMs.at(-1)).toBeLessThanOrEqual(2_010);
  });

  test("an answer is taken once: its copy and a foreign one are counted as unmatched (RFC 3261 §17.1.3)", () => {
    const { phone, line, tally, grant, deliver } = openBench();
    phone.start();
    const foreign = (header(line.last, "via") ?? "").replace(/branch=[^;]+/, "branch=z9hG4bKsim42.forged");
    deliver(`SIP/2.0 403 No\r\nVia: ${foreign}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n`);
    expect(phone.state).toBe("registering");
    grant(100);
    grant(100);
    expect(phone.state).toBe("registered");
    expect(tally.unmatchedResponses).toBe(2);
  });

  test("REGISTER datagrams that the profile loses are made up for by repetition", () => {
    const { phone, line, tally, clock, grant } = openBench({ group: { registerLossRatio: 0.7 }, seed: 3 });
    phone.start();
    while (line.registers.length === 0) clock.advance(100);
    expect(tally.registersLost).toBeGreaterThan(0);
    expect(tally.registersLost).toBe(tally.registersRetransmitted);
    grant(100);
    expect(phone.state).toBe("registered");
  });
});

describe("answering", () => {
  test("a probe is answered after the profile's delay, with everything copied (RFC 3261 §8.2.6)", () => {
    const { line, clock, probe, trueDelaysMs, tally } = openBench();
    const arrivedMs = clock.monotonicMs();
    probe();
    clock.advance(19);
    expect(line.answers).toHaveLength(0);
    clock.advance(1);
    expect(line.answers).toHaveLength(1);
    const { text, to, atMs } = line.answers[0] as (typeof line.answers)[0];
    expect(atMs - arrivedMs).toBe(20);
    expect(to).toEqual({ address: "192.0.2.1", port: 5060 });
    expect(text.split("\r\n")).toEqual([
      "SIP/2.0 200 OK",
      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKprobe;rport=5060;received=192.0.2.1",
      "From: <sip:keepalive@example.org>;tag=from1",
      expect.stringMatching(/^To: <sip:sim0000042@example\.org>;tag=[0-9a-f]{16}$/),
      "Call-ID: probe-1",
      "CSeq: 7 OPTIONS",
      expect.stringMatching(/^Allow: .*OPTIONS/),
      "Accept: application/sdp",
      "User-Agent: sipulse-simulator",
      "Content-Length: 0",
      "",
      "",
    ]);
    expect(trueDelaysMs).toEqual([20]);
    expect(tally.answersSent).toBe(1);
  });

  test("a stalled event loop shows in the true delay, not only in the registrar's round trip", () => {
    const { clock, probe, trueDelaysMs } = openBench();
    probe();
    clock.stall(50);
    clock.advance(0);
    expect(trueDelaysMs).toEqual([50]);
  });

  test("the profile's status is the answer's, with its phrase", () => {
    const { line, clock, probe } = openBench({ group: { status: 404 } });
    probe();
    clock.advance(20);
    expect(line.answers[0]?.text).toMatch(/^SIP\/2\.0 404 Not Found\r\n/);
  });

  test.each([
    { method: "INFO", answers: 1, because: "registrars may probe with any method" },
    { method: "NOTIFY", answers: 1, because: "nathelper does" },
    { method: "ACK", answers: 0, because: "an ACK is never answered (RFC 3261 §17.1.1.3)" },
  ])("$method gets $answers answers: $because", ({ method, answers }) => {
    const { line, clock, probe, tally } = openBench();
    probe(method);
    clock.advance(20);
    expect(line.answers).toHaveLength(answers);
    expect(tally.probesSeen).toBe(answers);
  });

  test.each([
    { group: { lossRatio: 1 }, counted: { answersLost: 1, answersSent: 0 }, because: "the answer is lost" },
    { group: { deadRatio: 1 }, counted: { probesIgnored: 1, answersSent: 0 }, because: "the phone is dead" },
    { group: { duplicateRatio: 1 }, counted: { answersSent: 1, duplicatesSent: 1 }, because: "one answer, one copy" },
    { group: { lateRatio: 1 }, counted: { answersSent: 1, lateAnswersSent: 1 }, because: "after the probe timeout" },
  ])("$because: $counted", ({ group, counted }) => {
    const { clock, probe, tally } = openBench({ group });
    probe();
    clock.advance(10_000);
    expect(tally).toMatchObject({ probesSeen: 1, ...counted });
  });

  test("a late answer comes after 4 s, the probe timeout of a registrar with default settings", () => {
    const { line, clock, probe } = openBench({ group: { lateRatio: 1 } });
    probe();
    clock.advance(4_000);
    expect(line.answers).toHaveLength(0);
    clock.advance(2_000);
    expect(line.answers).toHaveLength(1);
  });

  test("a copy follows its answer within 20 ms and is the same, octet for octet", () => {
    const { line, clock, probe } = openBench({ group: { duplicateRatio: 1 } });
    probe();
    clock.advance(20);
    expect(line.answers).toHaveLength(1);
    clock.advance(20);
    expect(line.answers).toHaveLength(2);
    expect(line.answers[1]?.text).toBe(line.answers[0]?.text);
  });

  test("an answer that finds the queue full or the connection gone is counted as dropped", () => {
    const { line, clock, probe, tally, queue } = openBench({ transport: "tcp", answersWaitingMax: 1 });
    probe();
    probe();
    expect(tally.dropped).toBe(1);
    expect(queue.size).toBe(1);
    line.local = null;
    clock.advance(20);
    expect(tally).toMatchObject({ dropped: 2, answersSent: 0 });
  });

  test("the fate of the nth probe is the seed's, whatever the phone missed before", () => {
    const group = { lossRatio: 0.3, jitter: { kind: "tail", minMs: 0, tailMeanMs: 30, maxMs: 300 } } as const;
    const reference = openBench({ group, seed: 7 });
    const other = openBench({ group, seed: 7 });
    const delays = ({ probe, clock, trueDelaysMs }: typeof other): (number | undefined)[] =>
      Array.from({ length: 20 }, () => {
        const answered = trueDelaysMs.length;
        probe();
        clock.advance(1_000);
        return trueDelaysMs[answered];
      });
    const expected = delays(reference);
    other.phone.start();
    other.probe();
    other.phone.halt();
    other.probe(); // Ignored, but the second of the stream all the same.
    expect(expected).toContain(undefined);
    expect(other.tally.probesIgnored).toBe(1);
    const again = openBench({ group, seed: 7 });
    again.probe();
    again.clock.advance(1_000);
    expect(delays(again).slice(0, 18)).toEqual(expected.slice(1, 19));
  });
});
