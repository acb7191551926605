/**
 * An engine metric as the registry holds it: an object under a name, and how to turn a snapshot into its family.
 *
 * It keeps no values of its own and is never asked for text: whoever collects hands it the snapshot.
 *
 * @module
 */
import { msToS } from "../base/units.ts";
import type { MetricKey, MetricRow } from "../instruments/catalogue.ts";
import type { MetricSnapshot, SeriesHistogram, SeriesValue } from "../instruments/snapshot.ts";
import type { ExemplarSource } from "./exposition/exemplar-source.ts";
import type { ExpositionFamily, HistogramPoint, Labels, NumberPoint } from "./exposition/model.ts";
import { unitOf } from "./exposition/names.ts";

/** One row of the catalogue that the engine counts. */
export class EngineMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricRow["type"];
  readonly #key: MetricKey;
  readonly #row: MetricRow;
  readonly #exemplars: ExemplarSource;
  /** Series keep their array of label values for life, and encoders keep what they made of its labels. */
  readonly #labels = new WeakMap<readonly string[], Labels>();

  constructor(key: MetricKey, row: MetricRow, exemplars: ExemplarSource) {
    this.name = row.name;
    this.help = row.help;
    this.type = row.type;
    this.#key = key;
    this.#row = row;
    this.#exemplars = exemplars;
  }

  /** The metric as of a snapshot; without points when the engine has no series of it yet. */
  family(snapshot: MetricSnapshot): ExpositionFamily {
    const { name, help, type } = this;
    const head = { name, help, unit: unitOf(name, type) };
    if (type === "histogram") {
      const series = snapshot.histograms.get(this.#key) ?? [];
      return { ...head, type, points: series.map((one) => this.#histogramPoint(one)) };
    }
    const series = snapshot.values.get(this.#key) ?? [];
    return { ...head, type, points: series.map((one) => this.#numberPoint(one)) };
  }

  #numberPoint({ labels: values, value, createdWallMs }: SeriesValue): NumberPoint {
    const labels = this.#labelsOf(values);
    if (this.type === "gauge") return { labels, value, createdS: null, exemplar: null };
    return { labels, value, createdS: msToS(createdWallMs), exemplar: this.#exemplars.of(this.name, labels, 0) };
  }

  #histogramPoint({ labels: values, counts, sum, native, createdWallMs }: SeriesHistogram): HistogramPoint {
    const labels = this.#labelsOf(values);
    const exemplars = counts.map((_, bucket) => this.#exemplars.of(this.name, labels, bucket));
    const bounds = this.#row.buckets ?? [];
    return { labels, bounds, counts, sum, createdS: msToS(createdWallMs), exemplars, native };
  }

  #labelsOf(values: readonly string[]): Labels {
    const known = this.#labels.get(values);
    if (known !== undefined) return known;
    const labels: Labels = this.#row.labels.map(({ name }, i) => [name, values[i] as string]);
    this.#labels.set(values, labels);
    return labels;
  }
}
