/**
 * Where the exemplars of a scrape come from; who keeps them is nobody's business here.
 *
 * @module
 */
import type { Exemplar, Labels } from "./model.ts";

/** Remembers the last observation of a bucket that can be followed. */
export interface ExemplarSource {
  /**
   * Asked once per bucket and counter of every scrape: must be cheap and must not throw.
   *
   * @param familyName as in the catalogue, e.g. `sip_keepalive_rtt_seconds`
   * @param labels of the series, names in the order of the catalogue row
   * @param bucketIndex index of the bucket, the last one for +Inf; 0 for a counter
   */
  of(familyName: string, labels: Labels, bucketIndex: number): Exemplar | null;
}

/** For a daemon that traces nothing. */
export const NO_EXEMPLARS: ExemplarSource = { of: () => null };
