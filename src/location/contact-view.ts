/**
 * Copies of a contact that may leave the engine: for people (`ContactView`) and for storage (`BindingRow`).
 *
 * Text is latin1 as it came off the wire (one character per octet); whoever prints it decodes it.
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";

/** Keepalive health. `degraded` is reserved until its thresholds exist. */
export const CONTACT_STATES = ["unknown", "reachable", "degraded", "unreachable"] as const;
export type ContactState = (typeof CONTACT_STATES)[number];

/** One contact with its heartbeat, as of one instant. */
export interface ContactView {
  /** Unique id of the binding; the same over refreshes. */
  readonly ruid: string;
  /** `user@domain`, or `user` when `registrar.use_domain` is off. */
  readonly aor: string;
  /** Contact URI exactly as registered, without `<>`. */
  readonly address: string;
  /** Seconds left, rounded up. */
  readonly expiresInS: number;
  /** 0..1000 (thousandths); -1 = not given. */
  readonly qThousandths: number;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string | null;
  /** `sip:host:port;transport=…` of the source, when it differs from the Contact; else `null`. */
  readonly received: string | null;
  /** The stored Path vector, comma-joined (RFC 3327); `null` without one. */
  readonly path: string | null;
  /** The local socket, e.g. `udp:127.0.0.1:5060`. */
  readonly socket: string;
  /** The remote end of the flow, e.g. `udp:192.0.2.7:5060`. */
  readonly flow: string;
  readonly transport: TransportName;
  /** Kamailio's bit mask of Allow; 4294967295 = all. */
  readonly methods: number;
  /** `+sip.instance` with its `<>`; `null` without one. */
  readonly instance: string | null;
  readonly regId: number;
  readonly serverId: number;
  /** -1 for UDP. */
  readonly connectionId: number;
  readonly isNated: boolean;
  readonly lastModifiedWallMs: number;
  readonly state: ContactState;
  /** When the last probe left; `null` before the first one. */
  readonly lastSentWallMs: number | null;
  /** When the last accepted answer came; `null` before the first one. */
  readonly lastAnsweredWallMs: number | null;
  /** Round trip of the last answered probe; `null` until one was answered. */
  readonly roundTripMs: number | null;
  /** Smoothed round trip (RFC 6298 §2, gain 1/8); `null` until one was answered. */
  readonly smoothedRoundTripMs: number | null;
  /** RFC 3550 §6.4.1 estimator over consecutive round trips; `null` until two were answered. */
  readonly jitterMs: number | null;
  /** Share of the last 32 finished probes that were lost, 0..1; `null` before the first one ended. */
  readonly lossRatio: number | null;
  readonly missesInARow: number;
}

/** What storage keeps of a binding: enough to ping and list it after a restart. Nothing in it changes by a probe. */
export interface BindingRow {
  readonly ruid: string;
  readonly aor: string;
  readonly address: string;
  readonly received: string | null;
  readonly path: string | null;
  /** Unix milliseconds. */
  readonly expiresAtWallMs: number;
  readonly qThousandths: number;
  readonly callId: string;
  readonly cseq: number;
  readonly lastModifiedWallMs: number;
  readonly isNated: boolean;
  readonly userAgent: string | null;
  readonly socket: string;
  /** `transport:host:port` of the phone's side of the flow. */
  readonly flow: string;
  readonly methods: number;
  readonly instance: string | null;
  readonly regId: number;
  readonly serverId: number;
  readonly connectionId: number;
}

/** One change of the table, in order. The last one of a `ruid` wins. */
export type JournalEntry =
  | { readonly kind: "stored"; readonly row: BindingRow }
  | { readonly kind: "removed"; readonly ruid: string };
