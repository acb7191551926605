import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimingWheel } from "../../../src/base/wheel.ts";

const CAPACITY = 8;
const BUCKETS = 16;

function open(tickMs = 1, nowMs = 0) {
  return new TimingWheel({ capacity: CAPACITY, buckets: BUCKETS, tickMs, nowMs });
}

function takeAll(wheel: TimingWheel): number[] {
  const ids: number[] = [];
  for (let id = wheel.takeDue(); id !== -1; id = wheel.takeDue()) ids.push(id);
  return ids;
}

describe("TimingWheel", () => {
  test("hands out ids in the order of their due times", () => {
    const wheel = open();
    wheel.schedule(3, 9);
    wheel.schedule(1, 4);
    wheel.schedule(2, 7);
    wheel.advance(10);
    expect(takeAll(wheel)).toEqual([1, 2, 3]);
  });

  test.each([
    { dueMs: 4, nowMs: 3.999, isDue: false, because: "its time has not come" },
    { dueMs: 4, nowMs: 4, isDue: true, because: "its time is now" },
    { dueMs: 4.25, nowMs: 4.75, isDue: false, because: "a fraction is rounded up to the next tick" },
    { dueMs: 4.25, nowMs: 5, isDue: true, because: "the next tick has come" },
    { dueMs: 16, nowMs: 16, isDue: true, because: "exactly one turn away" },
    { dueMs: 17, nowMs: 16, isDue: false, because: "just beyond one turn it is not in the first bucket of the next" },
    { dueMs: 40, nowMs: 24, isDue: false, because: "its bucket comes by a turn early and leaves it" },
    { dueMs: 40, nowMs: 40, isDue: true, because: "two turns and a half away" },
    { dueMs: -5, nowMs: 0, isDue: false, because: "the past is due at the next tick, not at this one" },
    { dueMs: -5, nowMs: 1, isDue: true, because: "the past is due at the next tick" },
  ])("due at $dueMs, now $nowMs -> $isDue: $because", ({ dueMs, nowMs, isDue }) => {
    const wheel = open();
    wheel.schedule(0, dueMs);
    for (let tick = 0; tick <= nowMs; tick++) wheel.advance(tick);
    wheel.advance(nowMs);
    expect(wheel.hasDue()).toBe(isDue);
    expect(wheel.isScheduled(0)).toBe(true);
    expect(wheel.dueMs(0)).toBe(dueMs);
  });

  test("scheduling again moves an id, out of the due list too", () => {
    const wheel = open();
    wheel.schedule(0, 2);
    wheel.schedule(1, 2);
    wheel.advance(2);
    wheel.schedule(0, 5);
    expect(takeAll(wheel)).toEqual([1]);
    wheel.advance(5);
    expect(takeAll(wheel)).toEqual([0]);
  });

  test("cancel() forgets a scheduled id, a due one and one that is neither", () => {
    const wheel = open();
    wheel.schedule(0, 2);
    wheel.schedule(1, 9);
    wheel.advance(2);
    for (const id of [0, 1, 2]) wheel.cancel(id);
    wheel.advance(20);
    expect(wheel.hasDue()).toBe(false);
    expect([0, 1, 2].map((id) => wheel.isScheduled(id))).toEqual([false, false, false]);
  });

  test("takeDue() returns -1 when nothing is due, and each id once", () => {
    const wheel = open();
    expect(wheel.takeDue()).toBe(-1);
    wheel.schedule(7, 1);
    wheel.advance(1);
    expect(wheel.takeDue()).toBe(7);
    expect(wheel.isScheduled(7)).toBe(false);
    expect(wheel.takeDue()).toBe(-1);
  });

  test("going back in time makes nothing due and loses nothing", () => {
    const wheel = open();
    wheel.advance(100);
    wheel.schedule(0, 105);
    wheel.advance(50);
    wheel.schedule(1, 60);
    wheel.advance(60);
    expect(wheel.hasDue()).toBe(false);
    wheel.advance(105);
    expect(takeAll(wheel)).toEqual([1, 0]);
  });

  test("a leap of many turns finds everything", () => {
    const wheel = open();
    for (let id = 0; id < CAPACITY; id++) wheel.schedule(id, 3 + id * 11);
    wheel.advance(10_000);
    expect(takeAll(wheel).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each([
    { dueMs: [5], most: 10, ticks: 5, because: "four buckets ahead are empty" },
    { dueMs: [5], most: 3, ticks: 3, because: "asked for no more than three" },
    { dueMs: [], most: 10, ticks: 10, because: "nothing is scheduled" },
    { dueMs: [1], most: 10, ticks: 1, because: "the very next bucket holds something" },
    { dueMs: [5 + BUCKETS], most: 10, ticks: 5, because: "the bucket is not empty, though it is for the turn after" },
  ])("emptyTicks($most) with $dueMs -> $ticks: $because", ({ dueMs, most, ticks }) => {
    const wheel = open();
    dueMs.forEach((ms, id) => {
      wheel.schedule(id, ms);
    });
    expect(wheel.emptyTicks(most)).toBe(ticks);
  });

  test("agrees with a list that is searched, whatever is scheduled, moved, cancelled and however time moves", () => {
    const id = fc.nat(CAPACITY - 1);
    // Tenths of a millisecond: most doubles that a generator draws are as good as 0.
    const ms = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((tenths) => tenths / 10);
    const step = fc.oneof(
      fc.record({ kind: fc.constant("schedule" as const), id, inMs: ms(-20, 80) }),
      fc.record({ kind: fc.constant("cancel" as const), id }),
      fc.record({ kind: fc.constant("advance" as const), byMs: ms(-30, 60) }),
      fc.record({ kind: fc.constantFrom("take" as const, "takeAll" as const) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(1, 2.5, 10), fc.array(step, { maxLength: 60 }), (tickMs, steps) => {
        checkAgainstModel(tickMs, steps);
      }),
      { numRuns: 500, seed: 20 },
    );
  });
});

type Step =
  | { kind: "schedule"; id: number; inMs: number }
  | { kind: "cancel"; id: number }
  | { kind: "advance"; byMs: number }
  | { kind: "take" }
  | { kind: "takeAll" };

/** The model: each id has the tick at which it becomes due; time is the highest tick seen. */
function checkAgainstModel(tickMs: number, steps: readonly Step[]): void {
  const startMs = 1_000;
  const wheel = open(tickMs, startMs);
  const waiting = new Map<number, number>();
  const due = new Set<number>();
  let nowMs = startMs;
  let tick = Math.floor(startMs / tickMs);
  for (const step of steps) {
    if (step.kind === "schedule") {
      wheel.schedule(step.id, nowMs + step.inMs);
      due.delete(step.id);
      waiting.set(step.id, Math.max(Math.ceil((nowMs + step.inMs) / tickMs), tick + 1));
    } else if (step.kind === "cancel") {
      wheel.cancel(step.id);
      waiting.delete(step.id);
      due.delete(step.id);
    } else if (step.kind === "advance") {
      nowMs += step.byMs;
      wheel.advance(nowMs);
      tick = Math.max(tick, Math.floor(nowMs / tickMs));
      for (const [id, atTick] of waiting) {
        if (atTick > tick) continue;
        waiting.delete(id);
        due.add(id);
      }
    } else if (step.kind === "take") {
      const id = wheel.takeDue();
      expect(id === -1 ? due.size === 0 : due.delete(id)).toBe(true);
    }
    if (step.kind === "takeAll") {
      expect(takeAll(wheel).toSorted()).toEqual([...due].toSorted());
      due.clear();
    }
    expect(wheel.hasDue()).toBe(due.size > 0);
    for (let id = 0; id < CAPACITY; id++) expect(wheel.isScheduled(id)).toBe(waiting.has(id) || due.has(id));
  }
}
