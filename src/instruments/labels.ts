/**
 * The labels of the catalogue: their closed value sets and, where the network has a say, their limits.
 *
 * A label is either closed (every value is listed here) or open (values come from outside, at most `max` of them).
 * Anything else is folded into `other` and counted, so no label can grow without bound.
 *
 * @module
 */
import { TRANSPORTS } from "../base/net-names.ts";
import { FAILURE_REASONS, SKIP_REASONS, UNMATCHED_REASONS } from "../keepalive/observer.ts";
import { CONTACT_STATES } from "../location/contact-view.ts";
import type { RemovalReason, StoreKind } from "../location/location.ts";
import { PARSE_REASONS } from "../sip/syntax/errors.ts";
import type { CloseReason, TransportDropReason } from "../sip/transport/flow.ts";

export { OTHER } from "./label-value.ts";

/** A label of a catalogue row. */
export interface Label {
  readonly name: string;
  /** Distinct values apart from `other`. */
  readonly max: number;
  /** The whole set of a closed label; `null` for an open one. */
  readonly values: readonly string[] | null;
  /** For people: where the values come from. */
  readonly doc: string;
}

const closed = (name: string, values: readonly string[], doc = ""): Label => ({
  name,
  max: values.length,
  values,
  doc,
});
const open = (name: string, max: number, doc: string): Label => ({ name, max, values: null, doc });

/** The words of a type, all of them: the compiler complains here when one comes or goes. */
function wordsOf<Word extends string>(words: Record<Word, true>): readonly string[] {
  return Object.keys(words);
}

/** SIP domain of the AoR. The default limit is that of `telemetry.domains.max`. */
export const DOMAIN = open("domain", 20, "configured SIP domains, or with none the first ones seen");
export const TRANSPORT = closed("transport", TRANSPORTS);
/** A few, because `keepalive.method` can change while the daemon runs. */
export const KEEPALIVE_METHOD = open("method", 4, "`keepalive.method`, as configured");
/** About 75 are registered with IANA; the rest of 100..699 would only let a hostile phone grow the series. */
export const CODE = open("code", 100, "SIP status code, 100 to 699");
export const STATE = closed("state", CONTACT_STATES);
export const FROM_STATE = closed("from_state", CONTACT_STATES);
export const TO_STATE = closed("to_state", CONTACT_STATES);

/** Methods of the IANA registry; a method the network invents is `other`. */
export const SIP_METHODS = [
  "ACK",
  "BYE",
  "CANCEL",
  "INFO",
  "INVITE",
  "MESSAGE",
  "NOTIFY",
  "OPTIONS",
  "PRACK",
  "PUBLISH",
  "REFER",
  "REGISTER",
  "SUBSCRIBE",
  "UPDATE",
] as const;
export const MESSAGE_METHOD = closed("method", SIP_METHODS, "for a response the method of its CSeq");
export const DIRECTION = closed("direction", ["in", "out"]);

export const FAILURE_REASON = closed("reason", FAILURE_REASONS);
export const UNMATCHED_REASON = closed("reason", UNMATCHED_REASONS);
export const SKIP_REASON = closed("reason", SKIP_REASONS);

export const BINDING_EVENT = closed(
  "event",
  wordsOf<StoreKind | RemovalReason>({
    created: true,
    refreshed: true,
    moved: true,
    restored: true,
    removed: true,
    expired: true,
  }),
  "`moved` is a refresh over another flow",
);
export const DROP_REASON = closed(
  "reason",
  wordsOf<TransportDropReason | "rate_limit" | "socket_buffer">({
    oversized: true,
    queue_full: true,
    connection_limit: true,
    rate_limit: true,
    socket_buffer: true,
  }),
  "`socket_buffer` is what the kernel dropped",
);
export const CLOSE_REASON = closed(
  "reason",
  wordsOf<CloseReason>({ peer: true, error: true, idle_timeout: true, malformed: true, shutdown: true }),
);
export const PARSE_REASON = closed("reason", PARSE_REASONS);

export const STORE_BACKENDS = ["sqlite"] as const;
export type StoreBackend = (typeof STORE_BACKENDS)[number];
export const BACKEND = closed("backend", STORE_BACKENDS);

export const STORE_OPERATIONS = ["open", "load", "flush"] as const;
export type StoreOperation = (typeof STORE_OPERATIONS)[number];
export const STORE_OPERATION = closed("operation", STORE_OPERATIONS);

export const SLO_NAMES = ["reachability", "rtt"] as const;
export type SloName = (typeof SLO_NAMES)[number];
export const SLO = closed("slo", SLO_NAMES);

export const SPAN_KINDS = ["client", "server"] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];
export const SPAN_KIND = closed("kind", SPAN_KINDS, "`client` is a probe, `server` a registration");

export const SPAN_DROP_REASONS = ["rate_limit", "queue_full", "export_failed"] as const;
export type SpanDropReason = (typeof SPAN_DROP_REASONS)[number];
export const SPAN_DROP_REASON = closed(
  "reason",
  SPAN_DROP_REASONS,
  "`rate_limit` is `telemetry.traces.max_per_second`",
);

/** One value each per process. */
export const BUILD_LABELS = [
  open("version", 1, "release of sipulse"),
  open("revision", 1, "commit it was built from"),
  open("node_version", 1, "release of Node"),
];

/** `cells` is not a label of a metric: it is the room that all engine metrics share. */
export const GUARDED_LABEL = closed(
  "label",
  ["cells", "code", "direction", "domain", "event", "from_state", "label", "method"].concat([
    "reason",
    "state",
    "to_state",
    "transport",
  ]),
  "a label name, or `cells`: the room shared by all series of the engine",
);
