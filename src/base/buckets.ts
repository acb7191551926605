/**
 * Bounds of the round-trip histogram: the catalogue publishes them, the configuration checks thresholds against them.
 *
 * @module
 */

/** Seconds. 0.3 = twice 150 ms one-way (ITU-T G.114), 0.5 = T1 (RFC 3261 §17.1.1.1), 0.8 = twice 400 ms (G.114). */
export const RTT_BUCKETS_S = [
  0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.5, 4, 10,
] as const;
