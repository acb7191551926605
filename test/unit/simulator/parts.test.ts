import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { branchOf, PHONES_MAX, phoneOfBranch, phoneOfUser, userOf } from "../../../src/simulator/line.ts";
import { pace } from "../../../src/simulator/pace.ts";
import { completeSettings } from "../../../src/simulator/settings.ts";
import { PHONE_STATES, Tally } from "../../../src/simulator/tally.ts";
import { TruthRings } from "../../../src/simulator/truth.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

describe("names", () => {
  test("every phone is found again by its user and by any branch it makes", () => {
    const random = seededRandom(1);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: PHONES_MAX - 1 }), (phone) => {
        expect(userOf(phone)).toHaveLength(10);
        expect(phoneOfUser(userOf(phone))).toBe(phone);
        expect(phoneOfBranch(branchOf(phone, random))).toBe(phone);
      }),
    );
  });

  test.each([null, "", "sim", "sim42", "sim00000042", "sim000004x", "bob", "SIM0000042", "sim-000042", "sim0000 42"])(
    "user %j is none of ours",
    (user) => {
      expect(phoneOfUser(user)).toBeNull();
    },
  );

  test.each([null, "", "z9hG4bK", "z9hG4bKsim.", "z9hG4bKsim42", "z9hG4bKsim12345678.x", "xz9hG4bKsim42.x"])(
    "branch %j is none of ours",
    (branch) => {
      expect(phoneOfBranch(branch)).toBeNull();
    },
  );
});

describe("pace()", () => {
  function run(options: { count: number; ratePerS: number }) {
    const clock = new ManualClock({ startMs: 0 });
    const atMs: number[] = [];
    let isDone = false;
    const cancel = pace(clock, {
      ...options,
      run: (nth) => {
        expect(nth).toBe(atMs.length);
        atMs.push(clock.monotonicMs());
      },
      onDone: () => {
        isDone = true;
      },
    });
    return { clock, atMs, cancel, isDone: () => isDone };
  }

  test("500 at 500/s take a second, evenly, and the first one does not wait", () => {
    const { clock, atMs, isDone } = run({ count: 500, ratePerS: 500 });
    clock.advance(0);
    expect(atMs).toEqual([0]);
    clock.advance(500);
    expect(atMs.length).toBeGreaterThanOrEqual(248);
    expect(atMs.length).toBeLessThanOrEqual(252);
    expect(isDone()).toBe(false);
    clock.advance(500);
    expect(atMs).toHaveLength(500);
    expect(isDone()).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("a rate below one per second is kept too", () => {
    const { clock, atMs } = run({ count: 3, ratePerS: 0.5 });
    clock.advance(3_999);
    expect(atMs).toHaveLength(2);
    clock.advance(20);
    expect(atMs).toHaveLength(3);
  });

  test("what a stall missed is not made up for in one burst", () => {
    const { clock, atMs } = run({ count: 5_000, ratePerS: 1_000 });
    clock.advance(100);
    const before = atMs.length;
    clock.stall(1_000);
    clock.advance(0);
    expect(atMs.length - before).toBeLessThanOrEqual(50);
  });

  test("cancelled, it runs nothing more and is never done", () => {
    const { clock, atMs, cancel, isDone } = run({ count: 100, ratePerS: 100 });
    clock.advance(100);
    const before = atMs.length;
    cancel();
    clock.advance(10_000);
    expect(atMs).toHaveLength(before);
    expect(isDone()).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe("TruthRings", () => {
  test("keep the latest eight delays of each phone, oldest first", () => {
    const rings = new TruthRings(2);
    for (let nth = 1; nth <= 11; nth++) rings.record(1, nth, 1_000 + nth);
    expect(rings.of(0)).toEqual([]);
    expect(rings.of(1).map(({ delayMs }) => delayMs)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(rings.of(1).at(-1)).toEqual({ delayMs: 11, answeredWallMs: 1_011 });
  });
});

describe("Tally", () => {
  test("the phones of all states together are the phones, whichever way they moved", () => {
    const moves = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(...PHONE_STATES)), { maxLength: 100 });
    fc.assert(
      fc.property(moves, (steps) => {
        const tally = new Tally();
        const states = Array.from({ length: 10 }, () => PHONE_STATES[0] as (typeof PHONE_STATES)[number]);
        for (const state of states) tally.moved(null, state);
        for (const [phone, state] of steps) {
          tally.moved(states[phone] as (typeof PHONE_STATES)[number], state);
          states[phone] = state;
        }
        const stats = tally.stats(3);
        expect(stats.phones).toBe(10);
        expect(stats.answersWaiting).toBe(3);
        for (const state of PHONE_STATES) expect(stats[state]).toBe(states.filter((each) => each === state).length);
      }),
    );
  });

  test("stats are a copy that crosses threads, and do not change any more", () => {
    const tally = new Tally();
    const stats = tally.stats(0);
    tally.probesSeen += 1;
    expect(stats.probesSeen).toBe(0);
    expect(structuredClone(stats)).toEqual(stats);
  });
});

describe("completeSettings()", () => {
  const given = { target: { host: "127.0.0.1", port: 5060 }, domain: "example.org" };

  test.each([
    { phones: 1, ratePerS: 0.5, because: "one phone does not wait anyway" },
    { phones: 200, ratePerS: 100, because: "all within two seconds" },
    { phones: 50_000, ratePerS: 500, because: "a registrar is not flooded unless asked for" },
  ])("$phones phones register at $ratePerS/s: $because", ({ phones, ratePerS }) => {
    expect(completeSettings({ ...given, phones }).ratePerS).toBe(ratePerS);
  });

  test.each(["example.org", "EXAMPLE.org", "127.0.0.1", "[::1]"])("domain %s is accepted", (domain) => {
    expect(completeSettings({ ...given, domain, phones: 1 }).domain).toBe(domain);
  });

  test.each(["", "a b", "a;b", "user@host", "example.org:5060", "a\r\nVia: x"])("domain %j is refused", (domain) => {
    expect(() => completeSettings({ ...given, domain, phones: 1 })).toThrow(RangeError);
  });
});
