/**
 * An engine metric as prom-client's registry sees it: an object that is asked for its samples.
 *
 * prom-client asks `getForPromString` for text and `get` for JSON. Both must be synchronous up to their first sample:
 * the registry calls all of them in one turn, so a render shows one snapshot even when another one starts meanwhile.
 *
 * @module
 */
import type { MetricRow } from "../instruments/catalogue.ts";
import type { SeriesHistogram } from "../instruments/snapshot.ts";
import { cumulative, type MetricFamily } from "./metric-model.ts";

/** Label names and values of one sample. */
type Labels = Readonly<Record<string, string | number>>;

/** One line of output, in the words of prom-client 15. */
interface Sample {
  /** Name of the line where it differs from the metric's. */
  readonly metricName?: string;
  readonly labels: Labels;
  /** Labels the registry prints from a cache that is keyed by this object. */
  readonly sharedLabels?: Labels;
  readonly value: number;
}

/** What the registry takes from `get`. */
interface Samples {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: "sum";
  readonly values: readonly Sample[];
}

const NO_LABELS: Labels = {};

/** Turns a family into prom-client's samples whenever the registry asks. */
export class EngineMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator = "sum";
  readonly #row: MetricRow;
  readonly #family: () => MetricFamily;
  /** Series keep their array of labels for life, so the labels are turned into text once. */
  readonly #labelObjects = new WeakMap<readonly string[], Labels>();
  /** `le` of every bucket, `+Inf` included. */
  readonly #bounds: readonly Labels[];

  /** @param family the metric as of the snapshot that is being rendered */
  constructor(row: MetricRow, family: () => MetricFamily) {
    this.name = row.name;
    this.help = row.help;
    this.type = row.type;
    this.#row = row;
    this.#family = family;
    this.#bounds = [...(row.buckets ?? []), "+Inf"].map((le) => ({ le }));
  }

  /** Samples for the text format. */
  getForPromString(): Samples {
    const family = this.#family();
    const values: Sample[] = [];
    if (family.kind === "values") {
      for (const { labels, value } of family.series) {
        values.push({ labels: NO_LABELS, sharedLabels: this.#labelsOf(labels), value });
      }
    } else {
      for (const series of family.series) this.#pushHistogram(values, series);
    }
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  /** Samples with every label in its place, for readers of `getMetricsAsJSON`. */
  get(): Samples {
    const samples = this.getForPromString();
    const values = samples.values.map(({ labels, sharedLabels, ...rest }) => ({
      ...rest,
      labels: { ...labels, ...sharedLabels },
    }));
    return { ...samples, values };
  }

  /** The engine's counters live in the engine; the registry cannot reset them. */
  reset(): void {}

  #pushHistogram(values: Sample[], { labels, counts, sum }: SeriesHistogram): void {
    const sharedLabels = this.#labelsOf(labels);
    const totals = cumulative(counts);
    totals.forEach((value, i) => {
      values.push({ metricName: `${this.name}_bucket`, labels: this.#bounds[i] as Labels, sharedLabels, value });
    });
    values.push({ metricName: `${this.name}_sum`, labels: NO_LABELS, sharedLabels, value: sum });
    const value = totals.at(-1) ?? 0;
    values.push({ metricName: `${this.name}_count`, labels: NO_LABELS, sharedLabels, value });
  }

  #labelsOf(values: readonly string[]): Labels {
    const known = this.#labelObjects.get(values);
    if (known !== undefined) return known;
    const labels = Object.fromEntries(this.#row.labels.map(({ name }, i) => [name, values[i] as string]));
    this.#labelObjects.set(values, labels);
    return labels;
  }
}
