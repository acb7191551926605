import { describe, expect, test } from "vitest";
import { TRANSPORTS } from "../../../src/base/net-names.ts";
import { placeOf } from "../../../src/keepalive/pace.ts";
import { aContact, aContactNumber, aFlow, aStream } from "../../fakes/contacts.ts";
import { openProbing, type SentProbe } from "../../fakes/probing.ts";

const UDP = TRANSPORTS.indexOf("udp");
const TCP = TRANSPORTS.indexOf("tcp");

/** Times between consecutive probes. */
const gapsOf = (sent: readonly SentProbe[]) => sent.slice(1).map(({ atMs }, i) => atMs - (sent[i]?.atMs ?? 0));

describe("Prober: when", () => {
  test("a contact is probed once per interval, the first time within one", () => {
    const { location, sent, run, clock } = openProbing();
    const startMs = clock.monotonicMs();
    location.store(aContact());
    run(300_000);
    expect(sent[0]?.atMs).toBeLessThanOrEqual(startMs + 30_000);
    expect(sent).toHaveLength(10);
    expect(new Set(gapsOf(sent))).toEqual(new Set([30_000]));
  });

  test("each contact has a place of its own in the interval, and keeps it", () => {
    const { location, sent, run } = openProbing();
    for (let i = 0; i < 5; i++) location.store(aContactNumber(i));
    run(90_000);
    for (let slot = 0; slot < 5; slot++) {
      const places = sent
        .filter(({ flow }) => flow.remotePort === 10_000 + slot)
        .map(({ atMs }) => (atMs / 30_000) % 1);
      expect(places).toHaveLength(3);
      for (const place of places) expect(place).toBeCloseTo(placeOf(slot), 4);
    }
  });

  test("jitter moves each probe by up to half its share either way, around the same place", () => {
    const { location, sent, run } = openProbing({
      policy: { jitterRatio: 0.1, intervalMs: 1_000, probeTimeoutMs: 500 },
    });
    location.store(aContact());
    run(200_000);
    const offsets = sent.slice(1).map(({ atMs }) => ((atMs + 500) % 1_000) - 500);
    expect(sent.length).toBeGreaterThanOrEqual(199);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(-50);
    expect(Math.max(...offsets)).toBeLessThanOrEqual(51);
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeGreaterThan(90);
  });

  test("the same seed gives the same probes at the same times, another seed others", () => {
    const story = (seed: number) => {
      const { location, sent, run } = openProbing({ seed, policy: { jitterRatio: 0.3 } });
      for (let i = 0; i < 3; i++) location.store(aContactNumber(i));
      run(90_000);
      return sent.map(({ atMs, text }) => `${atMs} ${text}`);
    };
    expect(story(5)).toEqual(story(5));
    expect(story(5)).not.toEqual(story(6));
  });

  test.each([
    { stallMs: 5_000, because: "shorter than the interval" },
    { stallMs: 31_000, because: "a little longer" },
    { stallMs: 3_600_000, because: "an hour: the missed probes are not made up for" },
  ])("after a stall of $stallMs ms each contact is probed at most once at once: $because", ({ stallMs }) => {
    const { clock, location, sent, run } = openProbing();
    for (let i = 0; i < 20; i++) location.store(aContactNumber(i));
    run(30_000);
    const before = sent.length;
    clock.stall(stallMs);
    run(20);
    const ports = sent.slice(before).map(({ flow }) => flow.remotePort);
    expect(ports.length).toBe(new Set(ports).size);
    run(29_980);
    for (let i = 0; i < 20; i++) {
      const count = sent.slice(before).filter(({ flow }) => flow.remotePort === 10_000 + i).length;
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(2);
    }
  });

  test("a stall does not make a probe lost whose time is not up", () => {
    const { clock, location, observer, sent, wire, answer, run } = openProbing({
      policy: { intervalMs: 1_000, probeTimeoutMs: 500, jitterRatio: 0.2 },
    });
    const stalled = new Set<SentProbe>();
    const replies: { atMs: number; probe: SentProbe }[] = [];
    wire.send = (probe) => replies.push({ atMs: probe.atMs + 300, probe }) > 0;
    for (let i = 0; i < 16; i++) location.store(aContactNumber(i));
    for (let step = 0; step < 20_000; step++) {
      if (step % 700 === 350) clock.stall(940);
      run(1);
      while (replies[0] !== undefined && replies[0].atMs <= clock.monotonicMs()) {
        const due = replies.shift();
        // The phone answered in time; what the stall held up is late, and rightly lost.
        if (due !== undefined && clock.monotonicMs() - due.probe.atMs <= 500) answer(due.probe);
        else if (due !== undefined) stalled.add(due.probe);
      }
    }
    const lost = observer.lines.filter((line) => line.endsWith("timeout")).length;
    expect(sent.length).toBeGreaterThan(300);
    expect(lost).toBe(stalled.size);
  });
  test("a few contacts whose places lie together leave on time all the same", () => {
    const { location, observer, run } = openProbing({ capacity: 400 });
    // Fibonacci numbers times the golden ratio are nearly whole: all these places lie within a tenth of the interval.
    const together = new Set([21, 34, 55, 89, 144, 233, 377]);
    for (let i = 0; i < 400; i++) location.store(aContactNumber(i));
    for (let i = 0; i < 400; i++) if (!together.has(i)) location.remove(i, "removed");
    run(60_000);
    expect(observer.delaysMs.length).toBeGreaterThanOrEqual(14);
    expect(Math.max(...observer.delaysMs)).toBeLessThanOrEqual(20);
  });

  test.each([3, 30, 100, 300])("%i contacts with the usual jitter leave on time", (contacts) => {
    const { location, observer, run } = openProbing({ capacity: contacts, policy: { jitterRatio: 0.1 } });
    for (let i = 0; i < contacts; i++) location.store(aContactNumber(i));
    run(120_000);
    expect(observer.delaysMs.length).toBeGreaterThanOrEqual(contacts * 3);
    expect(Math.max(...observer.delaysMs)).toBeLessThanOrEqual(50);
  });
});

describe("Prober: what and where", () => {
  test("a probe goes over the flow the contact registered from, and Via shows its socket", () => {
    const { location, runToProbe } = openProbing();
    const flow = aStream(7, { socket: 3 });
    location.store(aContact({ address: "sip:alice@10.0.0.1:5060", path: "<sip:p;lr>", flow }));
    const probe = runToProbe();
    expect(probe.flow).toEqual(flow);
    expect(probe.text).toMatch(
      /^OPTIONS sip:alice@10\.0\.0\.1:5060 SIP\/2\.0\r\nVia: SIP\/2\.0\/TCP 198\.51\.100\.1:5063;/,
    );
    expect(probe.text).toContain("\r\nRoute: <sip:p;lr>\r\n");
    expect(probe.text).toContain("\r\nFrom: <sip:keepalive@example.org>;tag=");
  });

  test("method, From and domain are as configured", () => {
    const { location, runToProbe } = openProbing({
      policy: { method: "INFO", from: "sip:monitor@example.net", domain: "voip.example" },
    });
    location.store(aContact({ aor: "alice" }));
    const { text } = runToProbe();
    expect(text).toMatch(/^INFO /);
    expect(text).toContain("\r\nCSeq: 1 INFO\r\n");
    expect(text).toContain("\r\nFrom: <sip:monitor@example.net>;tag=");
    expect(text).toContain("\r\nTo: <sip:alice@voip.example>\r\n");
  });

  test("no two probes have a branch, a From tag or a Call-ID in common, in one process or two", () => {
    const probes = [1, 2].flatMap((seed) => {
      const { location, sent, run } = openProbing({ seed, policy: { intervalMs: 1_000, probeTimeoutMs: 500 } });
      for (let i = 0; i < 20; i++) location.store(aContactNumber(i));
      run(25_000);
      return sent.map(({ text }) => text);
    });
    expect(probes.length).toBeGreaterThan(950);
    for (const part of [/branch=([^;]+)/, /From: .*;tag=(\S+)/, /Call-ID: (\S+)/]) {
      expect(new Set(probes.map((text) => part.exec(text)?.[1])).size).toBe(probes.length);
    }
  });

  test.each([
    { flow: aFlow({ socket: -1 }), because: "its socket is no longer open" },
    { flow: aStream(-1), because: "its stream is gone" },
  ])("a contact without a flow is skipped and counted, nothing is sent: $because", ({ flow }) => {
    const { location, observer, sent, prober, run } = openProbing();
    location.store(aContact({ flow }));
    run(60_000);
    expect(sent).toEqual([]);
    expect(observer.take()).toEqual(["state 0 null>unknown", "skipped 0 no_flow", "skipped 0 no_flow"]);
    expect(prober.inFlight(UDP) + prober.inFlight(TCP)).toBe(0);
  });

  test("a probe that could not be sent counts as sent and failed, and as a miss", () => {
    const { location, observer, heartbeats, wire, prober, run, runToProbe } = openProbing();
    wire.send = () => false;
    location.store(aContact());
    observer.take();
    runToProbe();
    expect(observer.take()).toEqual(["sent 0", "failed 0 send_error"]);
    expect(heartbeats.missesInARow[0]).toBe(1);
    run(10_000);
    expect(observer.take()).toEqual([]);
    expect(prober.inFlight(UDP)).toBe(0);
  });
});

describe("Prober.restMs()", () => {
  /** An engine's loop: rests as long as the prober says. */
  function play(contacts: number, forMs: number) {
    const probing = openProbing({ capacity: contacts, policy: { jitterRatio: 0.1 } });
    const { clock, location, prober } = probing;
    for (let i = 0; i < contacts; i++) location.store(aContactNumber(i));
    const restsMs: number[] = [];
    const endMs = clock.monotonicMs() + forMs;
    while (clock.monotonicMs() < endMs) {
      const restMs = prober.restMs(10);
      restsMs.push(restMs);
      clock.advance(restMs);
      prober.tick();
    }
    return { ...probing, restsMs };
  }

  test("is as long as was asked while nothing can happen", () => {
    const { restsMs } = play(1, 20_000);
    expect(restsMs.filter((restMs) => restMs === 10).length).toBeGreaterThan(1_900);
    expect(openProbing().prober.restMs(10)).toBe(10);
  });

  test("makes nobody wait longer than a few milliseconds, and nothing is left out", () => {
    const { observer, sent, heartbeats } = play(50, 121_000);
    expect(sent.length).toBeGreaterThanOrEqual(50 * 4 - 5);
    expect(Math.max(...observer.delaysMs)).toBeLessThanOrEqual(20);
    expect(heartbeats.missesInARow.every((misses) => misses >= 3)).toBe(true);
  });

  test("is a millisecond where every millisecond has its probes", () => {
    const { location, prober, clock } = openProbing({
      capacity: 20_000,
      policy: { intervalMs: 1_000, probeTimeoutMs: 500 },
    });
    for (let i = 0; i < 20_000; i++) location.store(aContactNumber(i));
    for (let i = 0; i < 100; i++) {
      expect(prober.restMs(10)).toBe(1);
      clock.advance(1);
      prober.tick();
    }
  });

  test("is short after a stall, however long the prober had rested before", () => {
    const { clock, prober } = play(200, 5_000);
    clock.stall(10_000);
    prober.tick();
    expect(prober.restMs(10)).toBeLessThanOrEqual(8);
  });
});
