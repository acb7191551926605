/**
 * Rows of the catalogue: probes and their answers.
 *
 * @module
 */
import { RTT_BUCKETS_S } from "../base/buckets.ts";
import * as label from "./labels.ts";
import { type MetricRow, NATIVE_SECONDS } from "./metric-row.ts";

/** Seconds. The wheel turns every millisecond; more than 2.5 s is a stall, however long. */
const SCHEDULE_DELAY_BUCKETS_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;
/** Seconds. Above 0.8 it is loss rather than jitter. */
const JITTER_BUCKETS_S = RTT_BUCKETS_S.filter((bound) => bound <= 0.8);

const perDomain = [label.DOMAIN, label.TRANSPORT];
const perMethod = [...perDomain, label.KEEPALIVE_METHOD];

/** `sip_keepalive_*`. */
export const keepaliveRows = {
  keepaliveRtt: {
    type: "histogram",
    name: "sip_keepalive_rtt_seconds",
    otelName: "sip.keepalive.rtt",
    unit: "s",
    help: "Time from sending a keepalive to its first accepted final response, monotonic clock. Timeouts are not observed.",
    labels: perMethod,
    buckets: RTT_BUCKETS_S,
    native: NATIVE_SECONDS,
    thread: "engine",
  },
  keepaliveRequests: {
    type: "counter",
    name: "sip_keepalive_requests_total",
    otelName: "sip.keepalive.requests",
    unit: "{request}",
    help: "Keepalives sent. A keepalive is never retransmitted.",
    labels: perMethod,
    thread: "engine",
  },
  keepaliveResponses: {
    type: "counter",
    name: "sip_keepalive_responses_total",
    otelName: "sip.keepalive.responses",
    unit: "{response}",
    help: "First final responses that arrived in time, by SIP status code.",
    labels: [...perMethod, label.CODE],
    thread: "engine",
  },
  keepaliveFailures: {
    type: "counter",
    name: "sip_keepalive_failures_total",
    otelName: "sip.keepalive.failures",
    unit: "{request}",
    help: "Keepalives that ended without an accepted response, by reason.",
    labels: [...perMethod, label.FAILURE_REASON],
    thread: "engine",
  },
  keepaliveLateResponses: {
    type: "counter",
    name: "sip_keepalive_late_responses_total",
    otelName: "sip.keepalive.late_responses",
    unit: "{response}",
    help: "Responses that arrived after their keepalive had timed out.",
    labels: perMethod,
    thread: "engine",
  },
  keepaliveDuplicateResponses: {
    type: "counter",
    name: "sip_keepalive_duplicate_responses_total",
    otelName: "sip.keepalive.duplicate_responses",
    unit: "{response}",
    help: "Second and later final responses to one keepalive.",
    labels: perMethod,
    thread: "engine",
  },
  keepaliveUnmatchedResponses: {
    type: "counter",
    name: "sip_keepalive_unmatched_responses_total",
    otelName: "sip.keepalive.unmatched_responses",
    unit: "{response}",
    help: "Responses that match no keepalive, by reason.",
    labels: [label.TRANSPORT, label.UNMATCHED_REASON],
    thread: "engine",
  },
  keepaliveSkipped: {
    type: "counter",
    name: "sip_keepalive_skipped_total",
    otelName: "sip.keepalive.skipped",
    unit: "{request}",
    help: "Keepalives that were due but not sent, by reason.",
    labels: [...perDomain, label.SKIP_REASON],
    thread: "engine",
  },
  keepaliveInFlight: {
    type: "gauge",
    name: "sip_keepalive_in_flight",
    otelName: "sip.keepalive.in_flight",
    unit: "{request}",
    help: "Keepalives that await their response: the size of the pending table.",
    labels: [label.TRANSPORT],
    thread: "engine",
  },
  keepaliveScheduleDelay: {
    type: "histogram",
    name: "sip_keepalive_schedule_delay_seconds",
    otelName: "sip.keepalive.schedule_delay",
    unit: "s",
    help: "How late a keepalive was sent after its due time.",
    labels: [],
    buckets: SCHEDULE_DELAY_BUCKETS_S,
    native: NATIVE_SECONDS,
    thread: "engine",
  },
  keepaliveJitter: {
    type: "histogram",
    name: "sip_keepalive_jitter_seconds",
    otelName: "sip.keepalive.jitter",
    unit: "s",
    help: "Smoothed variation of the round trips of one contact (RFC 3550 6.4.1), observed at each response but its first.",
    labels: perDomain,
    buckets: JITTER_BUCKETS_S,
    native: NATIVE_SECONDS,
    thread: "engine",
  },
  keepaliveContacts: {
    type: "gauge",
    name: "sip_keepalive_contacts",
    otelName: "sip.keepalive.contacts",
    unit: "{contact}",
    help: "Contacts subject to keepalive, by state.",
    labels: [...perDomain, label.STATE],
    thread: "engine",
  },
  keepaliveStateTransitions: {
    type: "counter",
    name: "sip_keepalive_state_transitions_total",
    otelName: "sip.keepalive.state_transitions",
    unit: "{transition}",
    help: "Changes of the keepalive state of contacts.",
    labels: [...perDomain, label.FROM_STATE, label.TO_STATE],
    thread: "engine",
  },
  keepaliveImpreciseSamples: {
    type: "counter",
    name: "sip_keepalive_imprecise_samples_total",
    otelName: "sip.keepalive.imprecise_samples",
    unit: "{sample}",
    help: "Round trips observed while the event loop was busy around the response; they are part of the histogram.",
    labels: [label.TRANSPORT],
    thread: "engine",
  },
} as const satisfies Record<string, MetricRow>;
