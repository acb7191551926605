import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { type SpanPolicy, SpanSampler } from "../../../src/instruments/span-sampler.ts";

function open(policy: Partial<SpanPolicy> = {}, seed = 1): SpanSampler {
  return new SpanSampler({
    random: seededRandom(seed),
    policy: { sampleRatio: 0, slowMs: 1_000, perSecondMax: 10, ...policy },
  });
}

describe("interest() in a request that went well", () => {
  test.each([
    { durations: [20], wanted: ["slowest"], because: "nothing was slower: it is the first" },
    { durations: [20, 20, 19], wanted: ["slowest", null, null], because: "as slow as another is not slowest" },
    { durations: [20, 21, 22], wanted: ["slowest", "slowest", "slowest"], because: "each was the slowest so far" },
    { durations: [999, 1_000], wanted: ["slowest", "slow"], because: "the threshold itself is slow" },
    { durations: [5_000, 1_000], wanted: ["slow", "slow"], because: "slow ones are wanted, slowest or not" },
  ])("$durations ms in one second -> $wanted: $because", ({ durations, wanted }) => {
    const sampler = open();
    expect(durations.map((durationMs) => sampler.interest("probe", 0, durationMs))).toEqual(wanted);
  });

  test.each([
    { atMs: 500, wanted: null, because: "the second is the same" },
    { atMs: 1_500, wanted: null, because: "the second before had a slower one" },
    { atMs: 2_500, wanted: "slowest", because: "two seconds ago is forgotten" },
  ])("20 ms, $atMs ms after one of 30 ms -> $wanted: $because", ({ atMs, wanted }) => {
    const sampler = open();
    sampler.interest("probe", 0, 30);
    expect(sampler.interest("probe", atMs, 20)).toBe(wanted);
  });

  test("a slow registration does not make a slow probe ordinary: each kind has its slowest", () => {
    const sampler = open();
    sampler.interest("register", 0, 500);
    expect(sampler.interest("probe", 0, 20)).toBe("slowest");
  });

  test("at a steady rate the slowest are about one a second, however many requests there are", () => {
    const random = seededRandom(7);
    const sampler = open({ slowMs: 1e9 });
    let slowest = 0;
    for (let atMs = 0; atMs < 60_000; atMs++) {
      for (let i = 0; i < 5; i++) if (sampler.interest("probe", atMs, (random.u32() % 100_000) / 1_000)) slowest += 1;
    }
    expect(slowest).toBeGreaterThan(30);
    expect(slowest).toBeLessThan(90);
  });

  test.each([
    { sampleRatio: 0, share: [0, 0], because: "nothing is drawn" },
    { sampleRatio: 0.01, share: [0.007, 0.013], because: "one in a hundred" },
    { sampleRatio: 0.5, share: [0.48, 0.52], because: "every other one" },
    { sampleRatio: 1, share: [1, 1], because: "all are drawn" },
  ])("a ratio of $sampleRatio draws $share of the rest: $because", ({ sampleRatio, share }) => {
    const sampler = open({ sampleRatio });
    sampler.interest("probe", 0, 900);
    const count = 20_000;
    const drawn = Array.from({ length: count }, () => sampler.interest("probe", 1, 5)).filter((why) => why === "ratio");
    expect(drawn.length / count).toBeGreaterThanOrEqual(share[0] as number);
    expect(drawn.length / count).toBeLessThanOrEqual(share[1] as number);
  });
});

describe("admit()", () => {
  test("what was drawn gets half of a second, what is wrong the rest", () => {
    const sampler = open({ perSecondMax: 10 });
    const drawn = Array.from({ length: 20 }, () => sampler.admit(0, true)).filter(Boolean);
    const wrong = Array.from({ length: 20 }, () => sampler.admit(0, false)).filter(Boolean);
    expect([drawn.length, wrong.length]).toEqual([5, 5]);
  });

  test("forgives a count for the sake of a better reason", () => {
    const sampler = open({ perSecondMax: 2 });
    expect([sampler.admit(0, true), sampler.admit(0, true)]).toEqual([true, false]);
    sampler.forgive();
    expect(sampler.admit(0, false)).toBe(true);
    expect(sampler.takeCapped()).toBe(0);
  });

  test("any load: never more than the cap in one of its seconds, nor than twice that in any second; the rest is counted", () => {
    const loads = fc.array(fc.record({ pauseMs: fc.nat(400), isRoutine: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 20 }), (load, perSecondMax) => {
        const sampler = open({ perSecondMax });
        let nowMs = 0;
        const admittedAt: number[] = [];
        for (const { pauseMs, isRoutine } of load) {
          nowMs += pauseMs;
          if (sampler.admit(nowMs, isRoutine)) admittedAt.push(nowMs);
        }
        for (const startMs of admittedAt) {
          const inSecond = admittedAt.filter((atMs) => atMs >= startMs && atMs < startMs + 1_000);
          expect(inSecond.length).toBeLessThanOrEqual(2 * perSecondMax);
        }
        expect(admittedAt.length + sampler.takeCapped()).toBe(load.length);
        expect(sampler.takeCapped()).toBe(0);
      }),
    );
  });
});
