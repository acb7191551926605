/**
 * Stored bindings back into the table, page by page, before a socket is open.
 *
 *      store --rows--> take() --> Location        sockets open --> settle(): which local socket each one hangs on
 *
 * A row names its socket by text; until the sockets are open the table holds a number that stands for the name.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { TransportName } from "../base/net-names.ts";
import type { BindingRow } from "./contact-view.ts";
import type { Location } from "./location.ts";
import { fieldsOf } from "./rows.ts";

/** Number of the first name; -1 means "no socket" in the table. */
const FIRST_NAME = -2;
/** Socket numbers are 16 bits wide; further names count as gone. */
const NAMES_MAX = 30_000;

/** What a restorer needs. */
export interface RestorerParts {
  readonly clock: Clock;
  readonly location: Location;
  /** Number of the label of a domain; "" for an AoR without one. */
  readonly domainNumber: (domain: string) => number;
}

/** Used once, at the start. */
export class Restorer {
  readonly #parts: RestorerParts;
  readonly #names: { readonly name: string; readonly transport: TransportName }[] = [];
  #taken = 0;

  constructor(parts: RestorerParts) {
    this.#parts = parts;
  }

  /** Rows that are in the table. */
  get taken(): number {
    return this.#taken;
  }

  /** Adds a binding. @returns `false` when it has expired, cannot be read, or finds the table full */
  take(row: BindingRow): boolean {
    const { clock, location, domainNumber } = this.#parts;
    const domain = row.aor.includes("@") ? row.aor.slice(row.aor.lastIndexOf("@") + 1) : "";
    const socketOf = (name: string, transport: TransportName) => this.#numberOf(name, transport);
    const fields = location.table.room === 0 ? null : fieldsOf(row, { clock, domain: domainNumber(domain), socketOf });
    if (fields === null) return false;
    location.restore(fields, row.ruid);
    this.#taken += 1;
    return true;
  }

  /** Gives every restored contact its socket, -1 where it is no longer open, and ends the restore. */
  settle(socketOf: (name: string, transport: TransportName) => number): void {
    const { table } = this.#parts.location;
    const sockets = this.#names.map(({ name, transport }) => socketOf(name, transport));
    for (let slot = 0; slot < table.slotsUsed; slot++) {
      const stored = table.socket[slot] as number;
      if (table.has(slot) && stored <= FIRST_NAME) table.socket[slot] = sockets[FIRST_NAME - stored] ?? -1;
    }
    table.finishRestore();
  }

  #numberOf(name: string, transport: TransportName): number {
    const known = this.#names.findIndex((entry) => entry.name === name && entry.transport === transport);
    if (known !== -1) return FIRST_NAME - known;
    if (this.#names.length === NAMES_MAX) return -1;
    return FIRST_NAME - (this.#names.push({ name, transport }) - 1);
  }
}
