/**
 * One consistent instant of every engine metric, as plain data on the main thread, and how it is read.
 *
 * @module
 */
import { type MetricKey, metricRow, metricRows } from "./catalogue.ts";
import { type Exchange, type NewSeries, type PublishedSnapshot, viewExchange } from "./exchange.ts";
import { type NativeBuckets, type NativeShape, readNative } from "./native-buckets.ts";

export type { NativeBuckets } from "./native-buckets.ts";

/** A series of a counter or gauge. */
export interface SeriesValue {
  /** Label values, in the order of the catalogue row. */
  readonly labels: readonly string[];
  readonly value: number;
  /** When the series began, on the wall clock; a counter began at 0 then. */
  readonly createdWallMs: number;
}

/** A series of a histogram. */
export interface SeriesHistogram {
  readonly labels: readonly string[];
  /** Observations per bucket, not cumulative; one more than the row's bounds (the last is +Inf). */
  readonly counts: readonly number[];
  /** In the row's unit. */
  readonly sum: number;
  /** The same observations in exponential buckets; `null` for a histogram that is classic only. */
  readonly native: NativeBuckets | null;
  /** When the histogram began empty, on the wall clock. */
  readonly createdWallMs: number;
}

/** By key of the catalogue row. A row without series yet is an empty list. */
export interface MetricSnapshot {
  readonly values: ReadonlyMap<string, readonly SeriesValue[]>;
  readonly histograms: ReadonlyMap<string, readonly SeriesHistogram[]>;
}

/**
 * Reads what the engine published.
 *
 * Hand it every announcement in the order the engine made them, then the header of each snapshot. Ask the engine for
 * one snapshot at a time: the half just read stays untouched until the request after the next one.
 */
export class SnapshotReader {
  readonly #exchange: Exchange;
  /** A private copy, so that the shared half is needed for one `memcpy` only. */
  readonly #cells: Float64Array;
  /** Bounded by the room of cells in the engine. */
  readonly #series = new Map<MetricKey, NewSeries[]>();
  #seriesCount = 0;

  /** @param sharedBuffer the one the engine's instruments were opened with */
  constructor(sharedBuffer: SharedArrayBuffer) {
    this.#exchange = viewExchange(sharedBuffer);
    this.#cells = new Float64Array(this.#exchange.capacity);
    for (const [key, row] of metricRows()) if (row.thread === "engine") this.#series.set(key, []);
  }

  /** Takes note of a series; each one is announced once. */
  add(series: NewSeries): void {
    this.#series.get(series.key)?.push(series);
    this.#seriesCount++;
  }

  /**
   * The snapshot behind a header.
   *
   * @returns `null` when the engine has published over it since: ask again
   * @throws {RangeError} when announcements are missing, a mistake of whoever carries the messages
   */
  read(published: PublishedSnapshot): MetricSnapshot | null {
    if (this.#seriesCount < published.seriesCount) {
      throw new RangeError(`Snapshot has ${published.seriesCount} series, only ${this.#seriesCount} were announced`);
    }
    if (!this.#copy(published)) return null;
    const values = new Map<MetricKey, SeriesValue[]>();
    const histograms = new Map<MetricKey, SeriesHistogram[]>();
    for (const [key, series] of this.#series) {
      // Announcements may run ahead of the header; cells beyond it are of a later snapshot.
      const present = series.filter((one) => one.cell < published.cells);
      const { buckets, native } = metricRow(key);
      if (buckets === undefined || native === undefined) {
        values.set(
          key,
          present.map((one) => this.#valueOf(one)),
        );
      } else {
        histograms.set(
          key,
          present.map((one) => this.#histogramOf(one, buckets.length + 1, native)),
        );
      }
    }
    return { values, histograms };
  }

  #copy({ half, cells, sequence }: PublishedSnapshot): boolean {
    const { sequences, halves } = this.#exchange;
    if (Atomics.load(sequences, half) !== sequence) return false;
    this.#cells.set(halves[half].subarray(0, cells));
    return Atomics.add(sequences, half, 0) === sequence; // Not a load: the copy must not be delayed past it.
  }

  #valueOf({ labels, cell, createdWallMs }: NewSeries): SeriesValue {
    return { labels, value: this.#cells[cell] as number, createdWallMs };
  }

  #histogramOf({ labels, cell, createdWallMs }: NewSeries, buckets: number, shape: NativeShape): SeriesHistogram {
    const counts = Array.from(this.#cells.subarray(cell, cell + buckets));
    const sum = this.#cells[cell + buckets] as number;
    const native = readNative(this.#cells, cell + buckets + 1, shape);
    return { labels, counts, sum, native, createdWallMs };
  }
}
