import { describe, expect, test } from "vitest";
import { TRANSPORTS } from "../../../src/base/net-names.ts";
import type { KeepaliveScope } from "../../../src/keepalive/policy.ts";
import { aContact, aContactNumber, aFlow, aStream } from "../../fakes/contacts.ts";
import { openProbing, type ProbingOptions } from "../../fakes/probing.ts";

const UDP = TRANSPORTS.indexOf("udp");
const TCP = TRANSPORTS.indexOf("tcp");

function openInFlight(options: ProbingOptions = {}, contact = aContact()) {
  const probing = openProbing(options);
  const slot = probing.location.store(contact);
  const probe = probing.runToProbe();
  probing.observer.take();
  const inFlight = () => [probing.prober.inFlight(UDP), probing.prober.inFlight(TCP)];
  return { ...probing, slot, probe, inFlight };
}

describe("while a probe is in flight", () => {
  test.each(["removed", "expired"] as const)("a contact that is %s takes its probe along: cancelled", (reason) => {
    const { location, observer, slot, inFlight, run, sent } = openInFlight();
    location.remove(slot, reason);
    expect(observer.take()).toEqual(["failed 0 cancelled", "state 0 unknown>null"]);
    expect(inFlight()).toEqual([0, 0]);
    run(60_000);
    expect(observer.take()).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  test("a refresh over the same flow changes nothing for the probe", () => {
    const { location, observer, slot, probe, inFlight, answer, run } = openInFlight();
    location.refresh(slot, aContact({ cseq: 2 }));
    expect(observer.take()).toEqual([]);
    expect(inFlight()).toEqual([1, 0]);
    run(20);
    answer(probe);
    expect(observer.take()).toEqual(["answered 0 200 20ms", "state 0 unknown>reachable"]);
  });

  test("a move to another flow cancels it, under the transport it was sent over", () => {
    const { location, observer, heartbeats, slot, probe, inFlight, answer, run } = openInFlight();
    location.refresh(slot, aContact({ cseq: 2, flow: aStream(1) }));
    expect(observer.take()).toEqual(["failed 0 cancelled", "state 0 unknown>null", "state 0 null>unknown"]);
    expect(inFlight()).toEqual([0, 0]);
    expect(heartbeats.missesInARow[slot]).toBe(0);
    answer(probe);
    expect(observer.take()).toEqual(["unmatched udp wrong_source"]);
    run(30_000);
    expect(observer.take()).toEqual(["sent 0"]);
    expect(inFlight()).toEqual([0, 1]);
  });

  test("a contact keeps its state over a move: only an answer on the new flow makes it reachable", () => {
    const { location, observer, slot, probe, answer } = openInFlight();
    answer(probe);
    observer.take();
    location.refresh(slot, aContact({ flow: aFlow({ remotePort: 5_070 }) }));
    expect(observer.take()).toEqual(["state 0 reachable>null", "state 0 null>reachable"]);
  });

  test("the end of its stream ends it, and the contact is unreachable until it registers again", () => {
    const { location, observer, heartbeats, prober, slot, inFlight, run, sent, answer, runToProbe } = openInFlight(
      {},
      aContact({ flow: aStream(1) }),
    );
    location.table.loseConnection(slot);
    prober.flowLost(slot);
    expect(observer.take()).toEqual(["failed 0 connection_closed", "state 0 unknown>unreachable"]);
    expect(inFlight()).toEqual([0, 0]);
    expect(heartbeats.missesInARow[slot]).toBe(0);
    run(30_000);
    expect(observer.take()).toEqual(["skipped 0 no_flow"]);
    expect(sent).toHaveLength(1);
    location.refresh(slot, aContact({ flow: aStream(2) }));
    expect(observer.take()).toEqual(["state 0 unreachable>null", "state 0 null>unreachable"]);
    answer(runToProbe());
    expect(observer.take()).toEqual(["sent 0", "answered 0 200 0ms", "state 0 unreachable>reachable"]);
  });

  test("a stream that closes while the probe is being written ends it once", () => {
    const { location, observer, prober, wire, runToProbe, run, inFlight } = openInFlight(
      {},
      aContact({ flow: aStream(1) }),
    );
    run(5_000);
    observer.take();
    wire.send = () => {
      location.table.loseConnection(0);
      prober.flowLost(0);
      return true;
    };
    runToProbe();
    run(5_000);
    expect(observer.take()).toEqual(["sent 0", "failed 0 connection_closed", "state 0 unknown>unreachable"]);
    expect(inFlight()).toEqual([0, 0]);
  });
});

describe("a new contact", () => {
  test("in a used slot begins with nothing known", () => {
    const { location, heartbeats, observer, slot, probe, answer } = openInFlight();
    answer(probe);
    location.remove(slot, "removed");
    observer.take();
    expect(location.store(aContact({ aor: "bob@example.org" }))).toBe(slot);
    expect(observer.take()).toEqual(["state 0 null>unknown"]);
    expect(heartbeats.roundTrip(slot)).toBeNull();
    expect(heartbeats.lossRatio(slot)).toBeNull();
  });

  test("restored from a store is probed like any other", () => {
    const { location, observer, runToProbe } = openProbing();
    const slot = location.restore(aContact(), "uloc-1-00000001-5");
    runToProbe();
    expect(observer.take()).toEqual([`state ${slot} null>unknown`, `sent ${slot}`]);
  });
});

describe("Prober.reload()", () => {
  const phones = [
    aContactNumber(0),
    aContactNumber(1, { isNated: true }),
    aContactNumber(2, { flow: aStream(1) }),
    aContactNumber(3, { flow: aStream(2), isNated: true }),
  ];

  test.each([
    { scope: "off", probed: [] },
    { scope: "nat", probed: [1, 3] },
    { scope: "udp", probed: [0, 1] },
    { scope: "nat-udp", probed: [1] },
    { scope: "all", probed: [0, 1, 2, 3] },
  ] as const)("to $scope leaves $probed under keepalive, and the way back brings all", ({ scope, probed }) => {
    const { location, prober, policy, sent, run } = openProbing();
    for (const phone of phones) location.store(phone);
    const probedNow = (next: KeepaliveScope) => {
      prober.reload({ ...policy, scope: next });
      const before = sent.length;
      run(30_000);
      const ports = new Set(sent.slice(before).map(({ flow }) => flow.remotePort));
      return phones.flatMap(({ flow }, slot) => (ports.has(flow.remotePort) ? [slot] : []));
    };
    expect(probedNow("all")).toEqual([0, 1, 2, 3]);
    expect(probedNow(scope)).toEqual(probed);
    expect(probedNow("all")).toEqual([0, 1, 2, 3]);
  });

  test("that takes a contact out of scope cancels its probe; the late answer changes nothing", () => {
    const { prober, policy, observer, probe, answer, inFlight } = openInFlight();
    prober.reload({ ...policy, scope: "off" });
    expect(observer.take()).toEqual(["failed 0 cancelled", "state 0 unknown>null"]);
    expect(inFlight()).toEqual([0, 0]);
    answer(probe);
    expect(observer.take()).toEqual(["late 0"]);
  });

  test("a contact out of scope that loses its stream changes no state that is counted", () => {
    const { location, prober, observer } = openProbing({ policy: { scope: "udp" } });
    const slot = location.store(aContact({ flow: aStream(1) }));
    prober.flowLost(slot);
    location.remove(slot, "removed");
    expect(observer.take()).toEqual([]);
  });

  test("a refresh that shows a NAT brings a contact into scope, one that does not takes it out", () => {
    const { location, observer } = openProbing({ policy: { scope: "nat" } });
    const slot = location.store(aContact());
    location.refresh(slot, aContact({ isNated: true }));
    location.refresh(slot, aContact({ isNated: false }));
    expect(observer.take()).toEqual(["state 0 null>unknown", "state 0 unknown>null"]);
  });

  test.each([
    { fromMs: 30_000, toMs: 5_000, because: "shorter" },
    { fromMs: 5_000, toMs: 30_000, because: "longer" },
  ])("a $because interval holds from now on, for every contact", ({ fromMs, toMs }) => {
    const { clock, location, prober, policy, sent, run } = openProbing({ policy: { intervalMs: fromMs } });
    for (let i = 0; i < 8; i++) location.store(aContactNumber(i));
    run(60_000);
    prober.reload({ ...policy, intervalMs: toMs });
    const reloadMs = clock.monotonicMs();
    run(3 * toMs);
    for (let i = 0; i < 8; i++) {
      const times = sent.filter(({ flow, atMs }) => flow.remotePort === 10_000 + i && atMs > reloadMs);
      expect(times).toHaveLength(3);
      expect(times[0]?.atMs).toBeLessThanOrEqual(reloadMs + toMs);
    }
  });

  test("a new interval does not give up a probe that is in flight", () => {
    for (let lagMs = 0; lagMs < 1_000; lagMs += 50) {
      const { prober, policy, observer, probe, answer, run } = openInFlight({
        policy: { intervalMs: 1_000, probeTimeoutMs: 900 },
      });
      run(lagMs % 400);
      prober.reload({ ...policy, intervalMs: 1_000 + lagMs + 1 });
      run(450);
      answer(probe);
      expect(observer.take()[0], `reloaded ${lagMs % 400} ms after the probe`).toMatch(/^answered 0 200/);
    }
  });

  test("with a new method an answer to the probe in flight still counts, and the next probe uses it", () => {
    const { prober, policy, observer, probe, answer, run, runToProbe } = openInFlight();
    prober.reload({ ...policy, method: "INFO" });
    run(20);
    answer(probe);
    expect(observer.take()).toEqual(["answered 0 200 20ms", "state 0 unknown>reachable"]);
    const next = runToProbe();
    expect(next.text).toMatch(/^INFO /);
    observer.take();
    answer(next, { method: "INVITE" });
    answer(next);
    expect(observer.take()).toEqual(["unmatched udp bad_token", "answered 0 200 0ms"]);
  });

  test("a shorter timeout holds for the next probe; the one in flight keeps its own", () => {
    const { prober, policy, observer, probe, answer, run } = openInFlight();
    prober.reload({ ...policy, probeTimeoutMs: 1_000 });
    run(2_000);
    answer(probe);
    expect(observer.lines[0]).toBe("answered 0 200 2000ms");
  });
});
