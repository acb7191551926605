/**
 * A second book of probes, kept by the events alone: each probe that was sent is open until it ends, once.
 *
 * @module
 */
import type { TransportName } from "../../src/base/net-names.ts";
import type { Heartbeats } from "../../src/keepalive/heartbeats.ts";
import type { FailureReason, KeepaliveObserver } from "../../src/keepalive/observer.ts";
import type { ContactTable } from "../../src/location/contact-table.ts";
import type { ContactState } from "../../src/location/contact-view.ts";
import type { Delivery } from "../fakes/lossy-network.ts";
import type { ManualClock } from "../fakes/manual-clock.ts";

/** A probe that has not ended. */
interface OpenProbe {
  readonly transport: TransportName;
  readonly deadlineMs: number;
}

/** Writes down what cannot be. */
export class Ledger implements KeepaliveObserver {
  readonly violations: string[] = [];
  readonly open = new Map<number, OpenProbe>();
  sent = 0;
  ended = 0;
  /** Events of a kind that leaves nothing open, by what they are. */
  readonly seen = { late: 0, duplicate: 0, unmatched: 0, skipped: 0, transitions: 0, imprecise: 0, jitters: 0 };
  /** Final responses that were handed to the prober. */
  finalsDelivered = 0;
  /** What is being delivered just now. */
  delivering: Delivery | null = null;
  /** Of the probes that leave now, in milliseconds. */
  probeTimeoutMs = 0;
  /** Time the event loop has lost in stalls. */
  stalledMs = 0;
  /** When each contact last had its turn, and the time lost in stalls until then. */
  readonly #turns = new Map<number, { atMs: number; stalledMs: number }>();
  readonly #clock: ManualClock;
  readonly #table: ContactTable;
  readonly #heartbeats: Heartbeats;

  constructor(parts: { clock: ManualClock; table: ContactTable; heartbeats: Heartbeats }) {
    this.#clock = parts.clock;
    this.#table = parts.table;
    this.#heartbeats = parts.heartbeats;
  }

  probeSent(slot: number, delayMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.open.has(slot)) this.wrong(`slot ${slot} has two probes in flight`);
    if (delayMs < 0) this.wrong(`slot ${slot} was probed ${-delayMs} ms before its time`);
    this.open.set(slot, { transport: this.#table.transportOf(slot), deadlineMs: nowMs + this.probeTimeoutMs });
    this.sent += 1;
    this.turn(slot);
  }

  probeAnswered(slot: number, status: number, roundTripMs: number, isImprecise: boolean): void {
    const nowMs = this.#clock.monotonicMs();
    if (isImprecise) this.seen.imprecise += 1;
    if (this.#heartbeats.jitter(slot) !== null) this.seen.jitters += 1;
    const probe = this.#end(slot);
    const truth = this.delivering;
    if (truth === null) {
      this.wrong(`slot ${slot} was answered by nobody`);
      return;
    }
    if (status !== truth.status) this.wrong(`slot ${slot} answered ${truth.status}, reported ${status}`);
    const trueMs = nowMs - truth.probeSentMs;
    if (roundTripMs !== trueMs) this.wrong(`slot ${slot} took ${trueMs} ms, reported ${roundTripMs}`);
    if (probe !== undefined && nowMs > probe.deadlineMs) this.wrong(`slot ${slot} was answered after its deadline`);
  }

  probeFailed(slot: number, reason: FailureReason): void {
    const probe = this.#end(slot);
    if (reason === "timeout" && probe !== undefined && this.#clock.monotonicMs() < probe.deadlineMs) {
      this.wrong(`slot ${slot} was given up before its deadline`);
    }
  }

  lateResponse(slot: number): void {
    this.seen.late += 1;
    if (this.delivering === null) this.wrong(`a late response of slot ${slot} that nobody sent`);
  }

  duplicateResponse(slot: number): void {
    this.seen.duplicate += 1;
    if (this.delivering === null) this.wrong(`a second response of slot ${slot} that nobody sent`);
  }

  unmatchedResponse(): void {
    this.seen.unmatched += 1;
    if (this.delivering === null) this.wrong("an unmatched response that nobody sent");
  }

  probeSkipped(slot: number): void {
    this.seen.skipped += 1;
    this.turn(slot);
  }

  /** The gauge of contacts is compared with the contacts themselves. */
  stateChanged(_slot: number, from: ContactState | null, to: ContactState | null): void {
    if (from !== null && to !== null) this.seen.transitions += 1;
  }

  /** A contact was probed or skipped, or its plan was made anew. */
  turn(slot: number): void {
    this.#turns.set(slot, { atMs: this.#clock.monotonicMs(), stalledMs: this.stalledMs });
  }

  /** Time since the last turn of a contact, stalls left out. */
  sinceTurnMs(slot: number): number {
    const last = this.#turns.get(slot);
    if (last === undefined) return Number.POSITIVE_INFINITY;
    return this.#clock.monotonicMs() - last.atMs - (this.stalledMs - last.stalledMs);
  }

  wrong(what: string): void {
    this.violations.push(`${this.#clock.monotonicMs().toFixed(1)} ms: ${what}`);
  }

  #end(slot: number): OpenProbe | undefined {
    const probe = this.open.get(slot);
    if (probe === undefined) this.wrong(`slot ${slot} ended a probe it had not sent, or ended it twice`);
    this.open.delete(slot);
    this.ended += 1;
    return probe;
  }
}
