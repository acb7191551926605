/**
 * Cells that are looked up once per (domain, transport) and then found by number.
 *
 * @module
 */
import { TRANSPORTS, type TransportName } from "../base/net-names.ts";
import type { ContactTable } from "../location/contact-table.ts";
import type { DomainLabels } from "./domain-labels.ts";

/** Bounded by the domain labels: their number times that of the transports. */
export class FlowCells<Cells> {
  readonly #table: ContactTable;
  readonly #domains: DomainLabels;
  readonly #open: (domain: string, transport: TransportName) => Cells;
  /** By domain number * number of transports + transport. */
  #cells: (Cells | undefined)[] = [];

  /** @param open makes the series of a domain label and a transport */
  constructor(
    parts: { readonly table: ContactTable; readonly domains: DomainLabels },
    open: (domain: string, transport: TransportName) => Cells,
  ) {
    this.#table = parts.table;
    this.#domains = parts.domains;
    this.#open = open;
  }

  /** Those of a contact. */
  at(slot: number): Cells {
    return this.of(this.#table.domain[slot] as number, this.#table.transport[slot] as number);
  }

  /** @param domain number of the domain label, @param transport index into `TRANSPORTS` */
  of(domain: number, transport: number): Cells {
    const at = domain * TRANSPORTS.length + transport;
    const known = this.#cells[at];
    if (known !== undefined) return known;
    const opened = this.#open(this.#domains.labelOf(domain), TRANSPORTS[transport] as TransportName);
    this.#cells[at] = opened;
    return opened;
  }

  /** Looks everything up again: a label has changed. */
  clear(): void {
    this.#cells = [];
  }
}
