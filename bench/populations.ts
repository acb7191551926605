/**
 * Round trips as networks make them, the same ones for the same seed.
 *
 * @module
 */
import { fraction, type Random } from "../src/base/random.ts";

/** Draws one round trip in seconds. */
export type RoundTrips = (random: Random) => number;

/** Seconds around a median; `sigma` is that of the logarithm: 0.3 is a quiet network, 1 has a long tail. */
export function logNormal(medianS: number, sigma: number): RoundTrips {
  return (random) => medianS * Math.exp(sigma * normal(random));
}

/** Round trips of two networks. @param firstRatio 0 .. 1, share that comes from the first one */
export function bimodal(firstRatio: number, first: RoundTrips, second: RoundTrips): RoundTrips {
  return (random) => (fraction(random) < firstRatio ? first(random) : second(random));
}

/** Standard normal (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - fraction(random))) * Math.cos(2 * Math.PI * fraction(random));
}
