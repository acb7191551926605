/**
 * Observers that write down what they were told, one line per event, for whole-list comparison.
 *
 * @module
 */
import type { TransportName } from "../../src/base/net-names.ts";
import type { FailureReason, KeepaliveObserver, SkipReason, UnmatchedReason } from "../../src/keepalive/observer.ts";
import type { ContactState } from "../../src/location/contact-view.ts";
import type { LocationObserver, RemovalReason, StoreKind } from "../../src/location/location.ts";

/** Lines such as `sent 0`, `answered 0 200 20ms`, `state 0 unknown>reachable`. */
export class RecordingKeepalive implements KeepaliveObserver {
  lines: string[] = [];
  /** How late each probe left, in the order of sending. */
  readonly delaysMs: number[] = [];

  /** The lines so far; the next call starts afresh. */
  take(): string[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }

  probeSent(slot: number, delayMs: number): void {
    this.delaysMs.push(delayMs);
    this.lines.push(`sent ${slot}`);
  }

  probeAnswered(slot: number, status: number, roundTripMs: number, isImprecise: boolean): void {
    this.lines.push(`answered ${slot} ${status} ${roundTripMs}ms${isImprecise ? " imprecise" : ""}`);
  }

  probeFailed(slot: number, reason: FailureReason): void {
    this.lines.push(`failed ${slot} ${reason}`);
  }

  lateResponse(slot: number): void {
    this.lines.push(`late ${slot}`);
  }

  duplicateResponse(slot: number): void {
    this.lines.push(`duplicate ${slot}`);
  }

  unmatchedResponse(transport: TransportName, reason: UnmatchedReason): void {
    this.lines.push(`unmatched ${transport} ${reason}`);
  }

  probeSkipped(slot: number, reason: SkipReason): void {
    this.lines.push(`skipped ${slot} ${reason}`);
  }

  stateChanged(slot: number, from: ContactState | null, to: ContactState | null): void {
    this.lines.push(`state ${slot} ${from}>${to}`);
  }
}

/** Lines such as `created 0`, `moving 0`, `expired 0`. */
export class RecordingLocation implements LocationObserver {
  lines: string[] = [];

  take(): string[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }

  bindingStored(slot: number, kind: StoreKind): void {
    this.lines.push(`${kind} ${slot}`);
  }

  bindingMoving(slot: number): void {
    this.lines.push(`moving ${slot}`);
  }

  bindingRemoved(slot: number, reason: RemovalReason): void {
    this.lines.push(`${reason} ${slot}`);
  }
}
