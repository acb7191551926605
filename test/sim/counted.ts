/**
 * The real counters, summed the way an operator would sum them, fast enough for every step of a simulation.
 *
 * @module
 */
import type { Clock } from "../../src/base/clock.ts";
import { type MetricKey, metricRow } from "../../src/instruments/catalogue.ts";
import { createSharedBuffer, type NewSeries } from "../../src/instruments/exchange.ts";
import { type Instruments, openInstruments } from "../../src/instruments/instruments.ts";

/** Cells to be added up; series that come later join it. */
interface Sum {
  readonly key: MetricKey;
  readonly labels: Readonly<Record<string, string>>;
  readonly cells: number[];
}

/** Instruments and the sums somebody has asked for. */
export class Counted {
  readonly instruments: Instruments;
  readonly #series: NewSeries[] = [];
  readonly #sums = new Map<string, Sum>();

  constructor(clock: Clock) {
    this.instruments = openInstruments({
      clock,
      sharedBuffer: createSharedBuffer(16_384),
      onSeries: (series) => {
        this.#series.push(series);
        for (const sum of this.#sums.values()) join(sum, series);
      },
    });
  }

  /** Sum over every series of a metric with that label value; of a histogram, its number of samples. */
  sum(key: MetricKey, label = "", value = ""): number {
    return this.#add(key, `${key} ${label} ${value}`, label === "" ? {} : { [label]: value });
  }

  /** Sum over the series of one transport with one state. */
  contacts(transport: string, state: string): number {
    return this.#add("keepaliveContacts", `contacts ${transport} ${state}`, { transport, state });
  }

  #add(key: MetricKey, name: string, labels: Readonly<Record<string, string>>): number {
    let total = 0;
    for (const cell of (this.#sums.get(name) ?? this.#open(key, name, labels)).cells) {
      total += this.instruments.value(cell);
    }
    return total;
  }

  #open(key: MetricKey, name: string, labels: Readonly<Record<string, string>>): Sum {
    const sum: Sum = { key, labels, cells: [] };
    for (const series of this.#series) join(sum, series);
    this.#sums.set(name, sum);
    return sum;
  }
}

/** Adds the cells of a series that the sum is about; a histogram has one per bucket. */
function join(sum: Sum, series: NewSeries): void {
  if (series.key !== sum.key) return;
  const row = metricRow(series.key);
  const isMeant = Object.entries(sum.labels).every(([name, value]) => {
    return series.labels[row.labels.findIndex((label) => label.name === name)] === value;
  });
  if (!isMeant) return;
  const count = row.buckets === undefined ? 1 : row.buckets.length + 1;
  for (let i = 0; i < count; i++) sum.cells.push(series.cell + i);
}
