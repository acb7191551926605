/**
 * Counts registrations and bindings.
 *
 * @module
 */
import { TRANSPORTS, type TransportName } from "../base/net-names.ts";
import { msToS } from "../base/units.ts";
import type { ContactTable } from "../location/contact-table.ts";
import type { LocationObserver, RemovalReason, StoreKind } from "../location/location.ts";
import type { RegistrarObserver } from "../registrar/observer.ts";
import type { DomainLabels } from "./domain-labels.ts";
import { FlowCells } from "./flow-cells.ts";
import type { Instruments } from "./instruments.ts";

/** Cells of one (domain, transport). */
interface Cells {
  readonly requests: number;
  readonly duration: number;
  readonly bindings: number;
  /** The same for every transport of a domain. */
  readonly expires: number;
  readonly responses: Map<number, number>;
  readonly events: Map<StoreKind | RemovalReason, number>;
}

/** Events whose series exist from the start. */
const EVENTS: readonly (StoreKind | RemovalReason)[] = ["created", "refreshed", "moved", "removed", "expired"];

/** What counting registrations depends on. */
export interface RegistrarCounterParts {
  readonly instruments: Instruments;
  readonly table: ContactTable;
  readonly domains: DomainLabels;
}

/** The registrar rows of the catalogue. */
export class RegistrarCounters implements RegistrarObserver, LocationObserver {
  readonly #parts: RegistrarCounterParts;
  readonly #cells: FlowCells<Cells>;

  constructor(parts: RegistrarCounterParts) {
    this.#parts = parts;
    this.#cells = new FlowCells(parts, (domain, transport) => this.#open(domain, transport));
  }

  /** Makes every series of a (domain, transport) exist at 0 before its first event. */
  prepare(domain: number, transport: number): void {
    this.#cells.of(domain, transport);
  }

  registerAnswered(domain: number, transport: TransportName, status: number, durationMs: number): void {
    const { instruments, domains } = this.#parts;
    const cells = this.#cells.of(domain, TRANSPORTS.indexOf(transport));
    instruments.add(cells.requests);
    instruments.observe(cells.duration, msToS(durationMs));
    let cell = cells.responses.get(status);
    if (cell === undefined) {
      cell = instruments.cell("registrarResponses", domains.labelOf(domain), transport, String(status));
      cells.responses.set(status, cell);
    }
    instruments.add(cell);
  }

  bindingStored(slot: number, kind: StoreKind): void {
    const cells = this.#cells.at(slot);
    if (kind !== "refreshed") this.#parts.instruments.add(cells.bindings);
    if (kind !== "restored") this.#observeExpires(cells, slot);
    this.#count(cells, slot, kind);
  }

  bindingMoving(slot: number): void {
    this.#parts.instruments.add(this.#cells.at(slot).bindings, -1);
  }

  bindingRemoved(slot: number, reason: RemovalReason): void {
    const cells = this.#cells.at(slot);
    this.#parts.instruments.add(cells.bindings, -1);
    this.#count(cells, slot, reason);
  }

  /** Lifetimes are granted in whole seconds; the difference of two instants is not quite one. */
  #observeExpires(cells: Cells, slot: number): void {
    const { instruments, table } = this.#parts;
    const grantedMs = Math.round((table.expiresAtMs[slot] as number) - (table.modifiedAtMs[slot] as number));
    instruments.observe(cells.expires, msToS(grantedMs));
  }

  #count(cells: Cells, slot: number, event: StoreKind | RemovalReason): void {
    const { instruments, table, domains } = this.#parts;
    let cell = cells.events.get(event);
    if (cell === undefined) {
      const domain = domains.labelOf(table.domain[slot] as number);
      cell = instruments.cell("registrarBindingEvents", domain, table.transportOf(slot), event);
      cells.events.set(event, cell);
    }
    instruments.add(cell);
  }

  #open(domain: string, transport: TransportName): Cells {
    const { instruments } = this.#parts;
    return {
      requests: instruments.cell("registrarRequests", domain, transport),
      duration: instruments.histogram("registrarRequestDuration", domain, transport),
      bindings: instruments.cell("registrarBindings", domain, transport),
      expires: instruments.histogram("registrarBindingExpires", domain),
      responses: new Map([[200, instruments.cell("registrarResponses", domain, transport, "200")]]),
      events: new Map(
        EVENTS.map((event) => [event, instruments.cell("registrarBindingEvents", domain, transport, event)]),
      ),
    };
  }
}
