import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fraction, type Random, seededRandom } from "../../../src/base/random.ts";
import { demoProfile, plainProfile } from "../../../src/simulator/demo-profile.ts";
import {
  checkProfile,
  drawMs,
  type PhoneGroup,
  type PhoneProfile,
  type PopulationProfile,
  phoneProfile,
  planAnswer,
  type Spread,
} from "../../../src/simulator/profiles.ts";

const plainGroup = plainProfile({ delaysMs: [20] }).groups[0] as PhoneGroup;

function aProfile(group: Partial<PhoneGroup> = {}): PopulationProfile {
  return { groups: [{ ...plainGroup, ...group }] };
}

function deal(profile: PopulationProfile, phones: number, seed = 1): PhoneProfile[] {
  return Array.from({ length: phones }, (_, index) => phoneProfile(profile, { index, seed }));
}

function plans(phone: PhoneProfile, count: number) {
  const random = seededRandom(phone.answerSeed);
  return Array.from({ length: count }, () => planAnswer(phone, random));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many words a function draws. */
function counting(random: Random): Random & { drawn: number } {
  const counted = {
    drawn: 0,
    u32: () => {
      counted.drawn += 1;
      return random.u32();
    },
  };
  return counted;
}

describe("spreads", () => {
  const exponential: Spread = { kind: "tail", minMs: 10, tailMeanMs: 30, maxMs: 10_000 };
  test.each([
    { spread: { kind: "uniform", minMs: 80, maxMs: 250 } as Spread, meanMs: 165, because: "the middle" },
    { spread: { kind: "list", valuesMs: [5, 20, 200] } as Spread, meanMs: 75, because: "every entry alike" },
    { spread: exponential, meanMs: 40, because: "10 plus a mean tail of 30" },
  ])("the mean of a $spread.kind is $meanMs ms: $because", ({ spread, meanMs }) => {
    const random = seededRandom(4);
    const drawn = Array.from({ length: 20_000 }, () => drawMs(spread, fraction(random)));
    expect(mean(drawn)).toBeGreaterThan(0.97 * meanMs);
    expect(mean(drawn)).toBeLessThan(1.03 * meanMs);
  });

  test("the tail of a phone's delays is exponential: 5 % lie beyond three means", () => {
    const random = seededRandom(5);
    const drawn = Array.from({ length: 20_000 }, () => drawMs(exponential, fraction(random)));
    const beyond = drawn.filter((ms) => ms > 10 + 3 * 30).length / drawn.length;
    expect(beyond).toBeGreaterThan(0.044);
    expect(beyond).toBeLessThan(0.056);
  });

  test("no draw leaves the bounds of its spread", () => {
    const bounds = fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 5_000 }));
    fc.assert(
      fc.property(bounds, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ([minMs, widthMs], share) => {
        const maxMs = minMs + widthMs;
        for (const spread of [
          { kind: "uniform", minMs, maxMs },
          { kind: "tail", minMs, tailMeanMs: 50, maxMs },
        ] as const) {
          expect(drawMs(spread, share)).toBeGreaterThanOrEqual(minMs);
          expect(drawMs(spread, share)).toBeLessThanOrEqual(maxMs);
        }
        expect([minMs, maxMs]).toContain(drawMs({ kind: "list", valuesMs: [minMs, maxMs] }, share));
      }),
    );
  });
});

describe("phones", () => {
  test("phone i takes entry i of a list of delays, modulo its length", () => {
    const phones = deal(plainProfile({ delaysMs: [5, 20, 200] }), 6);
    expect(phones.map(({ baseMs }) => baseMs)).toEqual([5, 20, 200, 5, 20, 200]);
  });

  test("the same seed deals the same phones, another seed deals others", () => {
    expect(deal(demoProfile, 100, 7)).toEqual(deal(demoProfile, 100, 7));
    expect(deal(demoProfile, 100, 8)).not.toEqual(deal(demoProfile, 100, 7));
  });

  test("a phone is dealt the same traits in a population of any size", () => {
    expect(deal(demoProfile, 10)).toEqual(deal(demoProfile, 1_000).slice(0, 10));
  });

  test.each([...Array(20).keys()])(
    "seed %i: the groups of the demo have their shares, in 100 phones already",
    (seed) => {
      const phones = deal(demoProfile, 100, seed);
      const total = demoProfile.groups.reduce((sum, { weight }) => sum + weight, 0);
      for (const group of demoProfile.groups) {
        const count = phones.filter((phone) => phone.group === group).length;
        expect(Math.abs(count - (100 * group.weight) / total)).toBeLessThanOrEqual(2);
      }
    },
  );

  test("no two phones of a population share a stream of answers", () => {
    const seeds = deal(demoProfile, 10_000).map(({ answerSeed }) => answerSeed);
    // Random 32-bit seeds: about 12 pairs in 10,000 are expected to meet once in a thousand populations.
    expect(new Set(seeds).size).toBeGreaterThan(9_990);
  });

  test.each([
    { deadRatio: 0, dead: 0, because: "none" },
    { deadRatio: 1, dead: 2_000, because: "all" },
  ])("of 2,000 phones $dead are dead at a ratio of $deadRatio: $because", ({ deadRatio, dead }) => {
    expect(deal(aProfile({ deadRatio }), 2_000).filter(({ isDead }) => isDead)).toHaveLength(dead);
  });

  test("of 2,000 phones about 500 are dead at a ratio of 0.25", () => {
    const dead = deal(aProfile({ deadRatio: 0.25 }), 2_000).filter(({ isDead }) => isDead).length;
    expect(dead).toBeGreaterThan(430);
    expect(dead).toBeLessThan(570);
  });
});

describe("answer plans", () => {
  test("the same seed gives the same plans, whatever other phones do in between", () => {
    const [first, second] = deal(demoProfile, 2) as [PhoneProfile, PhoneProfile];
    const alone = plans(first, 50);
    const streams = [seededRandom(first.answerSeed), seededRandom(second.answerSeed)] as const;
    const interleaved = Array.from({ length: 50 }, (_, nth) => {
      for (let other = 0; other < nth % 3; other++) planAnswer(second, streams[1]);
      return planAnswer(first, streams[0]);
    });
    expect(interleaved).toEqual(alone);
  });

  test.each(demoProfile.groups.map((group) => ({ group, name: group.name })))(
    "group $name draws as much for a lost probe as for an answered one",
    ({ group }) => {
      const phone = phoneProfile({ groups: [group] }, { index: 0, seed: 1 });
      const random = counting(seededRandom(1));
      for (let nth = 1; nth <= 200; nth++) {
        planAnswer(phone, random);
        expect(random.drawn).toBe(5 * nth);
      }
    },
  );

  test.each([
    { field: "lossRatio", of: "isLost" },
    { field: "lateRatio", of: "isLate" },
  ] as const)("$field is the share of plans with $of", ({ field, of }) => {
    const phone = phoneProfile(aProfile({ [field]: 0.1 }), { index: 0, seed: 9 });
    const share = plans(phone, 20_000).filter((plan) => plan[of]).length / 20_000;
    expect(share).toBeGreaterThan(0.093);
    expect(share).toBeLessThan(0.107);
  });

  test("duplicateRatio is the share of plans with a copy, which follows within 20 ms", () => {
    const phone = phoneProfile(aProfile({ duplicateRatio: 0.1 }), { index: 0, seed: 9 });
    const gapsMs = plans(phone, 20_000).flatMap(({ duplicateAfterMs }) => duplicateAfterMs ?? []);
    expect(gapsMs.length / 20_000).toBeGreaterThan(0.093);
    expect(gapsMs.length / 20_000).toBeLessThan(0.107);
    expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(20);
  });

  test("a plain phone without jitter answers after exactly its delay", () => {
    const phone = phoneProfile(plainProfile({ delaysMs: [20] }), { index: 0, seed: 1 });
    expect(new Set(plans(phone, 100).map(({ delayMs }) => delayMs))).toEqual(new Set([20]));
  });

  test("jitter is an exponential tail: on average its mean, never beyond ten of it", () => {
    const phone = phoneProfile(plainProfile({ delaysMs: [20], jitterMs: 10 }), { index: 0, seed: 1 });
    const delaysMs = plans(phone, 20_000).map(({ delayMs }) => delayMs);
    expect(mean(delaysMs)).toBeGreaterThan(29.5);
    expect(mean(delaysMs)).toBeLessThan(30.5);
    expect(Math.max(...delaysMs)).toBeLessThanOrEqual(120);
  });

  test("the demo is what it says: most at 15 to 60 ms, mobile phones at 80 to 250 ms and more, few lost", () => {
    const phones = deal(demoProfile, 1_000).filter(({ isDead }) => !isDead);
    const all = phones.flatMap((phone) => plans(phone, 20).map((plan) => ({ ...plan, group: phone.group.name })));
    const share = (isCounted: (plan: (typeof all)[0]) => boolean): number => all.filter(isCounted).length / all.length;
    const isNear = share(({ delayMs }) => delayMs >= 15 && delayMs < 80);
    const isLost = share((plan) => plan.isLost);
    expect(isNear).toBeGreaterThan(0.75);
    expect(isLost).toBeGreaterThan(0.001);
    expect(isLost).toBeLessThan(0.01);
    const mobileMs = all.filter(({ group, isLate }) => group === "mobile" && !isLate).map(({ delayMs }) => delayMs);
    expect(Math.min(...mobileMs)).toBeGreaterThanOrEqual(80);
    expect(mean(mobileMs)).toBeGreaterThan(170);
    expect(mean(mobileMs)).toBeLessThan(210);
  });
});

describe("checkProfile()", () => {
  test("accepts the demo and plain phones", () => {
    expect(() => checkProfile(demoProfile)).not.toThrow();
    expect(() => checkProfile(plainProfile({ delaysMs: [0] }))).not.toThrow();
  });

  test.each([
    { wrong: { lossRatio: 1.5 }, message: "Group plain: lossRatio must be 0 to 1, got 1.5" },
    { wrong: { duplicateRatio: -0.1 }, message: "Group plain: duplicateRatio must be 0 to 1, got -0.1" },
    { wrong: { lateRatio: Number.NaN }, message: "Group plain: lateRatio must be 0 to 1, got NaN" },
    { wrong: { weight: 0 }, message: "Group plain: weight must be above 0, got 0" },
    { wrong: { status: 100 }, message: "Group plain: status must be a final status, 200 to 699, got 100" },
    { wrong: { userAgents: [] }, message: "Group plain: userAgents must be at least one, got none" },
    {
      wrong: { userAgents: ["a\r\nVia: b"] },
      message: "userAgents must be short and printable, got a\ufffd\ufffdVia: b",
    },
    { wrong: { base: { kind: "list", valuesMs: [] } }, message: "base must be a spread of finite milliseconds" },
    { wrong: { jitter: { kind: "uniform", minMs: 5, maxMs: 1 } }, message: "got uniform from 5 to 1" },
    { wrong: { late: { kind: "uniform", minMs: 0, maxMs: Infinity } }, message: "got 0, Infinity" },
  ] as { wrong: Partial<PhoneGroup>; message: string }[])("$message", ({ wrong, message }) => {
    expect(() => checkProfile(aProfile(wrong))).toThrow(RangeError);
    expect(() => checkProfile(aProfile(wrong))).toThrow(message);
  });
});
