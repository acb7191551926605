import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Allowance, nextAtPlace, placeOf } from "../../../src/keepalive/pace.ts";

/** Most probes that may leave in any 10 ms, at so many a second. */
export function windowBound(perSecond: number): number {
  const even = perSecond / 100;
  return even + 5 * Math.sqrt(even) + 2;
}

/** The largest number of instants that any window of `windowMs` holds, its first instant included, its last not. */
function mostInWindow(sentMs: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  sentMs.forEach((atMs, i) => {
    while ((sentMs[first] as number) <= atMs - windowMs) first += 1;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

describe("placeOf()", () => {
  test.each([10, 100, 1_000, 30_000])(
    "%i slots lie nearly evenly over the interval: no gap above 2.7 even shares",
    (slots) => {
      const places = Array.from({ length: slots }, (_, slot) => placeOf(slot)).sort((a, b) => a - b);
      const gaps = places.map((place, i) => (places[i + 1] ?? (places[0] as number) + 1) - place);
      expect(Math.max(...gaps) * slots).toBeLessThan(2.7);
      expect(places.every((place) => place >= 0 && place < 1)).toBe(true);
    },
  );

  test("any run of slots is as even as the first: freed and reused slots do no harm", () => {
    const places = Array.from({ length: 1_000 }, (_, i) => placeOf(900_000 + i)).sort((a, b) => a - b);
    const gaps = places.slice(1).map((place, i) => place - (places[i] as number));
    expect(Math.max(...gaps) * 1_000).toBeLessThan(2.7);
  });
});

describe("nextAtPlace()", () => {
  test.each([
    { nowMs: 1_000, place: 0.5, intervalMs: 1_000, atMs: 1_500, because: "later in this interval" },
    { nowMs: 1_600, place: 0.5, intervalMs: 1_000, atMs: 2_500, because: "this interval's is over" },
    { nowMs: 1_500, place: 0.5, intervalMs: 1_000, atMs: 2_500, because: "now is not after now" },
    { nowMs: 0, place: 0, intervalMs: 1_000, atMs: 1_000, because: "place 0 at time 0 neither" },
    { nowMs: -250, place: 0.5, intervalMs: 1_000, atMs: 500, because: "before the origin the rule is the same" },
  ])("after $nowMs -> $atMs: $because", ({ nowMs, place, intervalMs, atMs }) => {
    expect(nextAtPlace(nowMs, place, intervalMs)).toBe(atMs);
  });

  test("is after now and within one interval, at any time, place and interval", () => {
    const time = fc.integer({ min: 0, max: 2 ** 40 }).map((number) => number / 1_024);
    const interval = fc.integer({ min: 1_000, max: 86_400_000 });
    fc.assert(
      fc.property(time, fc.nat(2_000_000), interval, fc.boolean(), (anyMs, slot, intervalMs, isAtPlace) => {
        const place = placeOf(slot);
        const nowMs = isAtPlace ? (Math.floor(anyMs / intervalMs) + place) * intervalMs : anyMs;
        const atMs = nextAtPlace(nowMs, place, intervalMs);
        expect(atMs).toBeGreaterThan(nowMs);
        expect(atMs).toBeLessThanOrEqual(nowMs + intervalMs * (1 + 1e-9));
      }),
      { numRuns: 2_000, seed: 60 },
    );
  });
});

describe("Allowance", () => {
  /** Takes what it may at every tick while `waiting(nowMs)` says there is a backlog. */
  function simulate(options: { perSecond: number; forMs: number; tickMs: number; backlog: number }): number[] {
    const allowance = new Allowance(0);
    allowance.setRate(options.perSecond * 30, 30_000);
    const sentMs: number[] = [];
    for (let nowMs = 0; nowMs < options.forMs; nowMs += options.tickMs) {
      const arrived = options.backlog + Math.floor((nowMs * options.perSecond) / 1_000);
      while (sentMs.length < arrived && allowance.take(nowMs)) sentMs.push(nowMs);
    }
    return sentMs;
  }

  const rates = [1, 10, 33, 100, 333, 1_000, 1_667, 5_000, 10_000, 20_000, 33_333, 45_000];

  test.each(rates)(
    "at %i probes/s no 10 ms carry more than even + 5 * sqrt(even) + 2, however large the backlog",
    (perSecond) => {
      for (const tickMs of [0.25, 1, 1.1, 2, 7]) {
        const sentMs = simulate({ perSecond, forMs: 500, tickMs, backlog: 1_000_000 });
        expect(mostInWindow(sentMs, 10), `tick ${tickMs} ms`).toBeLessThanOrEqual(windowBound(perSecond));
      }
    },
  );

  test.each(rates.filter((rate) => rate >= 1_000))(
    "at %i probes/s no 100 ms carry more than twice the even share",
    (perSecond) => {
      const sentMs = simulate({ perSecond, forMs: 1_000, tickMs: 1, backlog: 1_000_000 });
      expect(mostInWindow(sentMs, 100)).toBeLessThanOrEqual((2 * perSecond) / 10);
    },
  );

  test.each(rates)("at %i probes/s a backlog of a second is worked off, at ticks of up to 1.5 ms", (perSecond) => {
    for (const tickMs of [0.5, 1, 1.5]) {
      const forMs = perSecond > 10_000 ? 60_000 : 6_000;
      const sentMs = simulate({ perSecond, forMs, tickMs, backlog: perSecond });
      const last = Math.ceil(forMs / tickMs - 1) * tickMs;
      expect(sentMs.length, `tick ${tickMs} ms`).toBe(perSecond + Math.floor((last * perSecond) / 1_000));
    }
  });

  test("what was not used is not saved up: after a quiet minute the burst is as small as ever", () => {
    const allowance = new Allowance(0);
    allowance.setRate(30_000, 30_000);
    let taken = 0;
    while (allowance.take(60_000)) taken += 1;
    expect(taken).toBeLessThanOrEqual(windowBound(1_000));
    expect(taken).toBeGreaterThan(5);
  });

  test("a clock that stands still gives no more than one burst", () => {
    const allowance = new Allowance(5);
    allowance.setRate(30, 30_000);
    expect(Array.from({ length: 10 }, () => allowance.take(5)).filter(Boolean).length).toBeLessThanOrEqual(2);
  });
});
