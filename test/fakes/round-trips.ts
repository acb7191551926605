/**
 * One population of round trips, the same ones every time, and what they are counted as.
 *
 * @module
 */
import { fraction, seededRandom } from "../../src/base/random.ts";
import type { MetricSnapshot } from "../../src/instruments/snapshot.ts";
import { openReadable } from "./fixed-snapshot.ts";

/** Round trips in the population. */
export const POPULATION = 5_000;

/** The truth, and a snapshot in which it was counted. */
export interface CountedPopulation {
  readonly sortedS: readonly number[];
  /** The round trip below which a share of them lies. */
  quantileS(ratio: number): number;
  readonly snapshot: MetricSnapshot;
}

/** Around 30 ms with a long tail, all of one domain over UDP. */
export function countedPopulation(): CountedPopulation {
  const random = seededRandom(7);
  const roundTripsS = Array.from({ length: POPULATION }, () => {
    const normal = Array.from({ length: 12 }, () => fraction(random)).reduce((sum, part) => sum + part, -6);
    return 0.03 * Math.exp(0.8 * normal);
  });
  const { instruments, snapshot } = openReadable();
  const histogram = instruments.histogram("keepaliveRtt", "example.org", "udp", "OPTIONS");
  for (const roundTripS of roundTripsS) instruments.observe(histogram, roundTripS);
  instruments.add(instruments.cell("keepaliveResponses", "example.org", "udp", "OPTIONS", "200"), POPULATION);
  const sortedS = [...roundTripsS].sort((a, b) => a - b);
  return {
    sortedS,
    quantileS: (ratio) => sortedS[Math.ceil(ratio * POPULATION) - 1] ?? Number.NaN,
    snapshot: snapshot(),
  };
}
