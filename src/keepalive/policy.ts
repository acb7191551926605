/**
 * Decisions about probes, as pure functions: who is probed, and what state a contact is in.
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";
import type { ContactState } from "../location/contact-view.ts";

/** Which contacts are probed (Kamailio: `ka_mode`). */
export type KeepaliveScope = "off" | "all" | "nat" | "udp" | "nat-udp";

/** Settings of the prober, in its own units; all can change while it runs. */
export interface KeepalivePolicy {
  readonly scope: KeepaliveScope;
  /** Request method, a token (Kamailio: `ka_method`). */
  readonly method: string;
  /** From URI; `null` for `sip:keepalive@` and the domain of the AoR (Kamailio: `ka_from`). */
  readonly from: string | null;
  /** Host for AoRs without one (Kamailio: `ka_domain`). */
  readonly domain: string;
  /** Time between two probes of one contact (Kamailio: `ka_interval`). */
  readonly intervalMs: number;
  /** 0..1; each probe moves by up to half of this share of the interval, either way (Kamailio: `ka_randomize`). */
  readonly jitterRatio: number;
  /** A probe without an answer is lost after this. */
  readonly probeTimeoutMs: number;
  /** Lost in a row before a contact is unreachable. */
  readonly unreachableAfter: number;
}

/** Whether a contact is probed at all. */
export function isInScope(scope: KeepaliveScope, contact: { isNated: boolean; transport: TransportName }): boolean {
  switch (scope) {
    case "off":
      return false;
    case "all":
      return true;
    case "nat":
      return contact.isNated;
    case "udp":
      return contact.transport === "udp";
    case "nat-udp":
      return contact.isNated && contact.transport === "udp";
    default:
      return scope satisfies never;
  }
}

/** State of a contact after a lost probe. */
export function stateAfterLoss(state: ContactState, missesInARow: number, unreachableAfter: number): ContactState {
  return missesInARow >= unreachableAfter ? "unreachable" : state;
}
