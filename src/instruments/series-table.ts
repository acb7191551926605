/**
 * Which series exist and where their cells lie: the cold half of the instruments.
 *
 * Every metric owns one overflow series from the start (all labels `other`; for a metric without labels it is the
 * metric). It is announced on first use and takes what finds no room, so creating a series cannot fail.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { type MetricKey, type MetricRow, metricRows } from "./catalogue.ts";
import type { NewSeries } from "./exchange.ts";
import { labelValue, OTHER } from "./label-value.ts";
import type { Label } from "./labels.ts";
import { type NativeShape, nativeWidth, openNative } from "./native-buckets.ts";

/** Most distinct values by label name, apart from `other`; closed labels have their own. */
export type LabelLimits = Readonly<Partial<Record<string, number>>>;

/** Separates label values in a key; `labelValue` never lets it into a value. */
const SEPARATOR = "\u0000";

/**
 * What `observe` has to know of a histogram. The cells of a series: classic buckets, sum, exponential buckets.
 */
export interface HistogramShape {
  readonly bounds: readonly number[];
  readonly native: NativeShape;
}

/** One metric of the engine. */
interface Metric {
  readonly key: MetricKey;
  readonly row: MetricRow;
  /** Into the list of shapes; 0 for a counter or gauge. */
  readonly shapeIndex: number;
  /** Cells of one series. */
  readonly width: number;
  readonly overflowCell: number;
  isOverflowAnnounced: boolean;
  /** By label values joined; bounded by the room of cells. */
  readonly series: Map<string, number>;
  /** By position of the label: the values in use, `other` left out. */
  readonly values: readonly Set<string>[];
}

/** Finds or creates series in the array of live cells. */
export class SeriesTable {
  readonly #metrics = new Map<MetricKey, Metric>();
  /** By first cell of a histogram series: which of `#shapes` is its own. */
  readonly #shapeByCell: Uint8Array;
  /** One per histogram of the catalogue, and first one that is nobody's. */
  readonly #shapes: HistogramShape[] = [{ bounds: [], native: { schema: 0, maxBuckets: 0, zeroThreshold: 0 } }];
  readonly #limits: LabelLimits;
  readonly #cells: Float64Array;
  readonly #clock: Clock;
  readonly #onSeries: (series: NewSeries) => void;
  #used = 0;
  #seriesCount = 0;
  readonly #usageCell: number;

  /** @throws {RangeError} when `cells` has no room for one series of every metric */
  constructor(options: {
    cells: Float64Array;
    limits: LabelLimits;
    clock: Clock;
    onSeries: (series: NewSeries) => void;
  }) {
    this.#cells = options.cells;
    this.#clock = options.clock;
    this.#shapeByCell = new Uint8Array(options.cells.length);
    this.#limits = options.limits;
    this.#onSeries = options.onSeries;
    for (const [key, row] of metricRows()) {
      if (row.thread === "engine") this.#metrics.set(key, this.#openMetric(key, row));
    }
    // One cell each for the limit, the use and the overflows of the room itself.
    if (this.#used + 3 > this.#cells.length) {
      throw new RangeError(
        `Shared buffer must have room for at least ${this.#used + 3} cells, got ${this.#cells.length}`,
      );
    }
    this.#cells[this.find("labelLimit", ["cells"])] = this.#cells.length;
    this.#usageCell = this.find("labelValues", ["cells"]);
    this.find("labelOverflows", ["cells"]);
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  /** Of the histogram series that starts at `cell`. */
  shapeAt(cell: number): HistogramShape {
    return this.#shapes[this.#shapeByCell[cell] as number] as HistogramShape;
  }

  /** Brings the gauge of used cells up to date. @returns cells in use */
  updateUsage(): number {
    this.#cells[this.#usageCell] = this.#used;
    return this.#used;
  }

  /**
   * First cell of the series with these labels.
   *
   * @throws {TypeError} when the number of labels is not that of the row
   */
  find(key: MetricKey, labels: readonly string[]): number {
    const metric = this.#metrics.get(key);
    if (metric === undefined) throw new TypeError(`Metric ${key} is not counted in the engine`);
    if (labels.length !== metric.row.labels.length) {
      throw new TypeError(`Metric ${key} takes ${metric.row.labels.length} label(s), got ${labels.length}`);
    }
    const known = metric.series.get(labels.join(SEPARATOR));
    return known ?? this.#findFolded(metric, labels);
  }

  /** The slow road: values are cleaned and folded. What was folded is not remembered: there is no end to it. */
  #findFolded(metric: Metric, labels: readonly string[]): number {
    const folded = labels.map((value, i) => this.#foldAt(metric, i, value));
    const joined = folded.join(SEPARATOR);
    const known = metric.series.get(joined);
    if (known !== undefined) return known;
    if (folded.every((value) => value === OTHER)) return this.#overflowOf(metric);
    if (this.#used + metric.width > this.#cells.length) {
      this.#countOverflow("cells");
      return this.#overflowOf(metric);
    }
    const cell = this.#reserve(metric.shapeIndex, metric.width);
    metric.series.set(joined, cell);
    folded.forEach((value, i) => {
      if (value !== OTHER) metric.values[i]?.add(value);
    });
    this.#announce(metric.key, folded, cell);
    return cell;
  }

  #foldAt(metric: Metric, position: number, value: string): string {
    const label = metric.row.labels[position] as Label;
    const values = metric.values[position] as Set<string>;
    const clean = labelValue(value);
    if (clean === OTHER || values.has(clean)) return clean;
    const fits = label.values === null ? values.size < this.#limitOf(label) : label.values.includes(clean);
    if (fits) return clean;
    this.#countOverflow(label.name);
    return OTHER;
  }

  #limitOf(label: Label): number {
    return this.#limits[label.name] ?? label.max;
  }

  #countOverflow(label: string): void {
    const cell = this.find("labelOverflows", [label]);
    (this.#cells[cell] as number)++;
  }

  #overflowOf(metric: Metric): number {
    if (!metric.isOverflowAnnounced) {
      metric.isOverflowAnnounced = true;
      const labels = metric.row.labels.map(() => OTHER);
      metric.series.set(labels.join(SEPARATOR), metric.overflowCell);
      this.#announce(metric.key, labels, metric.overflowCell);
    }
    return metric.overflowCell;
  }

  #openMetric(key: MetricKey, row: MetricRow): Metric {
    const { buckets: bounds, native } = row;
    const isHistogram = bounds !== undefined && native !== undefined;
    const shapeIndex = isHistogram ? this.#shapes.push({ bounds, native }) - 1 : 0;
    const width = isHistogram ? bounds.length + 2 + nativeWidth(native) : 1;
    return {
      key,
      row,
      shapeIndex,
      width,
      overflowCell: this.#reserve(shapeIndex, width),
      isOverflowAnnounced: false,
      series: new Map(),
      values: row.labels.map(() => new Set()),
    };
  }

  #reserve(shapeIndex: number, width: number): number {
    const cell = this.#used;
    this.#used += width;
    this.#shapeByCell[cell] = shapeIndex;
    const { bounds, native } = this.#shapes[shapeIndex] as HistogramShape;
    if (shapeIndex > 0) openNative(this.#cells, cell + bounds.length + 2, native);
    return cell;
  }

  #announce(key: MetricKey, labels: readonly string[], cell: number): void {
    this.#seriesCount++;
    this.#onSeries({ key, labels, cell, createdWallMs: this.#clock.wallMs() });
  }
}
