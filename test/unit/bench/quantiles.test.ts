import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classicQuantile } from "../../../bench/classic-quantile.ts";
import { ownQuantiles, POPULATIONS, QUANTILES, quantileErrors, trueQuantile } from "../../../bench/measure-quantile.ts";
import { bimodal, logNormal } from "../../../bench/populations.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const clock = new ManualClock();

describe("classicQuantile()", () => {
  const bounds = [0.1, 0.2, 0.4];

  test.each([
    { counts: [4, 0, 0, 0], ratio: 0.5, value: 0.05, because: "the first bucket starts at 0" },
    { counts: [2, 2, 0, 0], ratio: 0.5, value: 0.1, because: "exactly the end of a bucket" },
    { counts: [0, 0, 4, 0], ratio: 0.25, value: 0.25, because: "a quarter of the way through the third bucket" },
    { counts: [2, 0, 2, 0], ratio: 0.75, value: 0.3, because: "an empty bucket is passed over" },
    { counts: [1, 0, 0, 9], ratio: 0.99, value: 0.4, because: "of what is above every bound the bound is all we know" },
    { counts: [0, 4, 0, 0], ratio: 0, value: 0.1, because: "the lower end of the first bucket with anything in it" },
    { counts: [0, 4, 0, 0], ratio: 1, value: 0.2, because: "the upper end of the last one" },
    { counts: [0, 0, 0, 0], ratio: 0.5, value: null, because: "nothing was observed" },
  ])("$ratio of $counts is $value: $because", ({ counts, ratio, value }) => {
    const found = classicQuantile({ bounds, counts }, ratio);
    if (value === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(value, 12);
  });

  test("lies in the bucket of the true quantile, whatever was observed", () => {
    const values = fc.array(fc.double({ min: 0.001, max: 0.4, noNaN: true }), { minLength: 1, maxLength: 50 });
    const ratios = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, ratios, (observed, ratio) => {
        const bucketOf = (value: number): number => bounds.findIndex((bound) => value <= bound);
        const counts = [0, 0, 0, 0];
        for (const value of observed) counts[bucketOf(value)]! += 1;
        const place = bucketOf(
          trueQuantile(
            [...observed].sort((a, b) => a - b),
            ratio,
          ),
        );
        const found = classicQuantile({ bounds, counts }, ratio) ?? Number.NaN;
        const slack = 1e-9;
        expect(found).toBeGreaterThanOrEqual((bounds[place - 1] ?? 0) - slack);
        expect(found).toBeLessThanOrEqual(bounds[place]! + slack);
      }),
    );
  });
});

describe("trueQuantile()", () => {
  test.each([
    { sorted: [1, 2, 3, 4], ratio: 0.5, value: 2, because: "half of four values do not exceed the second" },
    { sorted: [1, 2, 3, 4], ratio: 0.51, value: 3, because: "two are less than 51 %" },
    { sorted: [1, 2, 3, 4], ratio: 1, value: 4, because: "nothing exceeds the greatest" },
    { sorted: [1, 2, 3, 4], ratio: 0, value: 1, because: "there is none below the least" },
  ])("$ratio of $sorted is $value: $because", ({ sorted, ratio, value }) => {
    expect(trueQuantile(sorted, ratio)).toBe(value);
  });
});

describe("the populations", () => {
  const drawn = (population: typeof POPULATIONS.bimodal, count = 20_000): number[] => {
    const random = seededRandom(9);
    return Array.from({ length: count }, () => population(random));
  };

  test("half of a log-normal one is below its median, and 84 % below one sigma more", () => {
    const values = drawn(logNormal(0.04, 0.5));
    const below = (bound: number): number => values.filter((value) => value < bound).length / values.length;
    expect(below(0.04)).toBeCloseTo(0.5, 1);
    expect(below(0.04 * Math.exp(0.5))).toBeCloseTo(0.841, 1);
  });

  test("a bimodal one takes the share from the first network", () => {
    const values = drawn(bimodal(0.7, logNormal(0.003, 0.1), logNormal(0.12, 0.1)));
    expect(values.filter((value) => value < 0.02).length / values.length).toBeCloseTo(0.7, 1);
  });

  test("are the same ones for the same seed", () => {
    const of = (seed: number) => quantileErrors(clock, POPULATIONS.bimodal, seed);
    expect(of(4)).toEqual(of(4));
    expect(of(4)).not.toEqual(of(5));
  });
});

describe("ownQuantiles()", () => {
  test("the exponential buckets keep the target in both populations, the classic ones do not", async () => {
    for (const population of Object.values(POPULATIONS)) {
      const { figures, warnings } = await ownQuantiles({ clock }, population);
      const errorsOf = (form: string) => QUANTILES.map(({ name }) => figures[`${form}${name}ErrorRatio`] ?? Number.NaN);
      expect(Math.max(...errorsOf("native"))).toBeLessThanOrEqual(0.02);
      expect(Math.max(...errorsOf("classic"))).toBeGreaterThan(0.02);
      expect(warnings).toEqual([]);
    }
  });

  test("tells the worst seed", async () => {
    const { figures } = await ownQuantiles({ clock }, POPULATIONS.bimodal);
    for (const seed of [1, 2, 3]) {
      for (const [name, value] of Object.entries(quantileErrors(clock, POPULATIONS.bimodal, seed))) {
        expect(value, name).toBeLessThanOrEqual(figures[name] ?? Number.NaN);
      }
    }
  });
});
