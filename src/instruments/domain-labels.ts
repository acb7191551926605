/**
 * Numbers for domain labels: a contact keeps two octets instead of a string, and counters are found by number.
 *
 * @module
 */
import { BoundedLabels } from "./bounded-labels.ts";
import type { Instruments } from "./instruments.ts";
import { OTHER } from "./label-value.ts";

/** Every domain beyond the limit shares number 0, `other`. */
export class DomainLabels {
  readonly #labels: string[] = [OTHER];
  readonly #numbers = new Map<string, number>([[OTHER, 0]]);
  readonly #bounded: BoundedLabels;
  readonly #isFixed: boolean;

  /** @param options.domains configured domains; with none, the first `limit` seen get a label of their own */
  constructor(options: { instruments: Instruments; domains: readonly string[]; limit: number }) {
    const { instruments, domains } = options;
    this.#isFixed = domains.length > 0;
    const limit = this.#isFixed ? domains.length : options.limit;
    this.#bounded = new BoundedLabels({ label: "domain", limit, instruments, initial: domains });
    for (const domain of domains) this.#number(domain);
  }

  /** Numbers given so far; all are below this. */
  get count(): number {
    return this.#labels.length;
  }

  /** Every label but `other`. */
  get known(): readonly string[] {
    return this.#labels.slice(1);
  }

  labelOf(number: number): string {
    return this.#labels[number] ?? OTHER;
  }

  numberOf(domain: string): number {
    const known = this.#numbers.get(domain);
    if (known !== undefined) return known;
    return domain === "" ? 0 : this.#number(this.#bounded.fold(domain));
  }

  #number(label: string): number {
    const known = this.#numbers.get(label);
    if (known !== undefined) return known;
    this.#numbers.set(label, this.#labels.length);
    return this.#labels.push(label) - 1;
  }
}
