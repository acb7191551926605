/**
 * The counters, gauges and histograms of the engine thread: plain numbers in one typed array.
 *
 *      observers --cell()/histogram(), once--> SeriesTable
 *      observers --add()/observe(), hot------> [ live cells ] --publish(), when asked--> shared half
 *
 * Nothing here formats or exports; the main thread does (telemetry). Nothing here throws after the start but for a
 * wrong number of labels, which is a mistake in the program.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { CellKey, HistogramKey } from "./catalogue.ts";
import { type NewSeries, type PublishedSnapshot, SEQUENCE_UNREADABLE, viewExchange } from "./exchange.ts";
import { countNative } from "./native-buckets.ts";
import type { LabelLimits } from "./series-table.ts";
import { SeriesTable } from "./series-table.ts";

/** Sequence numbers stay positive Int32. */
const SEQUENCE_MAX = 2 ** 31 - 1;

/** What the engine counts with. */
export interface Instruments {
  /**
   * A counter or gauge series, created at 0 when it is new. Keep the result: looking it up costs 20 times an `add`.
   *
   * @param labels in the order of the catalogue row; unknown or surplus values become `other` and are counted
   * @returns the cell; when the room of cells is used up, the metric's overflow cell (all labels `other`)
   * @throws {TypeError} when the number of labels is not that of the row
   */
  cell(key: CellKey, ...labels: string[]): number;
  /** A histogram series, under the rules of `cell`. */
  histogram(key: HistogramKey, ...labels: string[]): number;
  /** @param amount must be finite, and not negative for a counter; 1 when left out */
  add(cell: number, amount?: number): void;
  /** Sets a gauge, or a counter whose true value is kept elsewhere (the kernel's drop counter). */
  set(cell: number, value: number): void;
  /**
   * Puts one observation into its classic and its exponential bucket (a value equal to a bound belongs below it).
   *
   * Below 0 counts as 0: a duration that seems negative is the resolution of the clock. NaN and infinities are
   * refused, because one of them would spoil the sum for good; see `refusedObservations`.
   */
  observe(histogram: number, valueInUnit: number): void;
  /** The present value of a counter or gauge. */
  value(cell: number): number;
  /** Observations refused because they were not finite. */
  readonly refusedObservations: number;
  /** Copies every live cell into the half that was not published last, and flips; call it only when asked. */
  publish(): PublishedSnapshot;
}

/** How `openInstruments` is called. */
export interface InstrumentsOptions {
  /** Most distinct values of open labels; those of the catalogue where left out. */
  readonly limits?: LabelLimits;
  /** Tells when a series began. */
  readonly clock: Clock;
  /** From `createSharedBuffer`; its size is the room of cells. */
  readonly sharedBuffer: SharedArrayBuffer;
  /** Told about every new series, some of them before `openInstruments` returns. */
  readonly onSeries: (series: NewSeries) => void;
}

/**
 * The instruments of the engine, empty.
 *
 * @throws {RangeError} when the shared buffer is too small for one series of every metric
 */
export function openInstruments(options: InstrumentsOptions): Instruments {
  return new LiveInstruments(options);
}

class LiveInstruments implements Instruments {
  readonly #exchange;
  readonly #cells: Float64Array;
  readonly #table: SeriesTable;
  #sequence = 0;
  #refused = 0;

  constructor({ limits = {}, clock, sharedBuffer, onSeries }: InstrumentsOptions) {
    this.#exchange = viewExchange(sharedBuffer);
    this.#cells = new Float64Array(this.#exchange.capacity);
    this.#table = new SeriesTable({ cells: this.#cells, limits, clock, onSeries });
  }

  cell(key: CellKey, ...labels: string[]): number {
    return this.#table.find(key, labels);
  }

  histogram(key: HistogramKey, ...labels: string[]): number {
    return this.#table.find(key, labels);
  }

  add(cell: number, amount = 1): void {
    (this.#cells[cell] as number) += amount;
  }

  set(cell: number, value: number): void {
    this.#cells[cell] = value;
  }

  observe(histogram: number, valueInUnit: number): void {
    if (!Number.isFinite(valueInUnit)) {
      this.#refused++;
      return;
    }
    const { bounds, native } = this.#table.shapeAt(histogram);
    const count = bounds.length;
    let bucket = 0;
    while (bucket < count && valueInUnit > (bounds[bucket] as number)) bucket++;
    const cells = this.#cells;
    (cells[histogram + bucket] as number)++;
    if (valueInUnit > 0) (cells[histogram + count + 1] as number) += valueInUnit;
    countNative(cells, histogram + count + 2, native, valueInUnit);
  }

  value(cell: number): number {
    return this.#cells[cell] as number;
  }

  get refusedObservations(): number {
    return this.#refused;
  }

  publish(): PublishedSnapshot {
    const cells = this.#table.updateUsage();
    this.#sequence = this.#sequence === SEQUENCE_MAX ? 1 : this.#sequence + 1;
    const half = (this.#sequence & 1) as 0 | 1;
    const { sequences, halves } = this.#exchange;
    // Read-modify-write on both sides: a plain Atomics.store would let later stores overtake it on some processors.
    Atomics.exchange(sequences, half, SEQUENCE_UNREADABLE);
    halves[half].set(this.#cells.subarray(0, cells));
    Atomics.store(sequences, half, this.#sequence);
    return { half, cells, seriesCount: this.#table.seriesCount, sequence: this.#sequence };
  }
}
