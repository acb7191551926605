/**
 * What the rest of the engine may learn about probes: closed sets of reasons, and one method per event.
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";
import type { ContactState } from "../location/contact-view.ts";

/** Why a probe ended without an accepted answer; used as a label. */
export const FAILURE_REASONS = ["timeout", "send_error", "connection_closed", "cancelled"] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Why a response belongs to no outstanding probe; used as a label. */
export const UNMATCHED_REASONS = ["bad_token", "wrong_source", "stale_epoch", "unknown_contact"] as const;
export type UnmatchedReason = (typeof UNMATCHED_REASONS)[number];

/** Why a probe that was due was not sent; used as a label. */
export const SKIP_REASONS = ["no_flow"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Told about every event, after the state has changed. Must not throw. */
export interface KeepaliveObserver {
  /** @param delayMs how late it left after its due time */
  probeSent(slot: number, delayMs: number): void;
  /** @param status SIP status of the first final response, 200..699 */
  probeAnswered(slot: number, status: number, roundTripMs: number, isImprecise: boolean): void;
  probeFailed(slot: number, reason: FailureReason): void;
  /** An answer to a probe that had been given up. */
  lateResponse(slot: number): void;
  /** A second answer to one probe. */
  duplicateResponse(slot: number): void;
  unmatchedResponse(transport: TransportName, reason: UnmatchedReason): void;
  probeSkipped(slot: number, reason: SkipReason): void;
  /** @param from `null` when the contact has just come under keepalive, @param to `null` when it leaves it */
  stateChanged(slot: number, from: ContactState | null, to: ContactState | null): void;
}
