import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { isSameFlow, Location } from "../../../src/location/location.ts";
import { aContact, aContactNumber, aFlow, aStream } from "../../fakes/contacts.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { RecordingLocation } from "../../fakes/recording-observers.ts";

function open(capacity = 8) {
  const clock = new ManualClock();
  const table = new ContactTable({ capacity, random: seededRandom(1), startWallMs: clock.wallMs() });
  const location = new Location({ table, clock });
  const observer = new RecordingLocation();
  location.watch(observer);
  const expireDue = (limit = 100) => location.expireDue(clock.monotonicMs(), limit);
  return { clock, table, location, observer, expireDue };
}

describe("Location", () => {
  test("tells of a binding after it is in the table, and of its removal while it still is", () => {
    const { table, location } = open();
    const seen: string[] = [];
    location.watch({
      bindingStored: (slot, kind) => seen.push(`${kind} ${table.cseq[slot]}`),
      bindingMoving: (slot) => seen.push(`moving from ${table.flowOf(slot).remotePort}`),
      bindingRemoved: (slot, reason) => seen.push(`${reason} ${table.cseq[slot]}`),
    });
    const slot = location.store(aContact({ cseq: 1 }));
    location.refresh(slot, aContact({ cseq: 2 }));
    location.refresh(slot, aContact({ cseq: 3, flow: aFlow({ remotePort: 5_061 }) }));
    location.remove(slot, "removed");
    expect(seen).toEqual(["created 1", "refreshed 2", "moving from 5060", "moved 3", "removed 3"]);
    expect(table.size).toBe(0);
  });

  test("observers are told in the order they were added, and one without bindingMoving is left out", () => {
    const { location } = open();
    const told: string[] = [];
    location.watch({ bindingStored: () => told.push("first"), bindingRemoved: () => undefined });
    location.watch({ bindingStored: () => told.push("second"), bindingRemoved: () => undefined });
    const slot = location.store(aContact());
    location.refresh(slot, aContact({ flow: aStream(1) }));
    expect(told).toEqual(["first", "second", "first", "second"]);
  });

  test("a refused binding is not told of", () => {
    const { location, observer } = open(1);
    location.store(aContactNumber(0));
    expect(() => location.store(aContactNumber(1))).toThrow(RangeError);
    expect(observer.lines).toEqual(["created 0"]);
  });

  test("a restored binding is told of as restored and expires like any other", () => {
    const { clock, location, observer, expireDue } = open();
    const slot = location.restore(aContact({ expiresAtMs: 61_000 }), "uloc-1-00000001-3");
    clock.advance(60_000);
    expireDue();
    expect(observer.lines).toEqual([`restored ${slot}`, `expired ${slot}`]);
  });
});

describe("Location.expireDue()", () => {
  test.each([
    { afterMs: 59_000, gone: false, because: "a second before its end" },
    { afterMs: 60_000, gone: true, because: "at its end (RFC 3261 §10.3)" },
    { afterMs: 5_000_000, gone: true, because: "however late anybody looks" },
  ])("after $afterMs ms of 60 s -> gone $gone: $because", ({ afterMs, gone }) => {
    const { clock, location, observer, expireDue } = open();
    location.store(aContact({ expiresAtMs: clock.monotonicMs() + 60_000 }));
    clock.advance(afterMs);
    expireDue();
    expect(observer.lines.includes("expired 0")).toBe(gone);
  });

  test("a lifetime longer than a turn of the wheel is kept to the second", () => {
    const { clock, location, observer, expireDue } = open();
    const lifetimeMs = 86_400_000;
    location.store(aContact({ expiresAtMs: clock.monotonicMs() + lifetimeMs }));
    for (let elapsedMs = 60_000; elapsedMs < lifetimeMs; elapsedMs += 60_000) {
      clock.advance(60_000);
      expireDue();
    }
    expect(observer.take()).toEqual(["created 0"]);
    clock.advance(60_000);
    expireDue();
    expect(observer.take()).toEqual(["expired 0"]);
  });

  test.each([
    { stepMs: 86_400_000, because: "forward a day" },
    { stepMs: -86_400_000, because: "back a day" },
  ])("the wall clock steps $because: no lifetime changes", ({ stepMs }) => {
    const { clock, location, observer, expireDue } = open();
    location.store(aContact({ expiresAtMs: clock.monotonicMs() + 60_000 }));
    clock.stepWall(stepMs);
    clock.advance(59_000);
    expireDue();
    expect(observer.take()).toEqual(["created 0"]);
    clock.stepWall(-2 * stepMs);
    clock.advance(1_000);
    expireDue();
    expect(observer.take()).toEqual(["expired 0"]);
  });

  test("a refresh gives a new end, longer or shorter, even to a binding that is overdue", () => {
    const { clock, location, observer, expireDue } = open();
    const now = () => clock.monotonicMs();
    for (let i = 0; i < 3; i++) location.store(aContactNumber(i, { expiresAtMs: now() + 10_000 }));
    observer.take();
    clock.advance(5_000);
    location.refresh(0, aContactNumber(0, { expiresAtMs: now() + 60_000 }));
    clock.advance(5_000);
    expireDue(1);
    expect(observer.take()).toEqual(["refreshed 0", "expired 1"]);
    location.refresh(2, aContactNumber(2, { expiresAtMs: now() + 1_000 }));
    expireDue();
    expect(observer.take()).toEqual(["refreshed 2"]);
    clock.advance(1_000);
    expireDue();
    expect(observer.take()).toEqual(["expired 2"]);
    clock.advance(54_000);
    expireDue();
    expect(observer.take()).toEqual(["expired 0"]);
  });

  test("a mass expiry is worked off in slices, each binding once", () => {
    const { clock, table, location, observer, expireDue } = open();
    for (let i = 0; i < 7; i++) location.store(aContactNumber(i, { expiresAtMs: clock.monotonicMs() + 1_000 }));
    clock.advance(1_000);
    observer.take();
    const sizes = [3, 3, 3, 3].map((limit) => {
      expireDue(limit);
      return table.size;
    });
    expect(sizes).toEqual([4, 1, 0, 0]);
    expect(observer.lines).toEqual([0, 1, 2, 3, 4, 5, 6].map((slot) => `expired ${slot}`));
  });

  test("a removed binding does not end a second time", () => {
    const { clock, location, observer, expireDue } = open();
    location.store(aContact({ expiresAtMs: clock.monotonicMs() + 10_000 }));
    location.remove(0, "removed");
    clock.advance(10_000);
    expireDue();
    expect(observer.take()).toEqual(["created 0", "removed 0"]);
  });

  test("a removed binding does not take the next one in its slot along", () => {
    const { clock, location, observer, expireDue } = open();
    const slot = location.store(aContact({ expiresAtMs: clock.monotonicMs() + 10_000 }));
    clock.advance(10_000);
    location.remove(slot, "removed");
    expect(location.store(aContact({ expiresAtMs: clock.monotonicMs() + 60_000 }))).toBe(slot);
    observer.take();
    expireDue();
    expect(observer.take()).toEqual([]);
  });
});

describe("isSameFlow()", () => {
  test.each([
    { other: {}, same: true, because: "nothing differs" },
    { other: { remotePort: 5_061 }, same: false, because: "another port is another NAT binding" },
    { other: { remoteAddress: "192.0.2.8" }, same: false, because: "another address" },
    { other: { socket: 1 }, same: false, because: "another local socket" },
    { other: { connectionId: 3 }, same: false, because: "another connection" },
    { other: { transport: "tcp" as const }, same: false, because: "another transport" },
  ])("$other -> $same: $because", ({ other, same }) => {
    expect(isSameFlow(aFlow(), aFlow(other))).toBe(same);
  });
});
