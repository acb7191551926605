/**
 * Rows of the catalogue: registrations, bindings and the messages they come in.
 *
 * @module
 */
import * as label from "./labels.ts";
import { type MetricRow, NATIVE_SECONDS } from "./metric-row.ts";

/** Seconds. A REGISTER costs tens of microseconds; the upper bounds show a blocked event loop. */
const REGISTER_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25] as const;
/** Seconds. The lifetimes that phones ask for; above an hour only where `registrar.max_expires` allows it. */
const EXPIRES_BUCKETS_S = [30, 60, 120, 300, 600, 1_800, 3_600, 7_200] as const;

const perDomain = [label.DOMAIN, label.TRANSPORT];

/** `sip_registrar_*` as far as SIP goes, and `sip_transport_*`. */
export const registrarRows = {
  registrarRequests: {
    type: "counter",
    name: "sip_registrar_requests_total",
    otelName: "sip.registrar.requests",
    unit: "{request}",
    help: "REGISTER requests received.",
    labels: perDomain,
    thread: "engine",
  },
  registrarResponses: {
    type: "counter",
    name: "sip_registrar_responses_total",
    otelName: "sip.registrar.responses",
    unit: "{response}",
    help: "Responses sent to REGISTER, by SIP status code.",
    labels: [...perDomain, label.CODE],
    thread: "engine",
  },
  registrarRequestDuration: {
    type: "histogram",
    name: "sip_registrar_request_duration_seconds",
    otelName: "sip.registrar.request_duration",
    unit: "s",
    help: "Time to process a REGISTER request.",
    labels: perDomain,
    buckets: REGISTER_BUCKETS_S,
    native: NATIVE_SECONDS,
    thread: "engine",
  },
  registrarBindings: {
    type: "gauge",
    name: "sip_registrar_bindings",
    otelName: "sip.registrar.bindings",
    unit: "{binding}",
    help: "Current bindings.",
    labels: perDomain,
    thread: "engine",
  },
  registrarAors: {
    type: "gauge",
    name: "sip_registrar_aors",
    otelName: "sip.registrar.aors",
    unit: "{aor}",
    help: "Current addresses-of-record with at least one binding.",
    labels: [],
    thread: "engine",
  },
  registrarBindingEvents: {
    type: "counter",
    name: "sip_registrar_binding_events_total",
    otelName: "sip.registrar.binding_events",
    unit: "{event}",
    help: "What happened to bindings.",
    labels: [...perDomain, label.BINDING_EVENT],
    thread: "engine",
  },
  registrarBindingExpires: {
    type: "histogram",
    name: "sip_registrar_binding_expires_seconds",
    otelName: "sip.registrar.binding_expires",
    unit: "s",
    help: "Lifetime granted to a binding, at each registration and refresh.",
    labels: [label.DOMAIN],
    buckets: EXPIRES_BUCKETS_S,
    native: NATIVE_SECONDS,
    thread: "engine",
  },
  transportMessages: {
    type: "counter",
    name: "sip_transport_messages_total",
    otelName: "sip.transport.messages",
    unit: "{message}",
    help: "SIP messages received or sent.",
    labels: [label.TRANSPORT, label.DIRECTION, label.MESSAGE_METHOD],
    thread: "engine",
  },
  transportParseErrors: {
    type: "counter",
    name: "sip_transport_parse_errors_total",
    otelName: "sip.transport.parse_errors",
    unit: "{message}",
    help: "Received data that is not a valid SIP message, by reason.",
    labels: [label.TRANSPORT, label.PARSE_REASON],
    thread: "engine",
  },
  transportDroppedMessages: {
    type: "counter",
    name: "sip_transport_dropped_messages_total",
    otelName: "sip.transport.dropped_messages",
    unit: "{message}",
    help: "Messages and connections dropped before they were read, by reason.",
    labels: [label.TRANSPORT, label.DROP_REASON],
    thread: "engine",
  },
  transportConnections: {
    type: "gauge",
    name: "sip_transport_connections",
    otelName: "sip.transport.connections",
    unit: "{connection}",
    help: "Open stream connections.",
    labels: [label.TRANSPORT],
    thread: "engine",
  },
  transportConnectionsClosed: {
    type: "counter",
    name: "sip_transport_connections_closed_total",
    otelName: "sip.transport.connections_closed",
    unit: "{connection}",
    help: "Closed stream connections, by reason.",
    labels: [label.TRANSPORT, label.CLOSE_REASON],
    thread: "engine",
  },
} as const satisfies Record<string, MetricRow>;
