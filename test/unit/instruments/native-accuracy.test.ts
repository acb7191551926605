import { describe, expect, test } from "vitest";
import { fraction, type Random, seededRandom } from "../../../src/base/random.ts";
import type { NativeBuckets } from "../../../src/instruments/native-buckets.ts";
import { nativeQuantile } from "../../../src/instruments/native-quantile.ts";
import { openReadable } from "../../fakes/fixed-snapshot.ts";

const SAMPLES = 50_000;
const RATIOS = [0.5, 0.95, 0.99, 0.999] as const;
/** The target of the release. */
const ERROR_RATIO_MAX = 0.02;

/** Standard normal (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - fraction(random))) * Math.cos(2 * Math.PI * fraction(random));
}

/** Seconds around a median; `sigma` is that of the logarithm. */
const logNormal = (medianS: number, sigma: number) => (random: Random) => medianS * Math.exp(sigma * normal(random));

const lan = logNormal(0.003, 0.25);
const mobile = logNormal(0.12, 0.4);

/** What the histogram makes of a population. */
function observed(population: (random: Random) => number, seed: number): { values: number[]; native: NativeBuckets } {
  const { instruments, snapshot } = openReadable();
  const histogram = instruments.histogram("keepaliveRtt", "example.org", "udp", "OPTIONS");
  const random = seededRandom(seed);
  const values = Array.from({ length: SAMPLES }, () => population(random));
  for (const value of values) instruments.observe(histogram, value);
  const native = snapshot().histograms.get("keepaliveRtt")?.[0]?.native;
  if (native === undefined || native === null) throw new Error("The histogram of round trips is native");
  return { values: values.sort((a, b) => a - b), native };
}

/** The smallest value that at least this share of all does not exceed. */
const truth = (sorted: readonly number[], ratio: number) => sorted[Math.ceil(ratio * sorted.length) - 1] as number;

describe("a quantile of the exponential buckets is within 2 % of the truth", () => {
  test.each([
    { population: "log-normal around 20 ms", of: logNormal(0.02, 0.5) },
    { population: "log-normal with a long tail", of: logNormal(0.04, 1) },
    { population: "all within a tenth of a millisecond", of: logNormal(0.02, 0.005) },
    {
      population: "bimodal, 70 % beside us and 30 % mobile",
      of: (random: Random) => (fraction(random) < 0.7 ? lan : mobile)(random),
    },
    { population: "bimodal, 2 % mobile", of: (random: Random) => (fraction(random) < 0.98 ? lan : mobile)(random) },
  ])("$population", ({ of }) => {
    for (const seed of [1, 2, 3]) {
      const { values, native } = observed(of, seed);
      for (const ratio of RATIOS) {
        const trueS = truth(values, ratio);
        const errorRatio = Math.abs((nativeQuantile(native, ratio) ?? Number.NaN) - trueS) / trueS;
        expect(errorRatio, `seed ${seed}, p${100 * ratio}`).toBeLessThanOrEqual(ERROR_RATIO_MAX);
      }
    }
  });
});

describe("nativeQuantile()", () => {
  const one: NativeBuckets = { schema: 0, zeroThreshold: 1e-6, zeroCount: 0, firstIndex: 3, counts: [1, 0, 3] };

  test.each([
    { ratio: 0, value: 4, because: "the lower end of the first bucket" },
    { ratio: 0.25, value: 8, because: "the whole of the first bucket" },
    { ratio: 0.625, value: 16 * Math.SQRT2, because: "the geometric middle of the last bucket" },
    { ratio: 1, value: 32, because: "the upper end of the last one" },
  ])("of $ratio is $value: $because", ({ ratio, value }) => {
    expect(nativeQuantile(one, ratio)).toBeCloseTo(value, 10);
  });

  test("is in the zero bucket as long as the rank is", () => {
    expect(nativeQuantile({ ...one, zeroCount: 12 }, 0.375)).toBeCloseTo(0.5e-6, 12);
  });

  test("of nothing is not known", () => {
    expect(nativeQuantile({ ...one, counts: [] }, 0.5)).toBeNull();
  });
});
