/**
 * Counts what happens to probes: one event, one method, every series it moves.
 *
 * Looking a series up by its labels costs as much as twenty additions, so the cells of each (domain, transport)
 * are looked up once and kept.
 *
 * @module
 */
import { TRANSPORTS, type TransportName } from "../base/net-names.ts";
import { msToS } from "../base/units.ts";
import type { Heartbeats } from "../keepalive/heartbeats.ts";
import {
  FAILURE_REASONS,
  type FailureReason,
  type KeepaliveObserver,
  SKIP_REASONS,
  type SkipReason,
  UNMATCHED_REASONS,
  type UnmatchedReason,
} from "../keepalive/observer.ts";
import type { ContactTable } from "../location/contact-table.ts";
import { CONTACT_STATES, type ContactState } from "../location/contact-view.ts";
import type { DomainLabels } from "./domain-labels.ts";
import { FlowCells } from "./flow-cells.ts";
import type { Instruments } from "./instruments.ts";

/** Cells of one (domain, transport). */
interface Cells {
  readonly rtt: number;
  readonly jitter: number;
  readonly requests: number;
  readonly late: number;
  readonly duplicate: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly contacts: Readonly<Record<ContactState, number>>;
  /** By status: 200 from the start, the others as they occur. */
  readonly responses: Map<number, number>;
}

/** What counting probes depends on. */
export interface KeepaliveCounterParts {
  readonly instruments: Instruments;
  readonly table: ContactTable;
  readonly domains: DomainLabels;
  /** Told of an answer before the counters are. */
  readonly heartbeats: Pick<Heartbeats, "jitter">;
  /** Value of the `method` label. */
  readonly method: string;
}

/** The keepalive rows of the catalogue. */
export class KeepaliveCounters implements KeepaliveObserver {
  readonly #parts: KeepaliveCounterParts;
  readonly #scheduleDelay: number;
  readonly #imprecise: readonly number[];
  readonly #unmatched: ReadonlyMap<string, number>;
  #method: string;
  readonly #cells: FlowCells<Cells>;

  constructor(parts: KeepaliveCounterParts) {
    const { instruments } = parts;
    this.#parts = parts;
    this.#cells = new FlowCells(parts, (domain, transport) => this.#open(domain, transport));
    this.#method = parts.method;
    this.#scheduleDelay = instruments.histogram("keepaliveScheduleDelay");
    this.#imprecise = TRANSPORTS.map((transport) => instruments.cell("keepaliveImpreciseSamples", transport));
    this.#unmatched = new Map(
      TRANSPORTS.flatMap((transport) =>
        UNMATCHED_REASONS.map((reason) => [
          `${transport} ${reason}`,
          instruments.cell("keepaliveUnmatchedResponses", transport, reason),
        ]),
      ),
    );
  }

  /** Another method gets series of its own; what was counted stays where it is. */
  setMethod(method: string): void {
    if (method === this.#method) return;
    this.#method = method;
    this.#cells.clear();
  }

  /** Makes every series of a (domain, transport) exist at 0 before its first event. */
  prepare(domain: number, transport: number): void {
    this.#cells.of(domain, transport);
  }

  probeSent(slot: number, delayMs: number): void {
    const { instruments } = this.#parts;
    instruments.add(this.#cells.at(slot).requests);
    instruments.observe(this.#scheduleDelay, msToS(delayMs));
  }

  probeAnswered(slot: number, status: number, roundTripMs: number, isImprecise: boolean): void {
    const { instruments, table, heartbeats } = this.#parts;
    const cells = this.#cells.at(slot);
    instruments.observe(cells.rtt, msToS(roundTripMs));
    const jitterMs = heartbeats.jitter(slot);
    if (jitterMs !== null) instruments.observe(cells.jitter, msToS(jitterMs));
    instruments.add(cells.responses.get(status) ?? this.#openStatus(cells, slot, status));
    if (isImprecise) instruments.add(this.#imprecise[table.transport[slot] as number] as number);
  }

  probeFailed(slot: number, reason: FailureReason): void {
    this.#parts.instruments.add(this.#cells.at(slot).failures[reason]);
  }

  lateResponse(slot: number): void {
    this.#parts.instruments.add(this.#cells.at(slot).late);
  }

  duplicateResponse(slot: number): void {
    this.#parts.instruments.add(this.#cells.at(slot).duplicate);
  }

  unmatchedResponse(transport: TransportName, reason: UnmatchedReason): void {
    this.#parts.instruments.add(this.#unmatched.get(`${transport} ${reason}`) as number);
  }

  probeSkipped(slot: number, reason: SkipReason): void {
    this.#parts.instruments.add(this.#cells.at(slot).skipped[reason]);
  }

  stateChanged(slot: number, from: ContactState | null, to: ContactState | null): void {
    const { instruments, table, domains } = this.#parts;
    const { contacts } = this.#cells.at(slot);
    if (from !== null) instruments.add(contacts[from], -1);
    if (to !== null) instruments.add(contacts[to]);
    if (from === null || to === null) return;
    const domain = domains.labelOf(table.domain[slot] as number);
    instruments.add(instruments.cell("keepaliveStateTransitions", domain, table.transportOf(slot), from, to));
  }

  #open(domain: string, transport: TransportName): Cells {
    const { instruments } = this.#parts;
    const method = this.#method;
    return {
      rtt: instruments.histogram("keepaliveRtt", domain, transport, method),
      jitter: instruments.histogram("keepaliveJitter", domain, transport),
      requests: instruments.cell("keepaliveRequests", domain, transport, method),
      late: instruments.cell("keepaliveLateResponses", domain, transport, method),
      duplicate: instruments.cell("keepaliveDuplicateResponses", domain, transport, method),
      failures: each(FAILURE_REASONS, (reason) =>
        instruments.cell("keepaliveFailures", domain, transport, method, reason),
      ),
      skipped: each(SKIP_REASONS, (reason) => instruments.cell("keepaliveSkipped", domain, transport, reason)),
      contacts: each(CONTACT_STATES, (state) => instruments.cell("keepaliveContacts", domain, transport, state)),
      responses: new Map([[200, instruments.cell("keepaliveResponses", domain, transport, method, "200")]]),
    };
  }

  #openStatus(cells: Cells, slot: number, status: number): number {
    const { instruments, table, domains } = this.#parts;
    const domain = domains.labelOf(table.domain[slot] as number);
    const cell = instruments.cell("keepaliveResponses", domain, table.transportOf(slot), this.#method, String(status));
    cells.responses.set(status, cell);
    return cell;
  }
}

/** One cell per word. */
function each<Word extends string>(words: readonly Word[], open: (word: Word) => number): Record<Word, number> {
  return Object.fromEntries(words.map((word) => [word, open(word)])) as Record<Word, number>;
}
