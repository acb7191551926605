/**
 * Instruments that leave one addition out: the mutation the invariants must notice, cell by cell.
 *
 * @module
 */
import type { CellKey, HistogramKey } from "../../src/instruments/catalogue.ts";
import type { PublishedSnapshot } from "../../src/instruments/exchange.ts";
import type { Instruments } from "../../src/instruments/instruments.ts";

/** Which addition is left out. */
export interface Skip {
  /** As `SkippingInstruments.touched` names it. */
  readonly series: string;
  /** How many of its kind pass before it. */
  readonly nth: number;
}

/** Passes everything on but one `add` or `observe`. */
export class SkippingInstruments implements Instruments {
  /** Additions to each series, e.g. `keepaliveRequests other udp OPTIONS`; the one left out is among them. */
  readonly touched = new Map<string, number>();
  readonly #told: Instruments;
  readonly #skip: Skip | null;
  readonly #names = new Map<number, string>();

  constructor(told: Instruments, skip: Skip | null) {
    this.#told = told;
    this.#skip = skip;
  }

  cell(key: CellKey, ...labels: string[]): number {
    return this.#named(this.#told.cell(key, ...labels), key, labels);
  }

  histogram(key: HistogramKey, ...labels: string[]): number {
    return this.#named(this.#told.histogram(key, ...labels), key, labels);
  }

  add(cell: number, amount?: number): void {
    if (!this.#isSkipped(cell)) this.#told.add(cell, amount);
  }

  observe(histogram: number, valueInUnit: number): void {
    if (!this.#isSkipped(histogram)) this.#told.observe(histogram, valueInUnit);
  }

  set(cell: number, value: number): void {
    this.#told.set(cell, value);
  }

  value(cell: number): number {
    return this.#told.value(cell);
  }

  get refusedObservations(): number {
    return this.#told.refusedObservations;
  }

  publish(): PublishedSnapshot {
    return this.#told.publish();
  }

  #named(cell: number, key: string, labels: readonly string[]): number {
    this.#names.set(cell, [key, ...labels].join(" "));
    return cell;
  }

  #isSkipped(cell: number): boolean {
    const name = this.#names.get(cell) ?? "a cell that nobody asked for";
    const before = this.touched.get(name) ?? 0;
    this.touched.set(name, before + 1);
    return this.#skip?.series === name && this.#skip.nth === before;
  }
}
