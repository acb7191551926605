/**
 * How far a quantile read from the histogram is from the truth: exponential buckets beside the classic ones.
 *
 * In this process, through the instruments of the engine: the buckets are those a scrape would carry.
 *
 * @module
 */
import type { Clock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { RTT_BUCKETS_S } from "../src/instruments/catalogue.ts";
import { nativeQuantile } from "../src/instruments/native-quantile.ts";
import type { SeriesHistogram } from "../src/instruments/snapshot.ts";
import { classicQuantile } from "./classic-quantile.ts";
import type { Figures } from "./figures.ts";
import type { Alone, Outcome } from "./measurement.ts";
import { bimodal, logNormal, type RoundTrips } from "./populations.ts";
import { openReadable } from "./readable-instruments.ts";

/** Round trips in one population. */
const SAMPLES = 50_000;
/** The error is the worst of these. */
const SEEDS = [1, 2, 3] as const;

/** Quantiles that are compared, by the name of the figure and as people write them. */
export const QUANTILES = [
  { name: "P50", text: "p50", ratio: 0.5 },
  { name: "P95", text: "p95", ratio: 0.95 },
  { name: "P99", text: "p99", ratio: 0.99 },
  { name: "P999", text: "p99.9", ratio: 0.999 },
] as const;

/** What is observed. */
export const POPULATIONS: Readonly<Record<"log-normal" | "bimodal", RoundTrips>> = {
  "log-normal": logNormal(0.04, 1),
  bimodal: bimodal(0.7, logNormal(0.003, 0.25), logNormal(0.12, 0.4)),
};

/** Compares the quantiles of one population with the truth. */
export async function ownQuantiles({ clock }: Alone, population: RoundTrips): Promise<Outcome> {
  const errors = SEEDS.map((seed) => quantileErrors(clock, population, seed));
  const names = Object.keys(errors[0] ?? {});
  const worst = names.map((name) => [name, worstOf(errors.map((figures) => figures[name] ?? null))] as const);
  return { figures: Object.fromEntries(worst), warnings: [] };
}

/** `null` as soon as one is unknown. */
function worstOf(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : Math.max(...(values as number[]));
}

/** `nativeP50ErrorRatio`, `classicP50ErrorRatio` and so on, of one seed; shares of the true value. */
export function quantileErrors(clock: Clock, population: RoundTrips, seed: number): Figures {
  const random = seededRandom(seed);
  const roundTripsS = Array.from({ length: SAMPLES }, () => population(random));
  const { native, counts } = observed(clock, roundTripsS);
  const sortedS = Float64Array.from(roundTripsS).sort();
  const figures: Record<string, number | null> = {};
  for (const { name, ratio } of QUANTILES) {
    const trueS = trueQuantile(sortedS, ratio);
    figures[`native${name}ErrorRatio`] = errorRatio(native === null ? null : nativeQuantile(native, ratio), trueS);
    figures[`classic${name}ErrorRatio`] = errorRatio(classicQuantile({ bounds: RTT_BUCKETS_S, counts }, ratio), trueS);
  }
  return figures;
}

function observed(clock: Clock, roundTripsS: readonly number[]): SeriesHistogram {
  const { instruments, read } = openReadable(clock);
  const histogram = instruments.histogram("keepaliveRtt", "example.org", "udp", "OPTIONS");
  for (const roundTripS of roundTripsS) instruments.observe(histogram, roundTripS);
  return read(instruments.publish()).histograms.get("keepaliveRtt")?.[0] as SeriesHistogram;
}

/** The smallest value that at least this share of all does not exceed. @param sorted ascending, not empty */
export function trueQuantile(sorted: ArrayLike<number>, ratio: number): number {
  return sorted[Math.max(0, Math.ceil(ratio * sorted.length) - 1)] as number;
}

const errorRatio = (found: number | null, truth: number): number | null =>
  found === null ? null : Math.abs(found - truth) / truth;
