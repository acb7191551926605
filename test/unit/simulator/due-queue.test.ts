import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DueQueue } from "../../../src/simulator/due-queue.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function openQueue(limit = 1_000) {
  const clock = new ManualClock({ startMs: 0 });
  return { clock, queue: new DueQueue({ clock, limit }) };
}

describe("a DueQueue", () => {
  test("runs everything in the order of its due time, and first in, first out at the same time", () => {
    const delaysMs = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 200 });
    fc.assert(
      fc.property(delaysMs, (dueMs) => {
        const { clock, queue } = openQueue();
        const ran: { dueMs: number; nth: number; atMs: number }[] = [];
        for (const [nth, due] of dueMs.entries()) {
          queue.put(due, () => ran.push({ dueMs: due, nth, atMs: clock.monotonicMs() }));
        }
        clock.advance(30);
        const expected = dueMs.map((due, nth) => ({ dueMs: due, nth, atMs: due }));
        expected.sort((a, b) => a.dueMs - b.dueMs || a.nth - b.nth);
        expect(ran).toEqual(expected);
        expect(queue.size).toBe(0);
      }),
    );
  });

  test("holds one timer, however much waits", () => {
    const { clock, queue } = openQueue();
    for (let nth = 0; nth < 500; nth++) queue.put(1 + ((nth * 37) % 100), () => {});
    expect(clock.pending).toBe(1);
    clock.advance(50);
    expect(clock.pending).toBe(1);
    clock.advance(50);
    expect(clock.pending).toBe(0);
  });

  test("runs what is due at once without a timer", () => {
    const { clock, queue } = openQueue();
    let runs = 0;
    expect(queue.put(clock.monotonicMs(), () => runs++)).toBe(true);
    expect(runs).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("refuses what is above its limit, and takes more when something has run", () => {
    const { clock, queue } = openQueue(2);
    expect([queue.put(5, () => {}), queue.put(6, () => {}), queue.put(7, () => {})]).toEqual([true, true, false]);
    clock.advance(5);
    expect(queue.put(7, () => {})).toBe(true);
  });

  test("takes what is put while it runs, also when that is due earlier than the rest", () => {
    const { clock, queue } = openQueue();
    const ran: string[] = [];
    queue.put(10, () => {
      ran.push("a");
      queue.put(12, () => ran.push("b"));
    });
    queue.put(20, () => ran.push("c"));
    clock.advance(12);
    expect(ran).toEqual(["a", "b"]);
    clock.advance(8);
    expect(ran).toEqual(["a", "b", "c"]);
  });

  test("is not fooled by a timer that fires early: what is not due waits on", () => {
    const clock = new ManualClock({ startMs: 0 });
    const early = {
      ...bound(clock),
      after: (delayMs: number, fn: () => void) => clock.after(delayMs / 2, fn),
    };
    const queue = new DueQueue({ clock: early, limit: 10 });
    let ranAtMs: number | null = null;
    queue.put(16, () => {
      ranAtMs = clock.monotonicMs();
    });
    clock.advance(100);
    // Half a millisecond early counts as on time: that is the resolution.
    expect(ranAtMs).toBeGreaterThanOrEqual(15.5);
  });

  test("clear() forgets everything, and the queue can be used again", () => {
    const { clock, queue } = openQueue();
    const ran: number[] = [];
    queue.put(5, () => ran.push(5));
    queue.clear();
    expect(clock.pending).toBe(0);
    queue.put(9, () => ran.push(9));
    clock.advance(20);
    expect(ran).toEqual([9]);
  });
});

function bound(clock: ManualClock) {
  return { monotonicMs: () => clock.monotonicMs(), wallMs: () => clock.wallMs() };
}
