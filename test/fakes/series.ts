/**
 * Builders of series, for tests that are not about where they come from.
 *
 * @module
 */
import type { SeriesHistogram, SeriesValue } from "../../src/instruments/snapshot.ts";

/** When the series of the builders began: the wall clock of a new `ManualClock`. */
const CREATED_WALL_MS = 1_800_000_000_000;

/** A counter or gauge. */
export function aSeries(labels: readonly string[], value: number): SeriesValue {
  return { labels, value, createdWallMs: CREATED_WALL_MS };
}

/** A histogram; classic only unless it is told otherwise. */
export function aHistogram(
  labels: readonly string[],
  fields: Pick<SeriesHistogram, "counts" | "sum"> & Partial<SeriesHistogram>,
): SeriesHistogram {
  return { native: null, createdWallMs: CREATED_WALL_MS, ...fields, labels };
}
