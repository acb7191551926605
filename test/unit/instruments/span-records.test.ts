import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { BATCH_MAX, REGISTRATIONS_MAX } from "../../../src/instruments/span-records.ts";
import { engineSettings } from "../../fakes/engine-host.ts";
import { ONLY_THE_TAIL, openTracedCore } from "../../fakes/traced-core.ts";

const PROBED = { keepalive: { scope: "all" as const, intervalMs: 1_000, probeTimeoutMs: 500 } };

/** A core with one phone that has answered once, and its records taken. */
function openWithPhone(options: Parameters<typeof openTracedCore>[0] = {}) {
  const traced = openTracedCore({ settings: PROBED, ...options });
  traced.register(1);
  const first = traced.nextProbe();
  traced.run(20);
  traced.answer(first);
  return traced;
}

describe("the record of a probe", () => {
  test("says who was asked, where, when, and what came", () => {
    const { clock, probes } = openWithPhone();
    expect(probes()).toEqual([
      {
        kind: "probe",
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        startWallMs: clock.wallMs() - 20,
        durationMs: 20,
        because: "state_change",
        domain: "example.org",
        transport: "udp",
        peerAddress: "127.0.0.1",
        peerPort: 10_001,
        method: "OPTIONS",
        status: 200,
        aor: "phone1@example.org",
        userAgent: null,
        ruid: expect.stringMatching(/^uloc-/),
        reason: null,
        change: { from: "unknown", to: "reachable" },
        isImprecise: false,
        registration: expect.anything(),
      },
    ]);
  });

  test("links to the REGISTER that made the binding", () => {
    const { probes, registers } = openWithPhone();
    const [register] = registers();
    expect(probes()[0]?.registration).toEqual({ traceId: register?.traceId, spanId: register?.spanId });
    expect(probes()[0]?.ruid).toBe(register?.ruids[0]);
  });

  test("of a lost one has the time it was waited for, and no status", () => {
    const { nextProbe, run, probes } = openWithPhone();
    nextProbe();
    run(600);
    expect(probes()[1]).toMatchObject({ because: "failure", reason: "timeout", status: null, durationMs: 500 });
  });

  test("of a lost one that makes the contact unreachable has the change as well", () => {
    const { nextProbe, probes, run } = openWithPhone();
    for (let i = 0; i < 3; i++) nextProbe();
    run(600);
    const lost = probes().filter(({ reason }) => reason === "timeout");
    expect(lost.map(({ because, change }) => ({ because, change }))).toEqual([
      { because: "failure", change: null },
      { because: "failure", change: null },
      { because: "failure", change: { from: "reachable", to: "unreachable" } },
    ]);
  });

  test("of one that is withdrawn still has its link, though the binding is gone by then", () => {
    const { nextProbe, register, probes, registers } = openWithPhone();
    nextProbe();
    expect(register(1, { cseq: 2, headers: ["Expires: 0"] })).toBe("SIP/2.0 200 OK");
    expect(probes()[1]).toMatchObject({ reason: "cancelled", registration: { traceId: registers()[0]?.traceId } });
  });

  test("is flagged when the sample is imprecise", () => {
    const { nextProbe, run, answer, probes } = openWithPhone({ spans: { sampleRatio: 1 } });
    const probe = nextProbe();
    run(5);
    answer(probe, 200, true);
    expect(probes()[1]).toMatchObject({ isImprecise: true, because: "ratio" });
  });

  test("has no link when the slot has gone over to a binding whose REGISTER was not traced", () => {
    const { register, nextProbe, answer, probes, registers, clock } = openTracedCore({
      settings: PROBED,
      spans: { perSecondMax: 1 },
    });
    register(1);
    register(1, { cseq: 2, headers: ["Expires: 0"] });
    register(2);
    expect(registers().map(({ aor }) => aor)).toEqual(["phone1@example.org"]);
    clock.stall(1_000);
    answer(nextProbe());
    expect(probes()).toEqual([expect.objectContaining({ aor: "phone2@example.org", registration: null })]);
  });

  test("does not blame a probe for a state that changed later: a closed stream has no request to trace", () => {
    const { core, probes } = openWithPhone();
    core.prober.flowLost(0);
    expect(core.prober.inFlight(0)).toBe(0);
    expect(probes().map(({ change }) => change)).toEqual([{ from: "unknown", to: "reachable" }]);
  });

  test("does not blame a lost probe either, once its batch has left", () => {
    const { core, probes, clock } = openWithPhone({ spans: { perSecondMax: 1 } });
    clock.stall(2_000);
    for (let i = 0; i < 2; i++) core.spans?.probeFailed(0, "timeout");
    const before = probes().length;
    clock.stall(2_000);
    core.spans?.stateChanged(0, "reachable", "unreachable");
    expect(probes().slice(before)).toEqual([]);
  });

  test("has its change although the thread was held up for a moment in between", () => {
    const traced = openTracedCore({ settings: PROBED, spans: { sampleRatio: 1 } });
    traced.register(1);
    const probe = traced.nextProbe();
    traced.run(5);
    const { counters } = traced.core;
    const { probeAnswered } = counters.keepalive;
    counters.keepalive.probeAnswered = (...args) => {
      probeAnswered.apply(counters.keepalive, args);
      traced.clock.stall(30);
    };
    traced.answer(probe);
    expect(traced.probes()[0]).toMatchObject({ durationMs: 5, change: { from: "unknown", to: "reachable" } });
  });
});

describe("the record of a REGISTER", () => {
  test("says who asked, from where, and which bindings came of it", () => {
    const { register, registers } = openTracedCore();
    expect(register(3, { headers: ["User-Agent: acme/1.0"] })).toBe("SIP/2.0 200 OK");
    expect(registers()).toEqual([
      expect.objectContaining({
        kind: "register",
        because: "state_change",
        method: "REGISTER",
        status: 200,
        domain: "example.org",
        aor: "phone3@example.org",
        userAgent: "acme/1.0",
        callId: "call-3",
        cseq: "1 REGISTER",
        peerPort: 10_003,
        ruids: [expect.stringMatching(/^uloc-/)],
      }),
    ]);
  });

  test.each([
    { headers: ["Expires: 5"], answer: "423", because: "the interval is too brief" },
    { headers: ["Require: teleport"], answer: "420", because: "the extension is unknown" },
    { headers: ["Expires: 60"], uri: "sip:example.org", to: "<tel:+1;;>", answer: "400", because: "To is malformed" },
  ])("is a failure when it is refused with $answer: $because", ({ answer, because: _, ...fields }) => {
    const { register, registers } = openTracedCore();
    register(1);
    register(1, { cseq: 2, ...fields });
    expect(registers()[1]).toMatchObject({ because: "failure", status: Number(answer), ruids: [] });
  });

  test("is not made for a refresh that nobody drew", () => {
    const { register, registers, clock } = openTracedCore();
    register(1);
    register(1, { cseq: 2 });
    clock.advance(100);
    register(1, { cseq: 3 });
    expect(registers().map(({ because }) => because)).toEqual(["state_change"]);
  });

  test("shortens what the network wrote at length", () => {
    const { register, registers } = openTracedCore();
    register(1, { callId: "c".repeat(2_000) });
    register(2, { headers: [`User-Agent: ${"u".repeat(250)}`], to: `<sip:${"x".repeat(600)}@example.org>` });
    for (const record of registers()) {
      for (const value of Object.values(record)) if (typeof value === "string") expect(value.length).toBeLessThan(256);
    }
    expect(registers()).toHaveLength(2);
  });

  test("never repeats credentials, though the request carries them", () => {
    const { register, handOver } = openTracedCore();
    const secret = 'Authorization: Digest username="phone1",realm="r",nonce="n0nce",uri="sip:r",response="5ecre7"';
    register(1, { headers: [secret] });
    register(1, { cseq: 2, headers: [secret, "Expires: 5"] });
    expect(handOver()).toHaveLength(2);
    expect(JSON.stringify(handOver())).not.toMatch(/5ecre7|n0nce|response=/);
  });
});

describe("recording", () => {
  test.each([...Array(30).keys()])(
    "seed %i: every failure and every change has its record, the rest its count",
    (seed) => {
      const random = seededRandom(seed);
      const perSecondMax = seed % 3 === 0 ? 2 : 1_000;
      const traced = openTracedCore({ settings: PROBED, seed, spans: { sampleRatio: 1, perSecondMax } });
      for (let phone = 0; phone < 8; phone++) traced.register(phone);
      let answered = 0;
      for (let ms = 0; ms < 12_000; ms += 1) {
        traced.run(1);
        for (const probe of traced.sent.splice(0)) {
          if (random.u32() % 3 === 0) continue;
          traced.answer(probe);
          answered += 1;
        }
      }
      traced.run(600);
      traced.handOver();
      const { instruments } = traced.core.counters;
      const labels = ["example.org", "udp", "OPTIONS"] as const;
      const failed = instruments.value(instruments.cell("keepaliveFailures", ...labels, "timeout"));
      const wanted = answered + failed + 8;
      expect(failed).toBeGreaterThan(5);
      expect(traced.handOver().length + traced.told.capped).toBe(wanted);
      if (perSecondMax === 1_000) {
        expect(traced.told.capped).toBe(0);
        expect(traced.probes().filter(({ reason }) => reason === "timeout")).toHaveLength(failed);
        const changes = traced.probes().filter(({ change }) => change !== null);
        expect(changes.length).toBe(transitions(traced.core));
      }
      const ids = new Set(traced.handOver().map(({ spanId }) => spanId));
      expect(ids.size).toBe(traced.handOver().length);
    },
  );

  test("with a ratio of 0 only the tail is kept", () => {
    const traced = openWithPhone({ spans: ONLY_THE_TAIL });
    for (let i = 0; i < 20; i++) {
      const probe = traced.nextProbe();
      traced.run(i % 4 === 0 ? 30 + i : 10);
      traced.answer(probe);
    }
    const reasons = new Set(
      traced
        .probes()
        .slice(1)
        .map(({ because }) => because),
    );
    expect([...reasons]).toEqual(["slowest"]);
  });

  test("when every phone comes back at once, half of the second is left for what goes wrong", () => {
    const traced = openTracedCore({ settings: PROBED, spans: { perSecondMax: 20 } });
    for (let phone = 0; phone < 40; phone++) traced.register(phone);
    traced.register(50, { headers: ["Expires: 5"] });
    expect(traced.registers().map(({ because }) => because)).toEqual([...Array(10).fill("state_change"), "failure"]);
  });

  test("when every phone answers for the first time, half of the second is left for what goes wrong", () => {
    const traced = openTracedCore({ spans: { perSecondMax: 20 } });
    for (let phone = 0; phone < 40; phone++) traced.register(phone);
    traced.clock.stall(2_000);
    const before = traced.handOver().length;
    traced.core.prober.reload({ ...engineSettings().keepalive, scope: "all" });
    for (let i = 0; i < 40; i++) traced.answer(traced.nextProbe());
    traced.register(50, { headers: ["Expires: 5"] });
    const later = traced.handOver().slice(before);
    expect(later.map(({ because }) => because)).toEqual([...Array(10).fill("state_change"), "failure"]);
  });

  test("a full batch leaves at once, and every record is in one", () => {
    const traced = openTracedCore({ spans: { sampleRatio: 1, perSecondMax: 10_000 }, settings: { maxContacts: 400 } });
    for (let phone = 0; phone < 250; phone++) traced.register(phone);
    expect(traced.handOver()).toHaveLength(250);
    expect(traced.batches).toEqual([BATCH_MAX, BATCH_MAX, 50]);
  });

  test("nothing to tell is not told", () => {
    const { handOver, batches } = openTracedCore();
    handOver();
    expect(batches).toEqual([]);
  });

  test.each([
    { others: REGISTRATIONS_MAX - 1, isKnown: true, because: "there is room for all" },
    { others: REGISTRATIONS_MAX, isKnown: false, because: "the oldest had to go" },
  ])("after $others other registrations a link is known: $isKnown, because $because", ({ others, isKnown }) => {
    const { core, register, nextProbe, answer, probes } = openTracedCore({ settings: PROBED });
    register(1);
    for (let i = 1; i <= others; i++) core.spans?.registered(i, { traceId: "a", spanId: "b" });
    answer(nextProbe());
    expect(probes()[0]?.registration !== null).toBe(isKnown);
  });

  test("without a policy there is no recorder: nobody stands between the parts and their counters", () => {
    const { core, register, handOver, told } = openTracedCore({ spans: null });
    expect(register(1)).toBe("SIP/2.0 200 OK");
    expect({ spans: core.spans, records: handOver(), told }).toEqual({ spans: null, records: [], told: { capped: 0 } });
  });
});

/** Changes of state that a probe brought about, as the counters have them. */
function transitions({ counters }: ReturnType<typeof openTracedCore>["core"]): number {
  const { instruments } = counters;
  const changes = [
    ["unknown", "reachable"],
    ["reachable", "unreachable"],
    ["unknown", "unreachable"],
    ["unreachable", "reachable"],
  ] as const;
  const count = ([from, to]: (typeof changes)[number]) =>
    instruments.value(instruments.cell("keepaliveStateTransitions", "example.org", "udp", from, to));
  return changes.map(count).reduce((sum, value) => sum + value, 0);
}
