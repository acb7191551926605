import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heartbeats } from "../../../src/keepalive/heartbeats.ts";

const SLOT = 2;

function open() {
  return new Heartbeats(4);
}

/** Answers probes with these round trips, a second apart. */
function answered(roundTripsMs: readonly number[], beats = open()): Heartbeats {
  roundTripsMs.forEach((roundTripMs, i) => {
    beats.sent(SLOT, i, i, 1_000 + i);
    beats.answered(SLOT, roundTripMs, 1_000 + i + roundTripMs);
  });
  return beats;
}

const numbers = (beats: Heartbeats, slot = SLOT) => ({
  roundTripMs: beats.roundTrip(slot),
  smoothedMs: beats.smoothed(slot),
  jitterMs: beats.jitter(slot),
  lossRatio: beats.lossRatio(slot),
  missesInARow: beats.missesInARow[slot],
  state: beats.stateOf(slot),
});

const NOTHING = {
  roundTripMs: null,
  smoothedMs: null,
  jitterMs: null,
  lossRatio: null,
  missesInARow: 0,
  state: "unknown",
};

describe("Heartbeats", () => {
  test("know nothing at first: null, not 0", () => {
    expect(numbers(open())).toEqual(NOTHING);
  });

  test("know nothing again after reset(), whatever was before", () => {
    const beats = answered([20, 30]);
    beats.sent(SLOT, 1, 2, 5_000);
    beats.lost(SLOT);
    beats.setState(SLOT, "unreachable");
    beats.reset(SLOT);
    expect(numbers(beats)).toEqual(NOTHING);
    expect(beats.isPending(SLOT)).toBe(false);
    expect(numbers(answered([50], beats))).toMatchObject({ smoothedMs: 50, jitterMs: null, lossRatio: 0 });
  });

  test("of one slot do not touch those of another", () => {
    const beats = answered([20]);
    beats.lost(SLOT);
    for (const slot of [0, 1, 3]) expect(numbers(beats, slot)).toEqual(NOTHING);
  });

  test.each([
    { roundTripsMs: [40], smoothedMs: 40, jitterMs: null, because: "the first one is the start" },
    { roundTripsMs: [40, 48], smoothedMs: 41, jitterMs: 0.5, because: "an eighth and a sixteenth of the difference" },
    { roundTripsMs: [40, 48, 40], smoothedMs: 40.875, jitterMs: 0.968_75, because: "jitter has no direction" },
    { roundTripsMs: [40, 40, 40], smoothedMs: 40, jitterMs: 0, because: "a steady phone has none" },
    { roundTripsMs: [0, 0], smoothedMs: 0, jitterMs: 0, because: "a round trip of 0 is a round trip" },
  ])(
    "after $roundTripsMs ms: smoothed $smoothedMs, jitter $jitterMs (RFC 6298 §2, RFC 3550 §6.4.1): $because",
    (row) => {
      const beats = answered(row.roundTripsMs);
      expect(beats.smoothed(SLOT)).toBeCloseTo(row.smoothedMs, 4);
      if (row.jitterMs === null) expect(beats.jitter(SLOT)).toBeNull();
      else expect(beats.jitter(SLOT)).toBeCloseTo(row.jitterMs, 4);
    },
  );

  test("misses in a row grow with each lost probe, end with an answer and stop at 65,535", () => {
    const beats = open();
    for (let i = 0; i < 65_540; i++) {
      beats.sent(SLOT, i, i, i);
      beats.lost(SLOT);
      if (i < 3) expect(beats.missesInARow[SLOT]).toBe(i + 1);
    }
    expect(beats.missesInARow[SLOT]).toBe(65_535);
    expect(answered([20], beats).missesInARow[SLOT]).toBe(0);
  });

  test("a withdrawn probe is neither a miss nor an outcome", () => {
    const beats = answered([20]);
    beats.sent(SLOT, 7, 7, 9_000);
    expect(beats.isPending(SLOT)).toBe(true);
    beats.cancelled(SLOT);
    expect(beats.isPending(SLOT)).toBe(false);
    expect(numbers(beats)).toMatchObject({ lossRatio: 0, missesInARow: 0 });
  });

  test("the loss ratio is that of the last 32 outcomes", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 100 }), (outcomes) => {
        const beats = open();
        for (const isLost of outcomes) {
          beats.sent(SLOT, 1, 1, 1);
          if (isLost) beats.lost(SLOT);
          else beats.answered(SLOT, 20, 2);
        }
        const last = outcomes.slice(-32);
        expect(beats.lossRatio(SLOT)).toBeCloseTo(last.filter(Boolean).length / last.length, 12);
      }),
      { seed: 51 },
    );
  });
});
