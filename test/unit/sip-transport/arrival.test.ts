import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { threadLoop } from "../../../src/base/loop-idle.ts";
import { ArrivalGauge, DatagramQueueGauge } from "../../../src/sip/transport/arrival.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** A loop whose time passes idle or busy, as a test says. */
function openLoop() {
  const clock = new ManualClock();
  let idleMs = 0;
  let turn = 0;
  const arrivals = new ArrivalGauge(clock, { idleMs: () => idleMs, turns: () => turn });
  return {
    arrivals,
    queue: new DatagramQueueGauge(arrivals),
    /** The loop waits for events, then starts a new turn. */
    idle(ms: number) {
      clock.stall(ms);
      idleMs += ms;
      turn++;
    },
    busy: (ms: number) => clock.stall(ms),
    nextTurn: () => turn++,
  };
}

describe("a datagram", () => {
  test("that woke an idle loop is precise", () => {
    const { queue, idle, busy } = openLoop();
    idle(5_000);
    busy(0.1);
    expect(queue.datagramRead().isImprecise).toBe(false);
  });

  test("that was read after 20 ms of other work is imprecise", () => {
    const { queue, idle, busy } = openLoop();
    idle(5);
    busy(20);
    expect(queue.datagramRead().isImprecise).toBe(true);
  });

  test("is imprecise although the loop waited in between: the work may have come after the wait", () => {
    const { queue, idle, busy } = openLoop();
    queue.datagramRead();
    idle(3);
    busy(0.6);
    expect(queue.datagramRead().isImprecise).toBe(true);
  });

  test("is precise although the loop was busy long ago, when a tick looked since", () => {
    const { arrivals, queue, idle, busy } = openLoop();
    busy(20);
    arrivals.tickStarted();
    idle(1);
    busy(0.2);
    expect(queue.datagramRead().isImprecise).toBe(false);
  });

  test("is precise in a loop that never waits, when a look lies two turns back: the poll between has emptied the queue", () => {
    const { arrivals, queue, busy, nextTurn } = openLoop();
    queue.datagramRead();
    busy(5);
    for (let turn = 0; turn < 3; turn++) {
      nextTurn();
      arrivals.tickStarted();
      busy(0.15);
    }
    expect(queue.datagramRead().isImprecise).toBe(false);
  });

  test("is imprecise when the only look since lies in the turn before: its poll may have begun earlier", () => {
    const { arrivals, queue, busy, nextTurn } = openLoop();
    queue.datagramRead();
    busy(5);
    nextTurn();
    arrivals.tickStarted();
    nextTurn();
    expect(queue.datagramRead().isImprecise).toBe(true);
  });

  test("is imprecise after looks two turns back when the last turn had read all it may", () => {
    const { arrivals, queue, busy, nextTurn } = openLoop();
    busy(5);
    nextTurn();
    arrivals.tickStarted();
    nextTurn();
    arrivals.tickStarted();
    nextTurn();
    for (let read = 0; read < 32; read++) queue.datagramRead();
    busy(0.6);
    nextTurn();
    expect(queue.datagramRead().isImprecise).toBe(true);
  });

  test("is precise in a loop that never waits, when the turn before had emptied the queue", () => {
    const { queue, busy, nextTurn } = openLoop();
    const flags = Array.from({ length: 5 }, () => {
      nextTurn();
      busy(0.4);
      return queue.datagramRead().isImprecise;
    });
    expect(flags).toEqual([false, false, false, false, false]);
  });

  test("is imprecise when the turn before read all that a turn may: more may have been waiting", () => {
    const { queue, busy, nextTurn } = openLoop();
    for (let i = 0; i < 32; i++) {
      busy(0.02);
      queue.datagramRead();
    }
    nextTurn();
    expect(queue.datagramRead().isImprecise).toBe(true);
  });

  test("is stamped with the time of the read", () => {
    const { queue, busy } = openLoop();
    const first = queue.datagramRead().readMs;
    busy(2.5);
    expect(queue.datagramRead().readMs - first).toBe(2.5);
  });
});

test("octets of a stream are imprecise after 0.5 ms of work, precise before", () => {
  const { arrivals, idle, busy } = openLoop();
  idle(1);
  busy(0.4);
  expect(arrivals.streamRead().isImprecise).toBe(false);
  busy(0.2);
  expect(arrivals.streamRead().isImprecise).toBe(true);
});

test("whatever the loop did, the queue was never empty later than the gauge claims it was", () => {
  const step = fc.record({ isIdle: fc.boolean(), ms: fc.integer({ min: 0, max: 40 }), isSeen: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new ManualClock();
      let idleMs = 0;
      const arrivals = new ArrivalGauge(clock, { idleMs: () => idleMs, turns: () => 0 });
      let trulyEmptyMs = clock.monotonicMs();
      for (const { isIdle, ms, isSeen } of steps) {
        clock.stall(ms);
        if (isIdle && ms > 0) {
          idleMs += ms;
          trulyEmptyMs = clock.monotonicMs();
        }
        if (isSeen) arrivals.observe();
        expect(arrivals.emptyMs).toBeLessThanOrEqual(trulyEmptyMs);
      }
    }),
  );
});

test("the counters of the real loop grow: idle time by waiting, turns by turning", async () => {
  const before = { idleMs: threadLoop.idleMs(), turns: threadLoop.turns() };
  while (threadLoop.idleMs() === before.idleMs) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(threadLoop.idleMs()).toBeGreaterThan(before.idleMs);
  expect(threadLoop.turns()).toBeGreaterThan(before.turns);
});
