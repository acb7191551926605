/**
 * A label whose values come from the network, held to a limit where everyone can see it.
 *
 * @module
 */
import type { Instruments } from "./instruments.ts";
import { labelValue, OTHER } from "./label-value.ts";

/** Folds values beyond the first `limit` into `other` and keeps the three `sip_registrar_label_*` series right. */
export class BoundedLabels {
  /** At most `limit` values. */
  readonly #known = new Set<string>();
  readonly #limit: number;
  readonly #instruments: Instruments;
  readonly #valuesCell: number;
  readonly #overflowsCell: number;

  /**
   * @param options.label name of the label, one that the guard metrics know
   * @param options.limit most distinct values, apart from `other`
   * @param options.initial values that have their place from the start, e.g. the configured domains
   */
  constructor(options: { label: string; limit: number; instruments: Instruments; initial?: readonly string[] }) {
    const { label, limit, instruments, initial = [] } = options;
    this.#limit = limit;
    this.#instruments = instruments;
    this.#valuesCell = instruments.cell("labelValues", label);
    this.#overflowsCell = instruments.cell("labelOverflows", label);
    instruments.set(instruments.cell("labelLimit", label), limit);
    instruments.set(this.#valuesCell, 0);
    for (const value of initial) this.fold(value);
  }

  /** The value as it may stand in a series, or `other` when there is no room for it (counted) or it is empty. */
  fold(value: string): string {
    if (this.#known.has(value)) return value;
    const clean = labelValue(value);
    if (clean === OTHER || this.#known.has(clean)) return clean;
    if (this.#known.size >= this.#limit) {
      this.#instruments.add(this.#overflowsCell);
      return OTHER;
    }
    this.#known.add(clean);
    this.#instruments.set(this.#valuesCell, this.#known.size);
    return clean;
  }
}
